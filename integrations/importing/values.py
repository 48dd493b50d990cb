"""Single values of the Markdown format: moments, names, measures, evidence.

Each function takes the text behind a label and gives a plain value, or None where
nothing could be read. Times without a zone are UTC.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from postmortems.document import Actor, Evidence, Measure, Service, Severity, Time
from postmortems.exporters import grammar
from postmortems.exporters.grammar import looks_like_name, one_line, unplain
from postmortems.vocabulary import ActorKind, Certainty, EvidenceKind, Precision

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
_ZONE = r"(?: ?(?P<zone>UTC|GMT|Z|[+-]\d\d:?\d\d))?"
_MOMENT = re.compile(
    rf"(?P<day>\d{{4}}-\d\d-\d\d)(?:T|,? (?:at )?){_CLOCK}{_ZONE}", re.IGNORECASE
)
_TIME_OF_DAY = re.compile(_CLOCK + _ZONE, re.IGNORECASE)
_ABOUT = re.compile(r"(?:about|around|approximately|approx\.?|ca\.?|circa|~) ?", re.I)
_UNKNOWN = re.compile(r"time unknown(?:, placed at| ?[:,])? ?", re.IGNORECASE)
_TO = re.compile(r" ?(?: to |–|—| - ) ?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NOTHING = frozenset(
    {
        "",
        "not recorded",
        "unknown",
        "not known",
        "none",
        "n/a",
        "tbd",
        "-",
        "–",
        "—",
        "?",
    }
)

_ACTOR_KIND = re.compile(rf" \(({'|'.join(ActorKind.values)})\)$", re.IGNORECASE)
_EVIDENCE_KINDS = "|".join(EvidenceKind.values)
_KIND_BEHIND = re.compile(rf"(?:^| )\(({_EVIDENCE_KINDS})\)$", re.IGNORECASE)
_TRACE = re.compile(r"(?:^|, )trace (`+)")
_LINK = re.compile(
    r"(?:\[(?P<label>(?:[^\[\]\\]|\\.)*)\]"
    r"\((?:<(?P<angled>(?:[^<>\\]|\\.)*)>|(?P<bare>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*))\)"
    r"|<(?P<auto>[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>"
    r"|(?P<address>https?://[^\s,<>]+))"
    rf"(?: \((?P<kind>{_EVIDENCE_KINDS})\))?",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"(?P<quantity>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?: ?(?P<unit>.+))?$"
)
_TAIL_LIMIT = 20_000
"""Characters of a line in which actors and evidence are looked for."""
_MOST_LINKS = 100


# -- Moments ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class When:
    occurred_at: datetime
    precision: Precision
    ended_at: datetime | None
    day_assumed: bool


def is_nothing(text: str) -> bool:
    """Whether the text says that there is nothing: `not recorded`, `n/a`."""
    return text.casefold().rstrip(".") in _NOTHING


def time_in(text: str) -> Time | None:
    """A milestone: a moment, `about` a moment, or `not recorded`."""
    text = one_line(text)
    if is_nothing(text):
        return Time()
    about = _ABOUT.match(text)
    at = moment_in(text[about.end() :] if about else text)
    if at is None:
        return None
    return Time(at, Certainty.APPROXIMATE if about else Certainty.RECORDED)


def moment_in(text: str) -> datetime | None:
    """A whole moment in UTC."""
    found = _MOMENT.fullmatch(one_line(text))
    return _moment_of(found, None) if found else None


def when_in(text: str, day: date | None) -> When | None:
    """When an entry happened; `day` is taken where only a time of day is given."""
    rest = one_line(text)[:200].rstrip(": ")
    precision = None
    about, unknown = _ABOUT.match(rest), _UNKNOWN.match(rest)
    if unknown:
        precision, rest = Precision.UNKNOWN, rest[unknown.end() :]
    elif about:
        precision, rest = Precision.APPROXIMATE, rest[about.end() :]
    begin = _MOMENT.match(rest)
    assumed = begin is None
    begin = begin or (_TIME_OF_DAY.match(rest) if day else None)
    at = _moment_of(begin, day) if begin else None
    if begin is None or at is None:
        return None
    rest = rest[begin.end() :]
    to_the_minute = begin["second"] is None
    if rest.startswith(grammar.TO_THE_MINUTE):
        to_the_minute, rest = True, rest[len(grammar.TO_THE_MINUTE) :]
    ended_at = None
    if rest:
        ended_at = _end_in(rest, at)
        if ended_at is None:
            return None
    if precision is None:
        precision = Precision.MINUTE if to_the_minute else Precision.EXACT
    return When(at, precision, ended_at, assumed)


def _end_in(rest: str, start: datetime) -> datetime | None:
    to = _TO.match(rest)
    if not to:
        return None
    end = _MOMENT.fullmatch(rest, to.end()) or _TIME_OF_DAY.fullmatch(rest, to.end())
    return _moment_of(end, start.date()) if end else None


def _moment_of(found: re.Match[str], day: date | None) -> datetime | None:
    """The moment of a match, or None where such a moment does not exist."""
    groups = found.groupdict()
    try:
        if groups.get("day"):
            day = date.fromisoformat(groups["day"])
        if day is None:
            return None
        clock = time(
            int(groups["hour"]), int(groups["minute"]), int(groups["second"] or 0)
        )
        local = datetime.combine(day, clock, _zone_of(groups["zone"] or "UTC"))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone_of(zone: str) -> timezone:
    if zone[0] not in "+-":
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])))


def day_in(text: str) -> date | None:
    found = _DAY.fullmatch(one_line(text).rstrip("."))
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


# -- Names -----------------------------------------------------------------------------


def _list_items(text: str) -> list[str]:
    """The pieces between commas that stand outside of parentheses and have no backslash
    before them."""
    pieces, start, depth, escaped = [], 0, 0, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif depth == 0 and character == ",":
            pieces.append(text[start:index])
            start = index + 1
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


def _commas(text: str) -> list[str]:
    """The pieces between commas that have no backslash before them."""
    pieces = re.findall(r"(?:[^\\,]|\\.?)+", text)
    return [piece.strip() for piece in pieces if piece.strip()]


def names_in(text: str) -> tuple[str, ...]:
    return tuple(unplain(piece) for piece in _commas(one_line(text)))


def actors_in(text: str) -> tuple[Actor, ...]:
    """Names with their kind; a bare one is a team."""
    return tuple(map(_actor_of, _commas(one_line(text))))


def _actor_of(piece: str) -> Actor:
    kind = _ACTOR_KIND.search(piece)
    if kind is None:
        return Actor(ActorKind.TEAM, unplain(piece))
    name = unplain(piece[: kind.start()].rstrip())
    return Actor(ActorKind(kind[1].lower()), name)


def _are_actors(text: str) -> bool:
    pieces = _commas(text)
    return bool(pieces) and all(
        _ACTOR_KIND.search(piece) or looks_like_name(unplain(piece)) for piece in pieces
    )


def tail_of(text: str) -> tuple[str, tuple[Actor, ...], tuple[Evidence, ...]]:
    """Take ` - actors - evidence` off the end of an entry's text."""
    line_start = text.rfind("\n") + 1
    if len(text) - line_start > _TAIL_LIMIT:
        return text, (), ()
    evidence: tuple[Evidence, ...] = ()
    for _attempt in range(_MOST_LINKS):
        start = max(text.rfind(f" - {sign}", line_start) for sign in ("[", "<", "http"))
        links = links_in(text[start + 3 :]) if start >= 0 else None
        if not links:
            break
        evidence = (*links, *evidence)
        text = text[:start]
    start = text.rfind(" - ", line_start)
    if start < 0 or not _are_actors(text[start + 3 :]):
        return text.rstrip(), (), evidence
    return text[:start].rstrip(), actors_in(text[start + 3 :]), evidence


# -- Evidence --------------------------------------------------------------------------


def links_in(text: str) -> tuple[Evidence, ...] | None:
    """Links with commas between them, and nothing else."""
    links = []
    position = 0
    while True:
        found = _LINK.match(text, position)
        if not found:
            return None
        links.append(_link(found))
        position = found.end()
        if position == len(text):
            return tuple(links)
        if not text.startswith(", ", position):
            return None
        position += 2


def _link(found: re.Match[str]) -> Evidence:
    url = found["auto"] or found["address"] or found["bare"] or ""
    if found["angled"] is not None:
        url = re.sub(r"\\([<>\\])", r"\1", found["angled"])
    kind = EvidenceKind((found["kind"] or EvidenceKind.OTHER.value).lower())
    return Evidence(kind, label=unplain((found["label"] or "").strip()), url=url)


def evidence_in(text: str, snippet: str) -> tuple[Evidence, ...]:
    """What one *Evidence* item says: a link or a label, a kind, a trace, a snippet."""
    text = one_line(text)
    trace = ""
    behind = _TRACE.search(text)
    if behind and text.endswith(behind[1], behind.end() + 1):
        trace = _code_text(text[behind.end() : -len(behind[1])])
        text = text[: behind.start()]
    links = links_in(text)
    if links:
        last = links[-1]
        return (
            *links[:-1],
            Evidence(last.kind, last.label, last.url, trace, snippet),
        )
    kind = _KIND_BEHIND.search(text)
    if kind:
        text = text[: kind.start()]
    evidence = Evidence(
        kind=EvidenceKind(kind[1].lower()) if kind else EvidenceKind.OTHER,
        label=unplain(text.strip()),
        trace_id=trace,
        text=snippet,
    )
    return (evidence,) if evidence.label or trace or snippet else ()


def _code_text(inside: str) -> str:
    padded = inside.startswith(" ") and inside.endswith(" ") and inside.strip()
    return inside[1:-1] if padded else inside


# -- The summary's values --------------------------------------------------------------


def _with_note(text: str) -> tuple[str, str]:
    """`name (note)`, both plain; parentheses inside either are escaped or in pairs."""
    opened: list[int] = []
    start, escaped = -1, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "(":
            opened.append(index)
        elif character == ")" and opened:
            start = opened.pop()
            continue
        else:
            escaped = character == "\\"
        start = -1
    if start < 0:
        return text, ""
    return text[:start].rstrip(), text[start + 1 : -1].strip()


def services_in(text: str) -> tuple[Service, ...]:
    """Names with commas between, each perhaps in backticks and with a note."""
    text = one_line(text)
    if text.endswith(".") and not text.endswith("\\."):
        text = text[:-1]
    services: dict[str, Service] = {}
    for piece in _list_items(text):
        name, note = _with_note(piece)
        if len(name) > len("``") and name.startswith("`") and name.endswith("`"):
            name = name[1:-1]
        service = Service(unplain(name), unplain(note))
        if service.name:
            services.setdefault(service.name.casefold(), service)
    return tuple(services.values())


def severity_in(text: str) -> Severity | None:
    label, definition = _with_note(one_line(text))
    if not label:
        return None
    return Severity(unplain(label), unplain(definition))


def measure_in(text: str) -> Measure | None:
    """`15 % of users (EU), estimated`."""
    text = one_line(text)
    estimated = text.endswith(grammar.ESTIMATED)
    if estimated:
        text = text[: -len(grammar.ESTIMATED)]
    text, who = _with_note(text)
    found = _MEASURE.match(text)
    if not found:
        return None
    quantity = found["quantity"].replace(",", "")
    return Measure(quantity, unplain(found["unit"] or ""), unplain(who), estimated)
