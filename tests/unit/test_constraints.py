"""What the database itself refuses, whoever writes."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import User
from actions.models import ActionItem
from postmortems.models import Change, Incident, Postmortem, TimelineEntry, Why
from tests.fixtures import AddRow


def test_the_history_cannot_be_rewritten(postmortem: Postmortem) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Change.objects.filter(postmortem=postmortem).update(note="never happened")


def test_the_history_cannot_be_deleted(postmortem: Postmortem) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Change.objects.filter(postmortem=postmortem).delete()


def test_a_time_is_not_recorded_or_it_is_there(postmortem: Postmortem) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.filter(pk=postmortem.incident_id).update(started_at=None)


def test_a_reference_has_one_form(postmortem: Postmortem) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.filter(pk=postmortem.incident_id).update(reference="INC-1")


def test_an_entry_says_something(add: AddRow) -> None:
    entry = add("timeline")
    with pytest.raises(IntegrityError), transaction.atomic():
        TimelineEntry.objects.filter(pk=entry.pk).update(text="")


def test_a_marker_is_a_known_one(add: AddRow) -> None:
    entry = add("timeline")
    with pytest.raises(IntegrityError), transaction.atomic():
        TimelineEntry.objects.filter(pk=entry.pk).update(markers=["blamed"])


def test_an_answer_is_not_its_own_cause(add: AddRow) -> None:
    why = add("whys")
    with pytest.raises(IntegrityError), transaction.atomic():
        Why.objects.filter(pk=why.pk).update(parent=why.pk)


def test_an_action_that_wont_be_done_has_a_reason(add: AddRow) -> None:
    action = add("actions")
    with pytest.raises(IntegrityError), transaction.atomic():
        ActionItem.objects.filter(pk=action.pk).update(status="wont_do")


def test_one_account_for_each_address(facilitator: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email=facilitator.email.upper(), name="Twin")
