"""What will be told on a day: foreseen as it then comes, without a trace."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from actions.foreseeing import foresee
from actions.models import ActionItem, FollowThrough
from actions.operations import following
from outbound.models import Delivery, Notice
from postmortems.models import Postmortem
from tests.acting import TUESDAY, after, at, promise, team, tick, ticks, told
from tests.fixtures import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> User:
    return person("Olga Owner", time_zone="Europe/Berlin")


@pytest.fixture
def action(postmortem: Postmortem, facilitator: User, owner: User) -> ActionItem:
    return promise(postmortem, facilitator, owner_person_id=owner.pk)


def foreseen(day: date, now: datetime) -> list[tuple[str, str, date]]:
    found = [
        (one.case.told.user.name, one.case.kind.value, day) for one in foresee(day, now)
    ]
    return sorted(found)


def test_each_day_brings_what_was_foreseen_weeks_before(
    action: ActionItem, owner: User
) -> None:
    team("Platform", owner, lead=person("Lea Lead"), manager=person("Mia Manager"))
    start = at(after(-14))
    expected = {n: foreseen(after(n), start) for n in range(-14, 30)}
    ticks(after(-14), after(29))
    for number, before in expected.items():
        assert told(day=after(number)) == before


def test_what_is_told_today_is_not_foreseen_any_more(
    action: ActionItem, owner: User
) -> None:
    assert foreseen(TUESDAY, at(TUESDAY)) != []
    tick(at(TUESDAY))
    assert foreseen(TUESDAY, at(TUESDAY)) == []


def test_a_snooze_is_foreseen(action: ActionItem, owner: User) -> None:
    following.snooze(action.pk, after(2), "Later", by=owner, at=at(after(-5)))
    days = [after(n) for n in range(-5, 8) if foreseen(after(n), at(after(-5)))]
    assert days == [after(2), after(7)]


# --- The command ----------------------------------------------------------------------


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("reminders", "--dry-run", *arguments, stdout=out)
    return out.getvalue()


def a_wednesday() -> date:
    """The first one that is at least two days ahead."""
    day = timezone.now().date() + timedelta(days=2)
    return day + timedelta(days=(3 - day.isoweekday()) % 7)


@pytest.fixture
def soon(postmortem: Postmortem, facilitator: User, owner: User) -> ActionItem:
    return promise(
        postmortem, facilitator, owner_person_id=owner.pk, due_on=a_wednesday()
    )


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (FollowThrough, Notice, Delivery, ActionItem)
    ]


def test_the_command_says_who_gets_what_and_why_and_changes_nothing(
    soon: ActionItem, owner: User
) -> None:
    before = everything()
    text = said("--on", str(soon.due_on))
    assert "Olga Owner <olga.owner@afterword.example>, 09:00 to 18:00" in text
    assert f"reminder      action {soon.pk}  due {soon.due_on}" in text
    assert "(owner, slot" in text
    assert "policy All other actions" in text
    assert everything() == before


def test_the_command_tells_of_one_person(soon: ActionItem, member: User) -> None:
    text = said("--on", str(soon.due_on), "--person", member.email.upper())
    assert "Nobody is told anything." in text


def test_the_command_says_what_is_written_already(
    soon: ActionItem, owner: User
) -> None:
    assert soon.due_on is not None
    tick(datetime.combine(soon.due_on, datetime.min.time(), UTC).replace(hour=10))
    text = said("--on", str(soon.due_on))
    assert f"reminder      action {soon.pk}  written at 10:00 UTC (role owner" in text


def test_the_command_names_nothing_restricted(
    restricted: Postmortem, facilitator: User
) -> None:
    promise(
        restricted,
        facilitator,
        description="Rotate the leaked key",
        due_on=a_wednesday(),
    )
    text = said("--on", str(a_wednesday()))
    assert "in a restricted report" in text
    assert "leaked" not in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--on", "tomorrow"], "YYYY-MM-DD"),
        (["--on", "2020-01-01"], "over"),
        (["--person", "nobody@afterword.example"], "No account"),
    ],
)
def test_the_command_says_what_it_cannot_read(
    db: None, arguments: list[str], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        said(*arguments)
