"""Whatever writes an action, the next tick plans its reminders anew."""

from django.db import migrations

PLAN_ANEW = """
CREATE FUNCTION afterword_plan_anew() RETURNS trigger AS $$
BEGIN
    INSERT INTO actions_followthrough
        (action_id, next_at, snooze_reason, verdict, verdict_note)
    VALUES (NEW.id, '1970-01-01 00:00:00+00', '', '', '')
    ON CONFLICT (action_id) DO UPDATE SET next_at = EXCLUDED.next_at;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_new_action AFTER INSERT ON actions_actionitem
FOR EACH ROW EXECUTE FUNCTION afterword_plan_anew();

CREATE TRIGGER plan_changed_action AFTER UPDATE ON actions_actionitem
FOR EACH ROW WHEN (
    (OLD.due_on, OLD.status, OLD.done_on, OLD.deleted_at, OLD.owner_team_id,
     OLD.owner_person_id, OLD.priority, OLD.types)
    IS DISTINCT FROM
    (NEW.due_on, NEW.status, NEW.done_on, NEW.deleted_at, NEW.owner_team_id,
     NEW.owner_person_id, NEW.priority, NEW.types)
) EXECUTE FUNCTION afterword_plan_anew();

INSERT INTO actions_followthrough
    (action_id, next_at, snooze_reason, verdict, verdict_note)
SELECT id, '1970-01-01 00:00:00+00', '', '', '' FROM actions_actionitem;
"""

NOT_ANY_MORE = """
DROP TRIGGER plan_changed_action ON actions_actionitem;
DROP TRIGGER plan_new_action ON actions_actionitem;
DROP FUNCTION afterword_plan_anew();
"""


class Migration(migrations.Migration):
    dependencies = [("actions", "0003_follow_through")]

    operations = [migrations.RunSQL(PLAN_ANEW, NOT_ANY_MORE)]
