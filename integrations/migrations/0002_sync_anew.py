"""Whatever writes an action, the next sync looks at its issues."""

from django.db import migrations

SYNC_ANEW = """
CREATE FUNCTION afterword_sync_anew() RETURNS trigger AS $$
BEGIN
    UPDATE integrations_issuelink SET due_at = '1970-01-01 00:00:00+00'
    WHERE action_id = NEW.id;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER sync_changed_action AFTER UPDATE ON actions_actionitem
FOR EACH ROW WHEN (
    (OLD.description, OLD.due_on, OLD.status, OLD.deleted_at, OLD.owner_person_id,
     OLD.owner_team_id)
    IS DISTINCT FROM
    (NEW.description, NEW.due_on, NEW.status, NEW.deleted_at, NEW.owner_person_id,
     NEW.owner_team_id)
) EXECUTE FUNCTION afterword_sync_anew();
"""

NOT_ANY_MORE = """
DROP TRIGGER sync_changed_action ON actions_actionitem;
DROP FUNCTION afterword_sync_anew();
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_trackers")]

    operations = [migrations.RunSQL(SYNC_ANEW, NOT_ANY_MORE)]
