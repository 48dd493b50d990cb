"""A later incident that names an earlier factor asks anew whether actions worked.

Of a restricted incident nobody else may know, so it asks nothing. The planning sets the
day on which the question comes.
"""

from django.db import migrations

ASK_AGAIN = """
CREATE FUNCTION afterword_ask_again() RETURNS trigger AS $$
BEGIN
    IF (SELECT i.restricted FROM postmortems_postmortem p
        JOIN postmortems_incident i ON i.id = p.incident_id
        WHERE p.id = NEW.postmortem_id) THEN
        RETURN NULL;
    END IF;
    UPDATE actions_followthrough
    SET verdict = '', verdict_note = '', verdict_by_id = NULL, verdict_at = NULL,
        check_on = NULL, reopened_by_id = NEW.id, next_at = '1970-01-01 00:00:00+00'
    WHERE action_id IN (
        WITH RECURSIVE named(id) AS (
            SELECT NEW.earlier_id
            UNION
            SELECT f.earlier_id FROM postmortems_contributingfactor f
            JOIN named ON named.id = f.id WHERE f.earlier_id IS NOT NULL
        )
        SELECT f.action_id FROM actions_followthrough f
        JOIN actions_actionitem a ON a.id = f.action_id
        WHERE a.status = 'done' AND a.deleted_at IS NULL AND EXISTS (
            SELECT FROM actions_actionitem_factors addressed
            JOIN named ON named.id = addressed.contributingfactor_id
            WHERE addressed.actionitem_id = a.id
        )
        ORDER BY f.action_id FOR UPDATE OF f
    );
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER ask_again_of_new AFTER INSERT ON postmortems_contributingfactor
FOR EACH ROW WHEN (NEW.earlier_id IS NOT NULL)
EXECUTE FUNCTION afterword_ask_again();

CREATE TRIGGER ask_again_of_changed AFTER UPDATE ON postmortems_contributingfactor
FOR EACH ROW WHEN (
    NEW.earlier_id IS NOT NULL AND NEW.earlier_id IS DISTINCT FROM OLD.earlier_id
) EXECUTE FUNCTION afterword_ask_again();
"""

NOT_ANY_MORE = """
DROP TRIGGER ask_again_of_changed ON postmortems_contributingfactor;
DROP TRIGGER ask_again_of_new ON postmortems_contributingfactor;
DROP FUNCTION afterword_ask_again();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("actions", "0008_plan_anew_by_others"),
        ("postmortems", "0010_bouts"),
    ]

    operations = [migrations.RunSQL(ASK_AGAIN, NOT_ANY_MORE)]
