"""A report with more different words than a vector can hold (1 MB) is found by its
beginning, rather than refused."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

BEGINNING = 100_000
"""Characters; even of four bytes each they fit, with their positions."""

SEARCH_VECTOR = f"""
CREATE FUNCTION afterword_search_vector(parts jsonb) RETURNS tsvector AS $$
BEGIN
    RETURN jsonb_to_tsvector('english'::regconfig, parts, '["string"]');
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN to_tsvector('english'::regconfig, left(parts::text, {BEGINNING}));
END
$$ LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
"""


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0003_severity_as_imported")]

    operations = [
        migrations.RunSQL(
            SEARCH_VECTOR, "DROP FUNCTION afterword_search_vector(jsonb)"
        ),
        migrations.RemoveIndex("searchtext", "search_vector"),
        migrations.RemoveField("searchtext", "vector"),
        migrations.AddField(
            "searchtext",
            "vector",
            models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("parts"),
                    function="afterword_search_vector",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            "searchtext",
            django.contrib.postgres.indexes.GinIndex(
                fields=["vector"], name="search_vector"
            ),
        ),
    ]
