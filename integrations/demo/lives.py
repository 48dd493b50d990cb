"""What happened to each report of the demo after it was written.

People join, texts are written anew, the report moves on and is published, actions are
settled. Each is an event with its time and its author, so that the history of a report
reads as if it had been lived.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from accounts.access import organisation
from accounts.models import User
from actions.parts import ACTIONS
from integrations.demo.stories import Told
from postmortems import policies
from postmortems.document import Action, Document
from postmortems.models import Participation
from postmortems.operations import lifecycle, writing
from postmortems.operations.desk import Desk, What
from postmortems.operations.incidents import write_part
from postmortems.operations.rows import write_row
from postmortems.report import Report
from postmortems.vocabulary import ActionStatus, Status

Part = Participation.Part
People = Mapping[str, User]
Step = Callable[[Desk, People], None]

IN_REVIEW_FOR = timedelta(days=2)
"""How long a report is in review before it is published."""
DRAFTED, REVIEWED, PUBLISHED, SETTLED, CLOSED = (
    time(hour, minute, tzinfo=UTC)
    for hour, minute in ((9, 12), (11, 40), (14, 5), (15, 0), (16, 20))
)
"""At what time of the day each is done: a day may see more than one of them."""
EARLIEST, LATEST = 7, 18
"""The hours between which people begin to write a report."""
FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    by: str
    step: Step


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that was written anew; the report's file has what it became."""

    section: Literal["summary", "root_cause"]
    before: str
    by: str
    after: timedelta
    """Since the end of the incident."""


@dataclass(frozen=True, slots=True)
class Reopening:
    """A published report that was opened again, and published again three days on."""

    reason: str
    after: timedelta
    """Since the end of the incident."""


REVISIONS = {
    "stale-product-data": (
        Revision(
            "root_cause",
            "A variable of `InventoryService` was empty.",
            "Tomás Vidal",
            timedelta(days=1, minutes=5),
        ),
        Revision(
            "summary",
            "Between 09:00 and 11:15 UTC customers in the EU saw stale prices and"
            " descriptions. More when the logs are in.",
            "Priya Raman",
            timedelta(days=1, hours=4, minutes=27),
        ),
    ),
    "index-lock": (
        Revision(
            "root_cause",
            "The migration locked the table for as long as it took, contrary to its"
            " mark.",
            "Priya Raman",
            timedelta(days=14),
        ),
    ),
}
REOPENED = {
    "index-lock": Reopening(
        "The makers of the migration tool answered: it ignores the mark only where a"
        " migration has more than one change.",
        timedelta(days=13),
    ),
}
READERS = {"leaked-token": ("Ingrid Solheim",)}
"""Invited to read a restricted report."""


def author(told: Told) -> str:
    """Who wrote it first: its facilitator."""
    return told.document.facilitators[0]


def written_at(told: Told) -> datetime:
    """Three hours after the end, or on the next morning of a working day."""
    at = _end(told) + timedelta(hours=3)
    awake = EARLIEST <= at.hour < LATEST and at.weekday() <= FRIDAY
    return at if awake else _at_work(at + timedelta(hours=12), DRAFTED)


def first_version(told: Told) -> Document:
    """The report as it was written, before anything that happened to it since."""
    document = told.document
    revisions = REVISIONS.get(told.story.name, ())
    before = {revision.section: revision.before for revision in revisions}
    return replace(
        document,
        summary=before.get("summary", document.summary),
        root_cause=before.get("root_cause", document.root_cause),
        actions=tuple(
            _agreed(action) if _settled_later(action, told) else action
            for action in document.actions
        ),
    )


def life(told: Told) -> list[Event]:
    """What happened to it since, in order."""
    events = [*_joined(told), *_revised(told), *_moved(told)]
    if told.story.published_after:
        events += _settled(told)
    if told.document.status == Status.CLOSED:
        last = max(event.at for event in events)
        at = _at_work(last, CLOSED)
        events.append(Event(at, author(told), _move(Status.CLOSED)))
    return sorted(events, key=lambda event: event.at)


def _joined(told: Told) -> Iterator[Event]:
    document = told.document
    others = (
        [(name, Part.FACILITATOR) for name in document.facilitators[1:]]
        + [(name, Part.CONTRIBUTOR) for name in document.contributors]
        + [(name, Part.READER) for name in READERS.get(told.story.name, ())]
    )
    for number, (name, part) in enumerate(others, start=1):
        invited = document.restricted or part != Part.CONTRIBUTOR
        yield Event(
            written_at(told) + number * timedelta(minutes=47, seconds=13),
            author(told) if invited else name,
            _join(name, part),
        )


def _revised(told: Told) -> Iterator[Event]:
    for revision in REVISIONS.get(told.story.name, ()):
        body = getattr(told.document, revision.section)
        step = _revise(revision.section, body)
        yield Event(_end(told) + revision.after, revision.by, step)


def _moved(told: Told) -> Iterator[Event]:
    document, by = told.document, author(told)
    if document.status == Status.GATHERING:
        return
    next_day = written_at(told) + timedelta(days=1)
    yield Event(_at_work(next_day, DRAFTED), by, _move(Status.DRAFTING))
    if document.status == Status.DRAFTING:
        return
    published = _published_at(told) or next_day + IN_REVIEW_FOR
    reviewed = _at_work(published - IN_REVIEW_FOR, REVIEWED)
    yield Event(reviewed, by, _move(Status.IN_REVIEW))
    if document.status == Status.IN_REVIEW:
        return
    yield Event(published, by, _publish)
    reopening = REOPENED.get(told.story.name)
    if reopening:
        opened = _end(told) + reopening.after
        again = opened + timedelta(days=3)
        yield Event(opened, by, _move(Status.DRAFTING, reopening.reason))
        yield Event(again - timedelta(days=1), by, _move(Status.IN_REVIEW))
        yield Event(again, by, _publish)


def _settled(told: Told) -> Iterator[Event]:
    published = _published_at(told)
    writers = {*told.document.facilitators, *told.document.contributors}
    for position, action in enumerate(told.document.actions):
        if published is None or not _settled_later(action, told):
            continue
        at = published + timedelta(days=2, minutes=position)
        if action.done_on:
            at = datetime.combine(action.done_on, SETTLED)
        known = action.owner_person in writers
        by = action.owner_person if known else author(told)
        yield Event(at, by, _settle(position, action))


def _settled_later(action: Action, told: Told) -> bool:
    """Whether the action was settled, or begun, after the report had been written."""
    if not told.story.published_after or action.status == ActionStatus.OPEN:
        return False
    return action.done_on is None or action.done_on > written_at(told).date()


def _agreed(action: Action) -> Action:
    """The action as it was when it was agreed upon."""
    return replace(
        action, status=ActionStatus.OPEN, reason="", evidence="", done_on=None
    )


def _end(told: Told) -> datetime:
    document = told.document
    end = document.resolved.at or document.detected.at
    if end is None:
        raise ValueError(told.story.name)
    return end


def _published_at(told: Told) -> datetime | None:
    days = told.story.published_after
    return _at_work(_end(told) + timedelta(days=days), PUBLISHED) if days else None


def _at_work(at: datetime, clock: time) -> datetime:
    """That day, or the Monday behind a weekend, at that time of the day."""
    weekend = max(0, at.weekday() - FRIDAY)
    monday = timedelta(days=3 - weekend if weekend else 0)
    return datetime.combine(at.date() + monday, clock)


# --- Steps ----------------------------------------------------------------------------


def _join(name: str, part: Participation.Part) -> Step:
    def step(desk: Desk, people: People) -> None:
        write_part(desk.postmortem, people[name], part, by=desk.by, at=desk.at)

    return step


def _revise(section: str, body: str) -> Step:
    def step(desk: Desk, _people: People) -> None:
        found = desk.postmortem.sections.get(key=section)
        writing.write_section(desk, found, body=body)
        desk.leave()

    return step


def _move(to: Status, reason: str = "") -> Step:
    def step(desk: Desk, _people: People) -> None:
        lifecycle.write_status(desk, to, note=reason)

    return step


def _publish(desk: Desk, _people: People) -> None:
    report = Report.load(desk.postmortem)
    ready = policies.readiness(report, now=desk.at, settings=organisation().readiness)
    lifecycle.freeze(
        desk, lifecycle.text_to_publish(report), still_open=ready.sentences
    )


def _settle(position: int, action: Action) -> Step:
    values = {
        "status": action.status,
        "reason": action.reason,
        "evidence": action.evidence,
        "done_on": action.done_on,
    }

    def step(desk: Desk, _people: People) -> None:
        rows = ACTIONS.rows(desk.postmortem).order_by("position", "pk")
        write_row(desk, ACTIONS, rows[position], values, What.CHANGED)
        desk.leave()

    return step
