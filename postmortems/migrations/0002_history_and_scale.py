"""What Django's models cannot say: append-only history, and the first rows."""

from django.db import migrations

HISTORY_IS_APPEND_ONLY = """
CREATE FUNCTION afterword_history_is_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND current_setting('afterword.emptying_trash', true) = 'on'
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the history is append-only' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER history_is_append_only BEFORE UPDATE OR DELETE ON postmortems_change
FOR EACH ROW EXECUTE FUNCTION afterword_history_is_append_only();
"""

HISTORY_BACK = """
DROP TRIGGER history_is_append_only ON postmortems_change;
DROP FUNCTION afterword_history_is_append_only();
"""

SCALE = (
    ("SEV-1", "Critical: a core service is down or data is at risk for most people"),
    ("SEV-2", "Major: a core service is degraded or wrong for many people"),
    ("SEV-3", "Moderate: some people are affected, or there is a way around it"),
    ("SEV-4", "Minor: few notice, or it was caught before anybody was affected"),
)

CHECKLIST = {
    "incident": (
        "Alerts and pages: when did each fire, and who acknowledged it?",
        "Dashboards and graphs over the whole incident, with an hour on either side",
        "Logs of each affected service",
        "Traces of a request that went wrong and of one that went right",
        "Chat and call notes, with their times",
        "Deployments, configuration and feature flags changed in the day before",
        "Customer reports and support tickets: when did the first one arrive?",
        "Status page and other messages: what was said, and when?",
        "How many people or requests were affected, and how do we know?",
        "What did responders expect to see, and what did they see instead?",
    ),
    "near_miss": (
        "What was about to happen, and what stopped it?",
        "Was that by design, or were we lucky?",
        "How long had it been possible?",
        "Where did the first sign of it show?",
        "What would the impact have been?",
    ),
}


def add_first_rows(apps, _schema_editor):
    severity = apps.get_model("postmortems", "Severity")
    for rank, (label, definition) in enumerate(SCALE, start=1):
        severity.objects.get_or_create(
            rank=rank, defaults={"label": label, "definition": definition}
        )
    item = apps.get_model("postmortems", "ChecklistItem")
    for kind, texts in CHECKLIST.items():
        for position, text in enumerate(texts):
            item.objects.get_or_create(kind=kind, text=text, position=position)


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0001_initial")]

    operations = [
        migrations.RunSQL(HISTORY_IS_APPEND_ONLY, HISTORY_BACK),
        migrations.RunPython(add_first_rows, migrations.RunPython.noop),
    ]
