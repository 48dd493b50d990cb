"""Generated Documents full of hard texts, and one whole sample that says everything."""

from datetime import UTC, date, datetime, timedelta
from operator import attrgetter

from hypothesis import strategies as st

from config.plaintext import clean_text
from postmortems.document import (
    Action,
    Actor,
    Document,
    Entry,
    Evidence,
    Factor,
    FollowUp,
    FreeSection,
    Lesson,
    Measure,
    Service,
    Severity,
    Time,
    Why,
)
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
    Place,
    Precision,
    Status,
)

HARD_PIECES = (
    "Rollback initiated",
    " - ",
    "SRE Team",
    " - SRE Team",
    "- SRE Team (role), [x](https://a.example)",
    " - [graph](https://a.example/x_(y)) (graph)",
    "[brackets]",
    "[Point 1]",
    "\\[Point 1]",
    "YYYY-MM-DD",
    "(parentheses)",
    "(team)",
    "(graph)",
    "a\\b",
    "\\",
    "\\\\",
    "\\-",
    "*stars*",
    "**bold**",
    "snake_case_name",
    "_",
    "`code - span`",
    "`",
    "``",
    "~~",
    "&amp;",
    "<b>html</b>",
    "<!-- no end",
    "<script>",
    "<",
    "#",
    "# Heading",
    "## 3. Root Cause Analysis",
    "2. Timeline of Events",
    "  ## Shifted",
    "### Action Items",
    "### What Went Well?",
    "---",
    "===",
    "***",
    "| a | b |",
    "|---|---|",
    "* **Owner:** nobody",
    "  * **Owner:** nobody",
    "- **Owner**: nobody",
    "* **Owner\\:** nobody",
    "* **Evidence:** none",
    "* **Actors:** not recorded",
    "* **Note:** x",
    "* **Why?** because",
    "* **So:** because",
    "* **Why\\?** because",
    "* **2026-03-05 09:30:00 UTC**: not an entry",
    "* item",
    "- item",
    "1. first",
    "10) tenth",
    "```",
    "````",
    "~~~",
    "```python",
    "  ```",
    "    ```",
    "\\```",
    "    indented code",
    "\ttab",
    "Detected.",
    "Detected, acknowledged. ",
    "*Primary root cause:* ",
    "not recorded",
    "about",
    "none",
    "factor 1",
    "INC-2026-03-05-001 - ",
    ", estimated",
    ", ",
    ".",
    "?",
    ":",
    "Why?",
    "https://a.example/b?c=1&d=2",
    "trace `x`",
    "😀👩‍👩‍👧",
    "עברית",
    "e\u0301",
    "\u00a0",
    "\u2028",
    "\n",
    "\n\n",
    "  \n",
    " ",
    "",
)


def normal(text: str, *, lines: bool) -> str:
    """The text as forms and imports leave it, without space around it."""
    return clean_text(text, limit=10**6, lines=lines).strip()


_pieces = st.lists(
    st.sampled_from(HARD_PIECES) | st.text(max_size=8), min_size=1, max_size=7
).map("".join)
_breakable = st.lists(
    st.sampled_from(HARD_PIECES) | st.text(max_size=8), min_size=1, max_size=7
).map("\n".join)


def _texts(*, lines: bool) -> st.SearchStrategy[str]:
    raw = (_pieces | _breakable) if lines else _pieces

    return raw.map(_without_unstorable).map(lambda text: normal(text, lines=lines))


def _without_unstorable(text: str) -> str:
    return "".join(c for c in text if c != "\x00" and not "\ud800" <= c <= "\udfff")


prose = _texts(lines=True)
some_prose = prose.filter(bool)
line = _texts(lines=False)
some_line = line.filter(bool)

moments = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
_few_moments = st.integers(0, 4).map(
    lambda minutes: datetime(2026, 3, 5, 9, tzinfo=UTC) + timedelta(minutes=minutes)
)
days = st.dates(date(2000, 1, 1), date(2030, 1, 1))
_numbers = st.integers(0, 10**6).map(str) | st.decimals(
    0, 1000, places=2, allow_nan=False
).map(str)


def _rows(strategy: st.SearchStrategy, most: int = 3) -> st.SearchStrategy[tuple]:
    return st.lists(strategy, max_size=most).map(tuple)


times = st.just(Time()) | st.builds(
    Time, moments, st.sampled_from([Certainty.RECORDED, Certainty.APPROXIMATE])
)
actors = st.builds(Actor, st.sampled_from(ActorKind), some_line)
evidence = st.builds(
    Evidence, st.sampled_from(EvidenceKind), line, line, line, prose
).filter(lambda e: e.label or e.url or e.trace_id or e.text)
links = st.builds(
    Evidence,
    st.sampled_from(EvidenceKind),
    some_line,
    st.sampled_from(["https://a.example/b", "https://a.example/b_(c)", "/x?a=1&b=2"]),
)
entries = st.builds(
    Entry,
    moments | _few_moments,
    some_prose,
    precision=st.sampled_from(Precision),
    ended_at=st.none() | moments,
    recorded_at=st.none() | moments,
    markers=st.lists(st.sampled_from(Marker), unique=True, max_size=3).map(tuple),
    actors=_rows(actors),
    evidence=_rows(evidence) | _rows(links),
    known=st.sampled_from(Known),
    importance=st.sampled_from(Importance),
)
factors = st.builds(
    Factor, some_prose, st.none() | st.sampled_from(Category), prose, line
)
whys = st.recursive(
    st.builds(Why, line, some_prose, st.booleans()),
    lambda below: st.builds(Why, line, some_prose, st.booleans(), _rows(below, 2)),
    max_leaves=4,
)
lessons = st.builds(Lesson, st.sampled_from(LessonKind), some_prose)
actions = st.builds(
    Action,
    some_prose,
    line,
    line,
    st.none() | days,
    st.lists(st.sampled_from(ActionType), unique=True, max_size=4).map(tuple),
    st.sampled_from(ActionPriority),
    st.sampled_from(ActionStatus),
    prose,
    prose,
    st.none() | days,
    st.lists(st.integers(0, 2), unique=True, max_size=3).map(sorted).map(tuple),
)
sections = st.builds(FreeSection, some_line, prose, st.sampled_from(Place))
services = st.lists(
    st.builds(Service, some_line, line),
    max_size=3,
    unique_by=lambda s: s.name.casefold(),
).map(tuple)


def _consistent(document_parts: dict) -> Document:
    """Rows in the order in which reports keep them; actions name factors there are."""
    parts = dict(document_parts)
    parts["timeline"] = tuple(sorted(parts["timeline"], key=lambda e: e.occurred_at))
    for name, kinds in (("lessons", LessonKind), ("free_sections", Place)):
        of_row = attrgetter({"lessons": "kind", "free_sections": "after"}[name])
        parts[name] = tuple(
            row for kind in kinds for row in parts[name] if of_row(row) == kind
        )
    count = len(parts["factors"])
    parts["actions"] = tuple(
        Action(
            **{
                **{f: getattr(a, f) for f in a.__slots__},
                "addresses": tuple(to for to in a.addresses if to < count),
            }
        )
        for a in parts["actions"]
    )
    return Document(**parts)


documents = st.fixed_dictionaries(
    {
        "title": some_line,
        "reference": st.just("")
        | st.tuples(days, st.integers(1, 1200)).map(
            lambda p: f"INC-{p[0].isoformat()}-{p[1]:03}"
        ),
        "kind": st.sampled_from(Kind),
        "status": st.sampled_from(Status),
        "severity": st.none() | st.builds(Severity, some_line, line),
        "restricted": st.booleans(),
        "started": times,
        "detected": times,
        "acknowledged": times,
        "mitigated": times,
        "resolved": times,
        "tldr": prose,
        "summary": prose,
        "impact": prose,
        "measures": _rows(st.builds(Measure, _numbers, some_line, line, st.booleans())),
        "services": services,
        "surprise": prose,
        "root_cause": prose,
        "timeline": _rows(entries, 4),
        "factors": _rows(factors),
        "whys": _rows(whys, 2),
        "lessons": _rows(lessons, 4),
        "actions": _rows(actions),
        "follow_ups": _rows(st.builds(FollowUp, some_prose)),
        "free_sections": _rows(sections),
        "facilitators": _rows(some_line, 2),
        "contributors": _rows(some_line, 2),
    }
).map(_consistent)


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-05T{clock}+00:00")


FULL = Document(
    title="Stale product data - served to EU customers",
    reference="INC-2026-03-05-001",
    kind=Kind.NEAR_MISS,
    status=Status.IN_REVIEW,
    severity=Severity("SEV-2", "Major impact, no complete outage (yet)"),
    restricted=True,
    started=Time(_at("09:00:00"), Certainty.RECORDED),
    detected=Time(_at("09:30:15"), Certainty.RECORDED),
    acknowledged=Time(_at("09:31:00"), Certainty.APPROXIMATE),
    resolved=Time(_at("11:15:00"), Certainty.RECORDED),
    tldr="An empty topic name stopped cache invalidation for two hours.",
    summary="From 09:00 to 11:15 `ProductService` served stale prices.\n\n"
    "## What we saw\n\n* old prices\n* **Owner:** not a field\n\n```\n# code\n```",
    impact="Stale prices and descriptions.",
    measures=(
        Measure("15", "% of users", "EU", estimated=True),
        Measure("2.50", "h of stalled pipeline"),
    ),
    services=(Service("ProductService", "API"), Service("Queue, main (EU)")),
    surprise="A high cache hit rate looked like good health.",
    root_cause="The topic variable was an empty string.",
    timeline=(
        Entry(
            _at("08:30:00"),
            "First customer reports - before the start.",
            Precision.MINUTE,
            evidence=(Evidence(EvidenceKind.TICKET, "Tickets", "https://t.example/1"),),
        ),
        Entry(
            _at("09:00:00"),
            "`InventoryService` deployed.",
            markers=(Marker.STARTED, Marker.CHANGE),
            actors=(
                Actor(ActorKind.SYSTEM, "Deploy pipeline"),
                Actor(ActorKind.TEAM, "the platform, and others"),
                Actor(ActorKind.PERSON, "Jonas Adeyemi"),
                Actor(ActorKind.ROLE, "SRE on call"),
            ),
        ),
        Entry(
            _at("09:30:15"),
            "Alert fired:\n\n```\nWARN * **Actors:** x\n```\n\nand was seen - by many",
            Precision.APPROXIMATE,
            ended_at=_at("09:45:00"),
            recorded_at=_at("14:02:18"),
            markers=(Marker.DETECTED,),
            evidence=(
                Evidence(
                    EvidenceKind.LOG, "Log", trace_id="7f3a`c21e", text="a\n\n```\n b"
                ),
                Evidence(url="https://graphs.example/f_(x)"),
            ),
            known=Known.LATER,
            importance=Importance.BACKGROUND,
        ),
        Entry(_at("10:00:00"), "Somebody looked.", Precision.UNKNOWN),
    ),
    factors=(
        Factor(
            "**Lack of validation:** it passed every step.",
            Category.PROCESS,
            "The check exists elsewhere.\n\n* twice",
            "INC-2025-11-03-001: No pre-deployment validation",
        ),
        Factor("Refreshing relies on a manual flush.", Category.METHODS),
        Factor("On no bone."),
    ),
    whys=(
        Why(
            "What happened",
            "Customers saw stale prices.",
            because=(
                Why("", "The topic was empty.", primary=True),
                Why("Why was it not noticed sooner?", "No alert covers it."),
            ),
        ),
    ),
    lessons=(
        Lesson(LessonKind.WENT_WELL, "The alert was seen at once."),
        Lesson(LessonKind.WENT_WRONG, "Customers saw it first."),
        Lesson(LessonKind.GOT_LUCKY, "The flush worked."),
    ),
    actions=(
        Action(
            "Validate critical variables.",
            "DevOps Team",
            "Jonas Adeyemi",
            date(2026, 3, 20),
            (ActionType.CORRECTIVE, ActionType.DETECTIVE),
            ActionPriority.HIGH,
            ActionStatus.DONE,
            evidence="[Merge request](https://git.example/812)",
            done_on=date(2026, 3, 18),
            addresses=(0, 2),
        ),
        Action(
            "Flush by itself.", status=ActionStatus.WONT_DO, reason="Replaced in May."
        ),
    ),
    follow_ups=(FollowUp("Where else may variables be empty?"),),
    free_sections=(
        FreeSection(
            "Customer communication", "## Mail\n\nSent at noon.", Place.SUMMARY
        ),
        FreeSection("2. Timeline of Events", "Another one.", Place.FOLLOW_UPS),
    ),
    facilitators=("Maren Holt",),
    contributors=("Priya Raman", "Vidal, Tomás"),
)
"""Every field of a Document is set here in one place or another."""
