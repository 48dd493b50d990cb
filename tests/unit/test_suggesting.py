"""Suggestions: who may make them, what they become, and how they are turned down."""

from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from config.limits import LIMITS
from postmortems import policies
from postmortems.models import Postmortem, Suggestion
from postmortems.operations import deciding, history, incidents, rows, suggesting, trash
from postmortems.operations.desk import RequestKey
from tests.fixtures import NOW, SMALLEST, AddRow, fresh, kind, open_report
from tests.publishing import publish
from tests.suggesting import correction, entry, wording, write

KINDS = sorted(SMALLEST)
TEXT = {"actions": "description", "whys": "answer", "measures": "unit"}


def take(suggestion: Suggestion, by: User, **more: Any) -> Suggestion:
    return deciding.take_over(
        suggestion.postmortem_id, suggestion.pk, by=by, at=NOW, **more
    )


def decline(suggestion: Suggestion, by: User, note: str = "It was later") -> Suggestion:
    return deciding.decline(
        suggestion.postmortem_id, suggestion.pk, note=note, by=by, at=NOW
    )


def withdraw(suggestion: Suggestion, by: User) -> Suggestion:
    return suggesting.withdraw(suggestion.postmortem_id, suggestion.pk, by=by, at=NOW)


# --- Suggesting -----------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_suggested_row_changes_nothing_yet(
    name: str, postmortem: Postmortem, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer, name)
    assert (suggestion.kind, suggestion.part) == ("entry", f"row:{name}")
    assert not kind(name).rows(postmortem).exists()
    assert not postmortem.history.filter(part=f"row:{name}").exists()


def test_a_correction_keeps_what_stood_there(
    add: AddRow, postmortem: Postmortem, viewer: User
) -> None:
    row = add("lessons", text="Seen at nine")
    suggestion = correction(postmortem, viewer, "lessons", row, text="Seen at ten")
    assert suggestion.stood == {"kind": "went_well", "text": "Seen at nine"}
    assert suggestion.proposed == {"kind": "went_well", "text": "Seen at ten"}


def test_a_wording_is_for_the_words_that_differ(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    write(postmortem, facilitator, "An engineer forgot the topic.")
    suggestion = wording(postmortem, viewer, "An engineer forgot", "Nothing checked")
    assert suggestion.stood == {"body": "An engineer forgot"}
    assert suggestion.proposed == {"body": "Nothing checked"}


def test_what_stands_there_already_is_no_suggestion(
    add: AddRow, postmortem: Postmortem, viewer: User
) -> None:
    row = add("lessons", text="Seen at nine")
    with pytest.raises(suggesting.NothingNew):
        correction(postmortem, viewer, "lessons", row, text="Seen at nine")
    assert not postmortem.suggestions.exists()


def test_a_correction_of_an_older_version_is_told_what_stands(
    add: AddRow, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    row = add("lessons")
    change(postmortem, row, facilitator, "Theirs")
    with pytest.raises(rows.Stale):
        correction(postmortem, viewer, "lessons", row, text="Mine")


def test_nobody_outside_suggests_in_a_restricted_report(
    restricted: Postmortem, member: User
) -> None:
    with pytest.raises(PermissionDenied):
        entry(restricted, member)


def test_whoever_reads_a_restricted_report_may_suggest(
    restricted: Postmortem, facilitator: User, viewer: User
) -> None:
    incidents.set_part(restricted.pk, viewer, "reader", by=facilitator, at=NOW)
    assert entry(restricted, viewer).is_open


def test_a_published_report_takes_no_suggestions(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    publish(postmortem, facilitator)
    with pytest.raises(policies.Frozen, match="Comment on it instead"):
        entry(postmortem, viewer)


def fill(report: Postmortem, by: User, count: int) -> None:
    """Let that many suggestions wait already."""
    one = Suggestion(
        postmortem=report, kind="entry", part="row:lessons", proposed={}, by=by, at=NOW
    )
    Suggestion.objects.bulk_create([copy(one) for _number in range(count)])


def test_one_person_has_only_so_many_open(
    postmortem: Postmortem, facilitator: User, member: User, viewer: User
) -> None:
    fill(postmortem, viewer, LIMITS.open_suggestions_of_a_person - 1)
    last = entry(postmortem, viewer)
    with pytest.raises(policies.TooMany):
        entry(postmortem, viewer)
    assert entry(postmortem, member).is_open
    decline(last, facilitator)
    assert entry(postmortem, viewer).is_open


def test_one_report_has_only_so_many_open(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    fill(postmortem, viewer, LIMITS.open_suggestions - 1)
    assert entry(postmortem, facilitator).is_open
    with pytest.raises(policies.TooMany):
        entry(postmortem, facilitator)


def test_a_wording_of_more_than_a_piece_is_too_much(
    postmortem: Postmortem, viewer: User
) -> None:
    section = postmortem.sections.get(key="summary")
    wanted = "x" * (LIMITS.suggested_wording + 1)
    common: Any = {"stood": "", "by": viewer, "at": NOW}
    with pytest.raises(policies.TooMany):
        suggesting.suggest_wording(postmortem.pk, section.pk, wanted=wanted, **common)
    assert suggesting.suggest_wording(
        postmortem.pk, section.pk, wanted=wanted[1:], **common
    ).is_open


def test_the_same_request_again_suggests_nothing_more(
    postmortem: Postmortem, viewer: User
) -> None:
    key = RequestKey("once", "a" * 64)
    first = entry(postmortem, viewer, key=key)
    assert entry(postmortem, viewer, key=key) == first
    assert postmortem.suggestions.count() == 1


# --- Taking over ----------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_row_that_is_taken_over_is_there_with_its_credit(
    name: str, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    suggestion = take(entry(postmortem, viewer, name), facilitator)
    row = kind(name).rows(postmortem).get()
    change = postmortem.history.get(part=f"row:{name}")
    assert (suggestion.state, suggestion.became) == ("taken", row.pk)
    assert (change.by, change.note) == (facilitator, "Suggested by Vera Blick")


@pytest.mark.parametrize("name", KINDS)
def test_a_correction_that_is_taken_over_stands(
    name: str, add: AddRow, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    text = TEXT.get(name, "text")
    suggestion = correction(postmortem, viewer, name, add(name), **{text: "Better"})
    take(suggestion, facilitator)
    assert getattr(kind(name).rows(postmortem).get(), text) == "Better"


FIELDS: list[tuple[str, Any]] = [
    ("title", "Stale prices"),
    ("tldr", "In short"),
    ("kind", "near_miss"),
    ("services", [("ProductService", "API")]),
]


@pytest.mark.parametrize(("name", "value"), FIELDS)
def test_a_fact_that_is_taken_over_stands(
    name: str, value: Any, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    suggestion = suggesting.suggest_field(
        postmortem.pk, name, value, version=0, by=viewer, at=NOW
    )
    take(suggestion, facilitator)
    change = postmortem.history.get(part=f"field:{name}")
    assert change.after == suggestion.proposed
    assert change.note == "Suggested by Vera Blick"


def test_a_wording_that_is_taken_over_leaves_what_was_written_since(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    write(postmortem, facilitator, "An engineer forgot the topic. Support called.")
    suggestion = wording(postmortem, viewer, "An engineer forgot", "Nothing checked")
    write(
        postmortem,
        facilitator,
        "It was nine. An engineer forgot the topic. Support called twice.",
    )
    take(suggestion, facilitator)
    section = postmortem.sections.get(key="summary")
    assert (
        section.body == "It was nine. Nothing checked the topic. Support called twice."
    )
    change = postmortem.history.filter(part="section:summary").latest("id")
    assert change.note == "Suggested by Vera Blick"


def test_a_wording_whose_words_are_gone_says_so(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    write(postmortem, facilitator, "An engineer forgot the topic.")
    suggestion = wording(postmortem, viewer, "An engineer forgot", "Nothing checked")
    write(postmortem, facilitator, "Written anew.")
    with pytest.raises(deciding.WordsGone):
        take(suggestion, facilitator)
    assert fresh_one(suggestion).is_open


def test_a_row_that_changed_since_is_shown_instead(
    add: AddRow, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    row = add("lessons")
    suggestion = correction(postmortem, viewer, "lessons", row, text="Suggested")
    change(postmortem, row, facilitator, "Theirs")
    with pytest.raises(rows.Stale) as stale:
        take(suggestion, facilitator)
    assert stale.value.current.text == "Theirs"
    assert fresh_one(suggestion).is_open


def test_what_the_facilitator_made_of_it_is_written_with_the_credit(
    add: AddRow, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    row = add("lessons")
    suggestion = correction(postmortem, viewer, "lessons", row, text="Suggested")
    take(suggestion, facilitator, values={"text": "Edited"}, version=row.version)
    line = postmortem.history.get(part="row:lessons", what="changed")
    assert isinstance(line.after, dict)
    assert (line.after["text"], line.note) == ("Edited", "Suggested by Vera Blick")


def test_what_was_taken_over_can_be_undone_by_the_history(
    add: AddRow, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    row = add("lessons", text="Before")
    take(correction(postmortem, viewer, "lessons", row, text="After"), facilitator)
    line = postmortem.history.get(part="row:lessons", what="changed")
    history.restore_change(
        postmortem.pk, line.pk, side="before", by=facilitator, at=NOW
    )
    assert kind("lessons").rows(postmortem).get().text == "Before"


def test_it_is_taken_over_once(
    postmortem: Postmortem, facilitator: User, responder: User, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    take(suggestion, facilitator)
    with pytest.raises(suggesting.Decided, match="Maren Holt decided on this already"):
        take(suggestion, responder)
    assert postmortem.timeline.count() == 1


def test_taking_over_again_by_the_same_request_is_answered_alike(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    key = RequestKey("once", "a" * 64)
    assert take(suggestion, facilitator, key=key) == take(
        suggestion, facilitator, key=key
    )
    assert postmortem.timeline.count() == 1


def test_whoever_may_not_edit_does_not_take_over(
    postmortem: Postmortem, member: User, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    for by in (viewer, member):
        with pytest.raises(PermissionDenied):
            take(suggestion, by)
        with pytest.raises(PermissionDenied):
            decline(suggestion, by)


def test_a_suggestion_is_not_taken_over_once_the_report_is_published(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    publish(postmortem, facilitator)
    with pytest.raises(policies.Frozen):
        take(suggestion, facilitator)


def test_a_suggestion_of_another_report_is_not_there(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    other = open_report(facilitator, "Slow uploads")
    suggestion = entry(other, viewer)
    with pytest.raises(Suggestion.DoesNotExist):
        deciding.take_over(postmortem.pk, suggestion.pk, by=facilitator, at=NOW)


# --- Turning down ---------------------------------------------------------------------


def test_a_declined_suggestion_says_why(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    suggestion = decline(entry(postmortem, viewer), facilitator)
    assert suggestion.state == "declined"
    assert (suggestion.decided_by, suggestion.decision_note) == (
        facilitator,
        "It was later",
    )
    assert not postmortem.timeline.exists()


def test_whoever_suggested_it_withdraws_it(
    postmortem: Postmortem, viewer: User
) -> None:
    assert withdraw(entry(postmortem, viewer), viewer).state == "withdrawn"


def test_nobody_else_withdraws_it(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    with pytest.raises(PermissionDenied):
        withdraw(suggestion, facilitator)


def test_it_is_withdrawn_also_from_a_published_report(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    publish(postmortem, facilitator)
    assert withdraw(suggestion, viewer).state == "withdrawn"


def test_what_is_decided_stays_decided(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    suggestion = withdraw(entry(postmortem, viewer), viewer)
    with pytest.raises(suggesting.Decided):
        take(suggestion, facilitator)
    with pytest.raises(suggesting.Decided):
        decline(suggestion, facilitator)


def test_open_pages_notice_each_step(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    seen = [fresh(postmortem).revision]
    for step in (
        lambda: entry(postmortem, viewer),
        lambda: decline(postmortem.suggestions.get(), facilitator),
        lambda: withdraw(entry(postmortem, viewer), viewer),
    ):
        step()
        seen.append(fresh(postmortem).revision)
    assert seen == sorted(set(seen))


def test_suggesting_does_not_say_that_the_text_was_saved(
    postmortem: Postmortem, viewer: User
) -> None:
    suggesting.suggest_row(
        kind("timeline"),
        postmortem.pk,
        None,
        SMALLEST["timeline"],
        by=viewer,
        at=NOW + timedelta(hours=1),
    )
    assert fresh(postmortem).changed_at == postmortem.changed_at


def test_deleting_a_report_for_good_takes_its_suggestions_along(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    entry(postmortem, viewer)
    incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    trash.delete_for_good(before=NOW + timedelta(days=31))
    assert not Suggestion.objects.exists()


def change(report: Postmortem, row: Any, by: User, text: str) -> None:
    rows.change_row(
        kind("lessons"),
        report.pk,
        row.pk,
        {"text": text},
        version=row.version,
        by=by,
        at=NOW,
    )


def fresh_one(suggestion: Suggestion) -> Suggestion:
    return Suggestion.objects.get(pk=suggestion.pk)
