"""Administrators stand in where a report has no facilitator left: theirs is planned
anew with their days and roles, too.
"""

from django.db import migrations

WAKE = """
CREATE FUNCTION afterword_administrators_changed() RETURNS trigger AS $$
BEGIN
    UPDATE actions_followthrough SET next_at = '1970-01-01 00:00:00+00'
    WHERE action_id IN (
        SELECT f.action_id FROM actions_followthrough f
        JOIN actions_actionitem a ON a.id = f.action_id
        WHERE f.next_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM postmortems_participation p
            JOIN accounts_user u ON u.id = p.user_id AND u.active
            WHERE p.postmortem_id = a.postmortem_id AND p.part = 'facilitator'
        )
        ORDER BY f.action_id FOR UPDATE OF f
    );
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_for_new_administrator AFTER INSERT ON accounts_user
FOR EACH ROW WHEN (NEW.role = 'administrator')
EXECUTE FUNCTION afterword_administrators_changed();

CREATE TRIGGER plan_for_changed_administrator AFTER UPDATE ON accounts_user
FOR EACH ROW WHEN (
    'administrator' IN (OLD.role, NEW.role) AND
    (OLD.time_zone, OLD.morning, OLD.quiet_from, OLD.working_days, OLD.holidays,
     OLD.active, OLD.role)
    IS DISTINCT FROM
    (NEW.time_zone, NEW.morning, NEW.quiet_from, NEW.working_days, NEW.holidays,
     NEW.active, NEW.role)
) EXECUTE FUNCTION afterword_administrators_changed();
"""

NOT_ANY_MORE = """
DROP TRIGGER plan_for_changed_administrator ON accounts_user;
DROP TRIGGER plan_for_new_administrator ON accounts_user;
DROP FUNCTION afterword_administrators_changed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_mornings"),
        ("actions", "0010_ledger_indexes"),
        ("postmortems", "0010_bouts"),
    ]

    operations = [migrations.RunSQL(WAKE, NOT_ANY_MORE)]
