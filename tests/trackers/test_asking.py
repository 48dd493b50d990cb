"""Whoever owns an action is told when its issue needs somebody: once, in the day."""

from datetime import timedelta

import pytest

from accounts.models import User
from actions.models import ActionItem
from integrations.models import IssueLink
from integrations.trackers.operations import asking
from integrations.trackers.teller import TrackerTeller
from outbound.models import Notice
from postmortems.models import Postmortem
from tests.fixtures import NOW

TELLER = TrackerTeller()


@pytest.fixture
def asked(link: IssueLink, action: ActionItem, member: User) -> IssueLink:
    """Lena's action, whose issue both sides changed."""
    ActionItem.objects.update(owner_person=member)
    IssueLink.objects.update(state="two_versions", issue_key="OPS-12")
    return link


def tick() -> list[Notice]:
    asking.plan(NOW, float("inf"))
    return list(Notice.objects.select_related("recipient"))


def test_the_owner_is_told_once_for_each_time(asked: IssueLink, member: User) -> None:
    (notice,) = tick()
    assert notice.recipient == member
    assert tick() == [notice]
    told = TELLER.tell(member, [notice], NOW)
    assert told.items[0].facts == [("OPS-12", "Changed on both sides")]
    assert told.subject == "An issue needs you"


def test_nobody_is_told_of_what_is_settled_meanwhile(asked: IssueLink) -> None:
    notices = tick()
    assert TELLER.still(notices, NOW) == notices
    IssueLink.objects.update(state="linked")
    assert TELLER.still(notices, NOW) == []


def test_nobody_is_told_of_what_they_may_not_see(
    asked: IssueLink, postmortem: Postmortem
) -> None:
    notices = tick()
    incident = postmortem.incident
    incident.restricted = True
    incident.save()
    assert TELLER.still(notices, NOW) == []


def test_a_restricted_action_is_told_without_its_words(
    asked: IssueLink, postmortem: Postmortem, member: User
) -> None:
    notices = tick()
    incident = postmortem.incident
    incident.restricted = True
    incident.save()
    told = TELLER.tell(member, notices, NOW)
    assert told.items[0].restricted
    assert "OPS-12" not in str(told)
    assert "Validate" not in str(told)


def test_nobody_is_told_at_night(asked: IssueLink, member: User) -> None:
    night = NOW.replace(hour=23)
    asking.plan(night, float("inf"))
    notice = Notice.objects.get()
    assert notice.due_at == NOW.replace(hour=9) + timedelta(days=1)


def test_what_is_settled_anyway_needs_nobody(asked: IssueLink) -> None:
    ActionItem.objects.update(status="done")
    assert tick() == []
