import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

VERSIONS_ARE_APPEND_ONLY = """
CREATE FUNCTION afterword_versions_are_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (
        current_setting('afterword.emptying_trash', true) = 'on'
        OR (OLD.reason = 'hourly'
            AND current_setting('afterword.thinning_versions', true) = 'on')
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'versions are append-only' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER versions_are_append_only BEFORE UPDATE OR DELETE ON postmortems_version
FOR EACH ROW EXECUTE FUNCTION afterword_versions_are_append_only();
"""

VERSIONS_BACK = """
DROP TRIGGER versions_are_append_only ON postmortems_version;
DROP FUNCTION afterword_versions_are_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("postmortems", "0007_evidence_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Version",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("published", "Published"),
                            ("restored", "Restored"),
                            ("imported", "Imported"),
                            ("hourly", "While it was edited"),
                            ("by_hand", "Named"),
                            ("before_restore", "Before restoring"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, max_length=120, verbose_name="name"),
                ),
                (
                    "restored_from",
                    models.PositiveIntegerField(blank=True, null=True),
                ),
                ("content", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("changed", models.JSONField(default=dict)),
                ("revision", models.PositiveBigIntegerField()),
                ("live_version", models.PositiveBigIntegerField(default=0)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "postmortem",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="postmortems.postmortem",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("postmortem", "number"),
                        name="version_numbers_are_unique",
                    ),
                    models.CheckConstraint(
                        name="only_hourly_versions_are_nobodys",
                        condition=models.Q(reason="hourly", by=None)
                        | (~models.Q(reason="hourly") & models.Q(by__isnull=False)),
                    ),
                    models.CheckConstraint(
                        name="versions_by_hand_have_a_name",
                        condition=~models.Q(reason="by_hand") | ~models.Q(name=""),
                    ),
                ],
            },
        ),
        migrations.RunSQL(VERSIONS_ARE_APPEND_ONLY, VERSIONS_BACK),
    ]
