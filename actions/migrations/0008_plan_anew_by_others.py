"""What else decides who is told when, and when: people, teams, and the report.

Like the trigger on actions: whoever writes it, the next tick plans anew. Rows are
locked in the order of their ids, so that two such changes wait for one another and
never in a ring.
"""

from django.db import migrations

WAKE = """
CREATE FUNCTION afterword_wake_report(report bigint) RETURNS void AS $$
    UPDATE actions_followthrough SET next_at = '1970-01-01 00:00:00+00'
    WHERE action_id IN (
        SELECT f.action_id FROM actions_followthrough f
        JOIN actions_actionitem a ON a.id = f.action_id
        WHERE a.postmortem_id = report
        ORDER BY f.action_id FOR UPDATE OF f
    )
$$ LANGUAGE sql;

-- Rows without a next time have nothing left to tell, to whomever.
CREATE FUNCTION afterword_wake_owned(teams bigint[], people bigint[]) RETURNS void AS $$
    UPDATE actions_followthrough SET next_at = '1970-01-01 00:00:00+00'
    WHERE action_id IN (
        SELECT f.action_id FROM actions_followthrough f
        JOIN actions_actionitem a ON a.id = f.action_id
        WHERE f.next_at IS NOT NULL
        AND (a.owner_team_id = ANY(teams) OR a.owner_person_id = ANY(people))
        ORDER BY f.action_id FOR UPDATE OF f
    )
$$ LANGUAGE sql;

-- A team's lead and manager hear of what its people own, too.
CREATE FUNCTION afterword_wake_teams(teams bigint[]) RETURNS void AS $$
    SELECT afterword_wake_owned(teams, ARRAY(
        SELECT user_id FROM accounts_team_members WHERE team_id = ANY(teams)
    ))
$$ LANGUAGE sql;

CREATE FUNCTION afterword_user_changed() RETURNS trigger AS $$
BEGIN
    PERFORM afterword_wake_owned('{}', ARRAY[NEW.id]);
    PERFORM afterword_wake_teams(ARRAY(
        SELECT id FROM accounts_team WHERE lead_id = NEW.id OR manager_id = NEW.id
        UNION SELECT team_id FROM accounts_team_members WHERE user_id = NEW.id
    ));
    PERFORM afterword_wake_report(postmortem_id) FROM postmortems_participation
    WHERE user_id = NEW.id AND part = 'facilitator';
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_for_changed_person AFTER UPDATE ON accounts_user
FOR EACH ROW WHEN (
    (OLD.time_zone, OLD.morning, OLD.quiet_from, OLD.working_days, OLD.holidays,
     OLD.active)
    IS DISTINCT FROM
    (NEW.time_zone, NEW.morning, NEW.quiet_from, NEW.working_days, NEW.holidays,
     NEW.active)
) EXECUTE FUNCTION afterword_user_changed();

CREATE FUNCTION afterword_team_changed() RETURNS trigger AS $$
BEGIN
    PERFORM afterword_wake_teams(ARRAY[NEW.id]);
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_for_changed_team AFTER UPDATE ON accounts_team
FOR EACH ROW WHEN (
    (OLD.name, OLD.lead_id, OLD.manager_id, OLD.archived_at)
    IS DISTINCT FROM (NEW.name, NEW.lead_id, NEW.manager_id, NEW.archived_at)
) EXECUTE FUNCTION afterword_team_changed();

CREATE FUNCTION afterword_member_changed() RETURNS trigger AS $$
BEGIN
    PERFORM afterword_wake_owned(
        ARRAY[coalesce(NEW.team_id, OLD.team_id)]::bigint[],
        ARRAY[coalesce(NEW.user_id, OLD.user_id)]::bigint[]
    );
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_for_changed_member AFTER INSERT OR DELETE ON accounts_team_members
FOR EACH ROW EXECUTE FUNCTION afterword_member_changed();

CREATE FUNCTION afterword_holidays_changed() RETURNS trigger AS $$
BEGIN
    UPDATE actions_followthrough SET next_at = '1970-01-01 00:00:00+00'
    WHERE next_at IS NOT NULL;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_for_changed_holidays AFTER UPDATE ON accounts_organisation
FOR EACH ROW WHEN (OLD.holidays IS DISTINCT FROM NEW.holidays)
EXECUTE FUNCTION afterword_holidays_changed();

CREATE FUNCTION afterword_part_changed() RETURNS trigger AS $$
BEGIN
    PERFORM afterword_wake_report(coalesce(NEW.postmortem_id, OLD.postmortem_id));
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_for_changed_part
AFTER INSERT OR UPDATE OR DELETE ON postmortems_participation
FOR EACH ROW EXECUTE FUNCTION afterword_part_changed();

CREATE FUNCTION afterword_incident_changed() RETURNS trigger AS $$
BEGIN
    PERFORM afterword_wake_report(id) FROM postmortems_postmortem
    WHERE incident_id = NEW.id;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_for_changed_incident AFTER UPDATE ON postmortems_incident
FOR EACH ROW WHEN (
    (OLD.severity_id, OLD.restricted, OLD.deleted_at)
    IS DISTINCT FROM (NEW.severity_id, NEW.restricted, NEW.deleted_at)
) EXECUTE FUNCTION afterword_incident_changed();

CREATE FUNCTION afterword_services_changed() RETURNS trigger AS $$
BEGIN
    PERFORM afterword_wake_report(id) FROM postmortems_postmortem
    WHERE incident_id = coalesce(NEW.incident_id, OLD.incident_id);
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER plan_for_changed_services
AFTER INSERT OR DELETE ON postmortems_affectedservice
FOR EACH ROW EXECUTE FUNCTION afterword_services_changed();

CREATE FUNCTION afterword_note_promises() RETURNS trigger AS $$
BEGIN
    UPDATE actions_followthrough f SET promised_on = a.due_on
    FROM actions_actionitem a
    WHERE a.id = f.action_id AND a.postmortem_id = NEW.postmortem_id
    AND a.deleted_at IS NULL AND f.promised_on IS NULL AND a.due_on IS NOT NULL;
    RETURN NULL;
END
$$ LANGUAGE plpgsql;

CREATE TRIGGER note_promises AFTER INSERT ON postmortems_publication
FOR EACH ROW EXECUTE FUNCTION afterword_note_promises();
"""

NOT_ANY_MORE = """
DROP TRIGGER note_promises ON postmortems_publication;
DROP TRIGGER plan_for_changed_services ON postmortems_affectedservice;
DROP TRIGGER plan_for_changed_incident ON postmortems_incident;
DROP TRIGGER plan_for_changed_part ON postmortems_participation;
DROP TRIGGER plan_for_changed_holidays ON accounts_organisation;
DROP TRIGGER plan_for_changed_member ON accounts_team_members;
DROP TRIGGER plan_for_changed_team ON accounts_team;
DROP TRIGGER plan_for_changed_person ON accounts_user;
DROP FUNCTION afterword_note_promises();
DROP FUNCTION afterword_services_changed();
DROP FUNCTION afterword_incident_changed();
DROP FUNCTION afterword_part_changed();
DROP FUNCTION afterword_holidays_changed();
DROP FUNCTION afterword_member_changed();
DROP FUNCTION afterword_team_changed();
DROP FUNCTION afterword_user_changed();
DROP FUNCTION afterword_wake_teams(bigint[]);
DROP FUNCTION afterword_wake_owned(bigint[], bigint[]);
DROP FUNCTION afterword_wake_report(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_mornings"),
        ("actions", "0007_bulk_changes"),
        ("postmortems", "0010_bouts"),
    ]

    operations = [migrations.RunSQL(WAKE, NOT_ANY_MORE)]
