"""`Document`: a whole report as frozen plain values.

Everything that leaves the house reads a Document (Markdown, JSON, the reading page, the
frozen publication, later the API), and everything that arrives becomes one before it is
written. It knows no database. Moments are aware datetimes in UTC, to the second; days
are dates; texts are Markdown as people wrote them.

`ref` fields are anchors ("entry-12") for links inside one installation. They say
nothing about the content and are left out of comparisons, Markdown and imports.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from postmortems.vocabulary import (
    ActionPriority,
    ActionStatus,
    ActionType,
    ActorKind,
    Category,
    Certainty,
    EvidenceKind,
    Importance,
    Kind,
    Known,
    LessonKind,
    Marker,
    Milestone,
    Place,
    Precision,
    Status,
)


@dataclass(frozen=True, slots=True)
class Time:
    """One of the five milestones; `at` is None exactly when it is not recorded."""

    at: datetime | None = None
    certainty: Certainty = Certainty.NOT_RECORDED


@dataclass(frozen=True, slots=True)
class Severity:
    label: str
    """As the scale names it, "SEV-2"."""
    definition: str = ""
    rank: int = field(default=0, compare=False)
    """1 is the most severe; 0 where the label is not on the scale."""


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    note: str = ""
    """What the report says of it in a word or two: "API"."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured part of the impact: 15 "% of users" in "EU"."""

    quantity: str
    """A decimal number as text, so that 15 stays 15 and 2.50 stays 2.50."""
    unit: str
    who: str = ""
    estimated: bool = False
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    name: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A link with its label, a pasted snippet or a trace id; at least one of them."""

    kind: EvidenceKind = EvidenceKind.OTHER
    label: str = ""
    url: str = ""
    trace_id: str = ""
    text: str = ""
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    occurred_at: datetime
    text: str
    """Inline Markdown; may run over several lines."""
    precision: Precision = Precision.EXACT
    ended_at: datetime | None = None
    recorded_at: datetime | None = None
    """When it was written down, where that matters; None for entries from outside."""
    markers: tuple[Marker, ...] = ()
    actors: tuple[Actor, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    known: Known = Known.THEN
    importance: Importance = Importance.STORY
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Factor:
    """A contributing factor, on its bone of the fishbone."""

    text: str
    category: Category | None = None
    note: str = ""
    same_as: str = ""
    """The reference of the earlier report that named the same factor, and its text:
    "INC-2025-11-03-001: No pre-deployment validation"; empty where none."""
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Why:
    """One question and answer of the 5 Whys; branches hang below it."""

    question: str
    """Empty where the page writes the usual "Why?" by itself."""
    answer: str
    primary: bool = False
    """This answer is the primary root cause."""
    because: tuple["Why", ...] = ()
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Lesson:
    kind: LessonKind
    text: str
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Action:
    description: str
    owner_team: str = ""
    owner_person: str = ""
    due_on: date | None = None
    types: tuple[ActionType, ...] = ()
    priority: ActionPriority = ActionPriority.MEDIUM
    status: ActionStatus = ActionStatus.OPEN
    reason: str = ""
    """Why it won't be done; only with that status."""
    evidence: str = ""
    """What shows that it is done: a link or a sentence."""
    done_on: date | None = None
    addresses: tuple[int, ...] = ()
    """Positions (from 0) in `Document.factors` of the factors it addresses."""
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class FollowUp:
    text: str
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class FreeSection:
    """A section that the template does not know, kept behind the part it follows."""

    heading: str
    body: str
    after: Place = Place.FOLLOW_UPS
    ref: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    reference: str = ""
    """INC-2026-03-05-001; empty for a document that has not been given one."""
    kind: Kind = Kind.INCIDENT
    status: Status = Status.DRAFTING
    severity: Severity | None = None
    restricted: bool = False

    started: Time = Time()
    detected: Time = Time()
    acknowledged: Time = Time()
    mitigated: Time = Time()
    resolved: Time = Time()

    tldr: str = ""
    summary: str = ""
    impact: str = ""
    measures: tuple[Measure, ...] = ()
    services: tuple[Service, ...] = ()
    surprise: str = ""
    """What surprised us."""
    root_cause: str = ""

    timeline: tuple[Entry, ...] = ()
    factors: tuple[Factor, ...] = ()
    whys: tuple[Why, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    actions: tuple[Action, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    free_sections: tuple[FreeSection, ...] = ()

    facilitators: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()

    def time(self, milestone: Milestone) -> Time:
        """The named milestone."""
        time: Time = getattr(self, milestone.value)
        return time
