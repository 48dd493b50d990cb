"""What somebody types in one go is one line of the history, with all its pauses."""

from datetime import timedelta

import pytest

from accounts.models import User
from live import log, saving
from live.models import LiveDocument
from live.writing import replace_text
from postmortems.models import Bout, Change, Postmortem
from postmortems.operations import bouts, history, sharing, writing
from postmortems.tasks import end_bouts
from postmortems.topics import topic_of
from tests.fixtures import NOW

A_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def document(postmortem: Postmortem) -> LiveDocument:
    found = log.found_or_begun(topic_of(postmortem.pk))
    assert found is not None
    return found


def type_on(report: Postmortem, text: str, by: User, minute: float = 0) -> None:
    """Type the summary, and pause, as seen `minute` minutes later."""
    section = report.sections.get(key="summary")
    topic = topic_of(report.pk)
    replace_text(topic, section.live_key, None, text, by.pk, at=NOW)
    document = log.find(topic)
    assert document is not None
    texts = {one.live_key: one.body for one in report.sections.all()}
    texts[section.live_key] = text
    sharing.keep_texts(
        topic, texts, document.version, [by.pk], at=NOW + minute * A_MINUTE
    )
    LiveDocument.objects.update(saved_version=document.version)


def lines(report: Postmortem) -> list[tuple[str, str, str]]:
    return [
        (change.before["body"], change.after["body"], change.by.name)
        for change in Change.objects.filter(
            postmortem=report, part="section:summary"
        ).order_by("pk")
        if change.before is not None and change.after is not None
    ]


def test_pauses_make_no_lines_and_the_end_makes_one(
    postmortem: Postmortem, facilitator: User
) -> None:
    for minute, text in enumerate(("One.", "One. Two.", "One. Two. Three.")):
        type_on(postmortem, text, facilitator, minute)
        assert postmortem.sections.get(key="summary").body == text
        assert lines(postmortem) == []
    bouts.end_due(NOW + 6.9 * A_MINUTE)
    assert lines(postmortem) == []
    bouts.end_due(NOW + 7 * A_MINUTE)
    assert lines(postmortem) == [("", "One. Two. Three.", "Maren Holt")]


def test_after_a_quarter_of_an_hour_another_line_begins(
    postmortem: Postmortem, facilitator: User
) -> None:
    for minute in range(0, 18, 3):
        type_on(postmortem, f"Minute {minute}.", facilitator, minute)
    bouts.end_due(NOW + 60 * A_MINUTE)
    assert [after for _before, after, _by in lines(postmortem)] == [
        "Minute 12.",
        "Minute 15.",
    ]


def test_two_who_write_together_share_a_line(
    postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    section = postmortem.sections.get(key="summary")
    type_on(postmortem, "One.", facilitator)
    bouts.go_on(
        section, bouts.snapshot(section), [responder, facilitator], NOW + A_MINUTE
    )
    sharing.bring_up_to_date(postmortem.pk)
    change = postmortem.history.get(part="section:summary")
    assert (change.by, change.note) == (facilitator, "With Priya Raman")


def test_who_writes_alone_after_another_has_a_line_of_their_own(
    postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    type_on(postmortem, "Hers.", facilitator)
    type_on(postmortem, "Hers. His.", responder, 1)
    sharing.bring_up_to_date(postmortem.pk)
    assert lines(postmortem) == [
        ("", "Hers.", "Maren Holt"),
        ("Hers.", "Hers. His.", "Priya Raman"),
    ]


def test_what_was_typed_and_taken_back_leaves_no_line(
    postmortem: Postmortem, facilitator: User
) -> None:
    type_on(postmortem, "One.", facilitator)
    type_on(postmortem, "", facilitator, 1)
    sharing.bring_up_to_date(postmortem.pk)
    assert lines(postmortem) == []
    assert not Bout.objects.exists()


def test_a_form_ends_what_was_typed_before_it(
    postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    type_on(postmortem, "Typed.", facilitator)
    section = postmortem.sections.get(key="summary")
    writing.save_section(
        postmortem.pk,
        section.pk,
        body="Typed. By form.",
        version=section.version,
        live_version=section.live_version,
        by=responder,
        at=NOW + A_MINUTE,
    )
    assert lines(postmortem) == [
        ("", "Typed.", "Maren Holt"),
        ("Typed.", "Typed. By form.", "Priya Raman"),
    ]


def test_a_line_that_was_held_back_can_be_restored(
    postmortem: Postmortem, facilitator: User
) -> None:
    type_on(postmortem, "To come back.", facilitator)
    type_on(postmortem, "Something else.", facilitator, 6)
    first = postmortem.history.get(part="section:summary")
    history.restore_change(
        postmortem.pk, first.pk, side="after", by=facilitator, at=NOW
    )
    assert postmortem.sections.get(key="summary").body == "To come back."
    assert [after for _before, after, _by in lines(postmortem)] == [
        "To come back.",
        "Something else.",
        "To come back.",
    ]


def test_after_a_kill_the_scheduled_task_writes_the_line(
    postmortem: Postmortem, facilitator: User, summary: str
) -> None:
    topic = topic_of(postmortem.pk)
    replace_text(topic, summary, None, "Not saved.", facilitator.pk, at=NOW)
    saving.save_now(topic)
    Bout.objects.update(last_at=NOW)
    end_bouts()
    assert lines(postmortem) == [("", "Not saved.", "Maren Holt")]
