"""Policies as administrators settle and try them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, Team, User
from actions.models import ActionItem, DayOff, FollowThrough, Policy, PolicySubject
from actions.models.follow_through import PLAN_ANEW
from actions.operations import policies as operations
from actions.trying import trial_of
from config.limits import LIMITS
from postmortems.models import Postmortem, Service
from postmortems.policies import TooMany
from tests.fixtures import NOW, AddRow
from tests.publishing import client_of

ACTIONS, REPORTS = PolicySubject.ACTIONS, PolicySubject.REPORTS
PAGE = "/settings/policies/"
VALUES: dict[str, Any] = {
    "name": "High priority",
    "severities": [],
    "teams": [],
    "services": [],
    "types": [],
    "priorities": ["high"],
    "deadline_days": 10,
    "deadline_unit": "working",
    "first_reminder_days": 2,
    "repeat_days": 3,
    "lead_after_days": 5,
    "manager_after_days": None,
    "in_reports": True,
}
TYPED = {
    name: "on" if value is True else "" if value is None else value
    for name, value in VALUES.items()
}


@pytest.fixture
def client(administrator: User) -> Client:
    return client_of(administrator)


@pytest.fixture
def policy(administrator: User) -> Policy:
    return operations.add_policy(ACTIONS, VALUES, by=administrator)


def names() -> list[str]:
    return list(Policy.objects.order_by("position").values_list("name", flat=True))


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_shipped_policies_are_shown_until_there_are_others(client: Client) -> None:
    page = text(client.get(PAGE))
    assert "Actions of SEV-1" in page
    assert "due after 15 days; reminded 2 days before, then every 7 days" in page
    assert "Change these" in page


def test_the_shipped_policies_can_be_taken_over_once(client: Client) -> None:
    for _twice in range(2):
        answer = client.post(f"{PAGE}adopt/", {"subject": "actions"})
        assert answer.headers["Location"] == PAGE
    assert names() == ["Actions of SEV-1", "Actions of SEV-2", "All other actions"]
    first = Policy.objects.get(name="Actions of SEV-1")
    assert first.enabled
    assert [severity.rank for severity in first.severities.all()] == [1]


def test_a_new_policy_is_off_and_leads_to_its_trial(client: Client) -> None:
    answer = client.post(f"{PAGE}add/", TYPED)
    added = Policy.objects.get()
    assert answer.headers["Location"] == f"{PAGE}{added.pk}/trial/"
    assert (added.enabled, added.priorities, added.repeat_days) == (False, ["high"], 3)
    assert added.manager_after_days is None


def test_a_policy_for_reports_has_no_type_and_no_lead(client: Client) -> None:
    page = text(client.get(f"{PAGE}add/?subject=reports"))
    assert 'name="priorities"' not in page
    assert 'name="lead_after_days"' not in page
    typed = {**TYPED, "deadline_days": "3"}
    client.post(f"{PAGE}add/?subject=reports", typed)
    assert Policy.objects.get().subject == "reports"
    assert client.get(f"{PAGE}add/?subject=weather").status_code == 404


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "This field is required."),
        ("deadline_days", "-1", "greater than or equal to 0"),
        ("deadline_days", "99999", "less than or equal to 1825"),
        ("repeat_days", "0", "greater than or equal to 1"),
        ("first_reminder_days", "two", "Enter a whole number."),
        ("lead_after_days", "366", "less than or equal to 365"),
        ("priorities", "urgent", "Select a valid choice."),
        ("teams", "999999", "Select a valid choice."),
        ("deadline_unit", "weeks", "Select a valid choice."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    field: str, typed: str, sentence: str, client: Client
) -> None:
    answer = client.post(f"{PAGE}add/", {**TYPED, field: typed})
    page = text(answer)
    assert answer.status_code == 422
    assert sentence in page
    assert field == "name" or 'value="High priority"' in page
    assert not Policy.objects.exists()


def test_a_changed_policy_counts_a_version(client: Client, policy: Policy) -> None:
    typed = {**TYPED, "name": "Urgent", "version": policy.version}
    assert client.post(f"{PAGE}{policy.pk}/", typed).status_code == 302
    policy.refresh_from_db()
    assert (policy.name, policy.version) == ("Urgent", 2)


def test_of_two_administrators_the_second_sees_what_the_first_saved(
    client: Client, policy: Policy, administrator: User
) -> None:
    operations.change_policy(
        policy.pk, {**VALUES, "repeat_days": 14}, version=1, by=administrator
    )
    answer = client.post(f"{PAGE}{policy.pk}/", {**TYPED, "name": "Mine", "version": 1})
    page = text(answer)
    assert answer.status_code == 409
    assert 'value="Mine"' in page
    assert "<dt>Then every</dt><dd>14</dd>" in page
    assert "<dt>Name</dt><dd>High priority</dd>" in page
    again = client.post(f"{PAGE}{policy.pk}/", {**TYPED, "name": "Mine", "version": 2})
    assert again.status_code == 302
    assert names() == ["Mine"]


def test_policies_are_moved_up_and_down(client: Client, administrator: User) -> None:
    for name in ("C", "B", "A"):
        operations.add_policy(ACTIONS, {**VALUES, "name": name}, by=administrator)
    pks = {one.name: one.pk for one in Policy.objects.all()}
    client.post(f"{PAGE}{pks['C']}/move/", {"to": "up"})
    assert names() == ["A", "C", "B"]
    client.post(f"{PAGE}{pks['A']}/move/", {"to": "down"})
    assert names() == ["C", "A", "B"]
    client.post(f"{PAGE}{pks['C']}/move/", {"to": "up"})
    client.post(f"{PAGE}{pks['B']}/move/", {"to": "down"})
    assert names() == ["C", "A", "B"]


def test_switching_makes_all_plans_anew(
    client: Client, policy: Policy, add: AddRow
) -> None:
    add("actions", due_on="2026-03-20")
    FollowThrough.objects.update(next_at=NOW)
    client.post(f"{PAGE}{policy.pk}/switch/", {"to": "on"})
    assert FollowThrough.objects.get().next_at == PLAN_ANEW
    policy.refresh_from_db()
    assert policy.enabled


def test_only_a_policy_that_is_off_can_be_deleted(
    client: Client, policy: Policy, administrator: User
) -> None:
    operations.switch_policy(policy.pk, on=True, by=administrator)
    assert client.post(f"{PAGE}{policy.pk}/delete/").status_code == 409
    operations.switch_policy(policy.pk, on=False, by=administrator)
    assert client.post(f"{PAGE}{policy.pk}/delete/").status_code == 302
    assert not Policy.objects.exists()


def test_there_is_a_most_of_policies(administrator: User) -> None:
    Policy.objects.bulk_create(
        Policy(name=f"Policy {n}") for n in range(LIMITS.policies - 1)
    )
    operations.add_policy(ACTIONS, VALUES, by=administrator)
    with pytest.raises(TooMany):
        operations.add_policy(ACTIONS, VALUES, by=administrator)
    operations.add_policy(REPORTS, VALUES, by=administrator)


def test_nobody_else_changes_policies(member: User, policy: Policy) -> None:
    for write in (
        lambda: operations.switch_policy(policy.pk, on=True, by=member),
        lambda: operations.delete_policy(policy.pk, by=member),
        lambda: operations.save_holidays("DE", by=member),
    ):
        with pytest.raises(PermissionDenied):
            write()


def test_a_service_that_is_hidden_now_stays_a_condition_and_unnamed(
    client: Client, policy: Policy
) -> None:
    hidden = Service.objects.create(name="vault", restricted_origin=True)
    policy.services.add(hidden)
    assert "vault" not in text(client.get(PAGE))
    assert "vault" not in text(client.get(f"{PAGE}{policy.pk}/"))
    client.post(f"{PAGE}{policy.pk}/", {**TYPED, "version": 1})
    assert list(policy.services.all()) == [hidden]


# --- Trying ---------------------------------------------------------------------------


@pytest.fixture
def overdue(postmortem: Postmortem, member: User, facilitator: User) -> ActionItem:
    """Of a team whose lead is told in the second week, whose manager after that."""
    team = Team.objects.create(name="Payments", lead=facilitator)
    return ActionItem.objects.create(
        postmortem=postmortem,
        description="Alert on it",
        owner_team=team,
        owner_person=member,
        priority="high",
        due_on=date(2026, 3, 2),
        created_at=NOW,
    )


def test_a_trial_counts_the_mails_of_the_last_month(
    administrator: User, policy: Policy, overdue: ActionItem
) -> None:
    overdue.created_at = datetime(2026, 2, 1, tzinfo=UTC)
    overdue.save()
    now = datetime(2026, 3, 13, 12, tzinfo=UTC)
    trial = trial_of(policy, by=administrator, now=now)
    # The owner on 2 (for 28 February, a Saturday, and the day itself), 5, 9 (for
    # Sunday) and 11 March; the lead on 9 (for the 7th) and 10 March, and 13.
    assert (trial.things, trial.people) == (1, 2)
    assert trial.teams == (("Payments", trial.mails),)
    assert trial.mails == trial.reminders == 7


def test_the_page_says_what_it_would_have_sent(
    client: Client, policy: Policy, overdue: ActionItem
) -> None:
    page = text(client.get(f"{PAGE}{policy.pk}/trial/"))
    assert "It would have sent" in page
    assert "It holds for 1 action." in page


def test_restricted_reports_are_not_counted(
    client: Client, policy: Policy, overdue: ActionItem
) -> None:
    incident = overdue.postmortem.incident
    incident.restricted = True
    incident.save()
    assert "It holds for 0 actions." in text(client.get(f"{PAGE}{policy.pk}/trial/"))


def test_a_trial_takes_as_many_queries_for_many_actions(
    client: Client, policy: Policy, overdue: ActionItem
) -> None:
    counts = []
    for _more in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{PAGE}{policy.pk}/trial/")
        counts.append(len(queries))
        for _each in range(5):
            overdue.pk = None
            overdue.save()
    assert counts[0] == counts[1] <= 30


def test_the_list_takes_as_many_queries_for_many_policies(
    client: Client, administrator: User
) -> None:
    counts = []
    for _more in range(2):
        operations.add_policy(ACTIONS, VALUES, by=administrator)
        operations.add_policy(REPORTS, VALUES, by=administrator)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30


# --- Holidays and days off ------------------------------------------------------------


def test_the_organisation_names_its_holidays(client: Client) -> None:
    form = {"holidays": "germany"}
    assert client.post("/settings/days-off/holidays/", form).status_code == 302
    assert Organisation.objects.get().holidays == "DE"
    wrong = client.post("/settings/days-off/holidays/", {"holidays": "Atlantis"})
    assert wrong.status_code == 422
    assert 'value="Atlantis"' in text(wrong)


def test_days_off_are_added_and_deleted(client: Client) -> None:
    form = {"on": "2026-12-24", "name": "Day before"}
    client.post("/settings/days-off/", form)
    client.post("/settings/days-off/", {**form, "name": "Christmas Eve"})
    day = DayOff.objects.get()
    assert day.name == "Christmas Eve"
    assert "Thursday 24 December 2026" in text(client.get("/settings/days-off/"))
    client.post(f"/settings/days-off/{day.pk}/delete/")
    assert not DayOff.objects.exists()


@pytest.mark.parametrize("on", ["", "soon", "1970-01-01", "9999-12-31"])
def test_a_day_off_is_a_day(on: str, client: Client) -> None:
    form = {"on": on, "name": "Day before"}
    answer = client.post("/settings/days-off/", form)
    assert answer.status_code == 422
    assert 'value="Day before"' in text(answer)
