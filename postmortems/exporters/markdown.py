"""Writes a Document as Markdown in the structure of docs/markdown-format.md.

The importer reads back exactly what stands here. Texts and names are expected as
`clean_text` leaves them; required ones (an entry's text, a lesson, …) are not empty.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

from postmortems.document import (
    Action,
    Actor,
    Document,
    Entry,
    Evidence,
    Factor,
    FreeSection,
    Measure,
    Service,
    Severity,
    Time,
    Why,
)
from postmortems.exporters import grammar
from postmortems.exporters.grammar import plain
from postmortems.vocabulary import (
    ActorKind,
    Certainty,
    EvidenceKind,
    Importance,
    Kind,
    Known,
    Place,
    Precision,
)

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))

Lines = list[str]
"""Lines that stand together; between two such blocks stands an empty line."""

# What does not go on the line of a label, since Markdown would read it otherwise there.
_BEGINS_A_BLOCK = re.compile(
    r"\s|#{1,6}(?:[ \t]|$)|[*+-](?:[ \t]|$)|\d{1,9}[.)](?:[ \t]|$)|`{3}|~{3}|>|\||<"
    r"|([-*_=])(?:[ \t]*\1)*[ \t]*$|\[[^\]]*\]:"
)
_UNDERLINE = re.compile(r"[ \t]*[|:=-][|:=\- \t]*$")
_BARE_ADDRESS = re.compile(r"[^\s()<>\\]+")
_AUTOLINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>\\]*")
_KINDS = "|".join([*ActorKind.values, *EvidenceKind.values])
_ENDS_IN_KIND = re.compile(rf"\((?:{_KINDS})\)$", re.IGNORECASE)
_MOST_INLINE_EVIDENCE = 2


def render(document: Document) -> str:
    """The whole report as Markdown, with a line end at its end."""
    blocks: list[Lines] = [[_title(document)]]
    for place, heading in grammar.SECTIONS.items():
        blocks.append([f"## {heading}"])
        blocks += _PARTS[place](document)
        for section in document.free_sections:
            if section.after == place:
                blocks += _free_section(section)
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def duration_words(span: timedelta) -> str:
    """`2 hours 15 minutes`; seconds are named where there are any."""
    seconds = int(span.total_seconds())
    words = []
    for unit, length in _UNITS:
        count, seconds = divmod(seconds, length)
        if count:
            words.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(words) or "0 minutes"


# -- Section 1 -------------------------------------------------------------------------


def _title(document: Document) -> str:
    title = _heading(document.title)
    if document.reference:
        title = f"{document.reference} - {title}" if title else document.reference
    elif grammar.REFERENCE.match(title):
        # Not taken for the report's own reference.
        title = title.replace("-", "\\-", 1)
    return f"# {grammar.TITLE} {title}".rstrip()


def _heading(text: str) -> str:
    """Plain text for a heading; `#` at its end would be taken for its closing."""
    written = plain(text)
    return f"{written[:-1]}\\#" if written.endswith("#") else written


def _summary_part(document: Document) -> list[Lines]:
    lines = [f"* **Incident ID:** {document.reference}".rstrip()]
    if document.kind == Kind.NEAR_MISS:
        lines.append(f"* **Kind:** {grammar.NEAR_MISS}")
    lines.append(f"* **Status:** {grammar.STATUSES[document.status]}")
    if document.restricted:
        lines.append(f"* **Visibility:** {grammar.RESTRICTED}")
    lines += _prose("TL;DR", document.tldr)
    lines.append("* **Date and Time (UTC):**")
    for milestone, label in grammar.MILESTONES.items():
        lines.append(f"  * **{label}:** {_milestone(document.time(milestone))}")
    lines += _spans(document)
    lines += _prose("Impact", document.impact, always=True)
    if document.measures:
        lines.append("* **Measured Impact:**")
        lines += [f"  * {_measure(measure)}" for measure in document.measures]
    services = ", ".join(map(_service, document.services))
    lines.append(f"* **Affected Systems/Services:** {services}".rstrip())
    lines.append(f"* **Severity:** {_severity(document.severity)}".rstrip())
    lines += _prose("Summary", document.summary)
    lines += _prose("What Surprised Us", document.surprise)
    lines += _people("Facilitators", document.facilitators)
    lines += _people("Contributors", document.contributors)
    return [lines]


def _milestone(time: Time) -> str:
    if time.at is None:
        return grammar.NOT_RECORDED
    about = grammar.ABOUT if time.certainty == Certainty.APPROXIMATE else ""
    return f"{about}{_moment(time.at)}"


def _spans(document: Document) -> Lines:
    """Durations from the start, for whoever reads the file; the importer skips them."""
    started = document.started.at
    lines = []
    for label, time in (
        ("Duration", document.resolved),
        ("Time to Detect", document.detected),
        ("Time to Acknowledge", document.acknowledged),
        ("Time to Mitigate", document.mitigated),
    ):
        if started and time.at and time.at >= started:
            lines.append(f"* **{label}:** {duration_words(time.at - started)}")
    return lines


def _measure(measure: Measure) -> str:
    words = [plain(measure.quantity), plain(measure.unit, "(),")]
    if measure.who:
        words.append(f"({plain(measure.who, '(),')})")
    return " ".join(filter(None, words)) + (
        grammar.ESTIMATED if measure.estimated else ""
    )


def _service(service: Service) -> str:
    name = plain(service.name, "(),")
    if service.note:
        return f"{name} ({plain(service.note, '()')})"
    # A full stop at the end would be taken for the end of a sentence.
    return f"{name[:-1]}\\." if name.endswith(".") else name


def _severity(severity: Severity | None) -> str:
    if severity is None:
        return ""
    label = plain(severity.label, "()")
    if severity.definition:
        return f"{label} ({plain(severity.definition, '()')})"
    return label


def _people(label: str, names: Iterable[str]) -> Lines:
    listed = ", ".join(plain(name, ",") for name in names)
    return [f"* **{label}:** {listed}"] if listed else []


# -- Section 2 -------------------------------------------------------------------------


def _timeline_part(document: Document) -> list[Lines]:
    entries = sorted(document.timeline, key=lambda entry: entry.occurred_at)
    return [[line for entry in entries for line in _entry(entry)]]


def _entry(entry: Entry) -> Lines:
    head = f"* **{_when(entry)}**:"
    markers = _marker_sentence(entry)
    text = _item_text(entry.text, grammar.ENTRY_FIELDS)
    # Separating from the right finds our own separator first, so that a text may
    # contain " - " as long as actors follow it.
    unclear = not entry.actors and " - " in text.rsplit("\n", 1)[-1]
    taken_for_markers = not markers and bool(
        grammar.MARKER_SENTENCE.match(text.partition("\n")[0])
    )
    actors = ", ".join(map(_actor, entry.actors))
    beside = not taken_for_markers and _fits_on_a_line(text)
    in_line = bool(text) and "\n" not in text and beside and not unclear
    links = in_line and _are_few_links(entry.evidence)
    fields: Lines = []
    if in_line:
        shown = ", ".join(map(_evidence_line, entry.evidence)) if links else ""
        tail = "".join(f" - {part}" for part in (actors, shown) if part)
        lines = [" ".join(filter(None, (head, markers, text + tail)))]
    else:
        lines = _text_below(
            " ".join(filter(None, (head, markers))), text, beside=beside
        )
        if actors or unclear:
            fields.append(f"* **Actors:** {actors or grammar.NOT_RECORDED}")
    if not links:
        fields += [line for evidence in entry.evidence for line in _evidence(evidence)]
    if entry.recorded_at:
        fields.append(f"* **Recorded:** {_moment(entry.recorded_at)}")
    if entry.known == Known.LATER:
        fields.append(f"* **Known:** {grammar.LEARNED_LATER}")
    if entry.importance == Importance.BACKGROUND:
        fields.append(f"* **Importance:** {grammar.BACKGROUND}")
    return _with_fields(lines, fields, 2)


def _when(entry: Entry) -> str:
    at, to_the_minute = entry.occurred_at, entry.precision == Precision.MINUTE
    if to_the_minute and at.second == 0:
        when = _moment(at, seconds=False)
    elif to_the_minute:
        when = f"{_moment(at)}{grammar.TO_THE_MINUTE}"
    elif entry.precision == Precision.APPROXIMATE:
        when = f"{grammar.ABOUT}{_moment(at)}"
    elif entry.precision == Precision.UNKNOWN:
        when = f"{grammar.TIME_UNKNOWN}{_moment(at)}"
    else:
        when = _moment(at)
    if entry.ended_at is None:
        return when
    seconds = not to_the_minute or entry.ended_at.second != 0
    return f"{when} to {_moment(entry.ended_at, seconds=seconds)}"


def _marker_sentence(entry: Entry) -> str:
    words = ", ".join(grammar.MARKERS[marker] for marker in entry.markers)
    return f"{words.capitalize()}." if words else ""


def _actor(actor: Actor) -> str:
    name = grammar.one_line(actor.name)
    if (
        actor.kind == ActorKind.TEAM
        and grammar.looks_like_name(name)
        and not _ENDS_IN_KIND.search(name)
    ):
        return plain(name, ",")
    return f"{plain(name, ',')} ({actor.kind.value})"


def _are_few_links(evidence: tuple[Evidence, ...]) -> bool:
    """Whether the evidence fits behind the text of its entry."""
    return len(evidence) <= _MOST_INLINE_EVIDENCE and all(
        item.label
        and item.url
        and not item.trace_id
        and not item.text
        # An address with spaces might hold what separates the parts of the line.
        and not re.search(r"\s", item.url)
        for item in evidence
    )


def _evidence_line(evidence: Evidence) -> str:
    label, url = grammar.one_line(evidence.label), grammar.one_line(evidence.url)
    kind = evidence.kind
    if url and not label and _AUTOLINK.fullmatch(url):
        shown = f"<{url}>"
    elif url:
        shown = f"[{plain(label)}]({_address(url)})"
    else:
        shown = _lone_label(label)
    if kind != EvidenceKind.OTHER or (not url and _ENDS_IN_KIND.search(label)):
        shown = f"{shown} ({kind.value})".lstrip()
    trace = grammar.one_line(evidence.trace_id)
    return ", ".join(filter(None, (shown, f"trace {_code(trace)}" if trace else "")))


def _lone_label(label: str) -> str:
    """A label without an address, which must not be taken for an address itself."""
    return re.sub(r"^(https?)://", r"\1\\://", plain(label))


def _evidence(evidence: Evidence) -> Lines:
    lines = [f"* **Evidence:** {_evidence_line(evidence)}".rstrip()]
    if evidence.text:
        runs = re.findall(r"`{3,}", evidence.text)
        fence = "`" * (max(map(len, runs), default=2) + 1)
        lines += ["", *_indented([fence, *evidence.text.split("\n"), fence], 2)]
    return lines


def _address(url: str) -> str:
    if _BARE_ADDRESS.fullmatch(url):
        return url
    return "<" + re.sub(r"([<>\\])", r"\\\1", url) + ">"


def _code(text: str) -> str:
    runs = re.findall(r"`+", text)
    fence = "`"
    while fence in runs:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


# -- Section 3 -------------------------------------------------------------------------


def _cause_part(document: Document) -> list[Lines]:
    lines = _prose("Primary Root Cause", document.root_cause, always=True)
    lines.append("* **Contributing Factors:**")
    for number, factor in enumerate(document.factors, start=1):
        lines += _indented(_factor(number, factor), 2)
    return [
        lines,
        [f"### {grammar.WHYS}"],
        [line for why in document.whys for line in _why(why)],
        [f"### {grammar.FISHBONE}"],
        _fishbone(document),
    ]


def _factor(number: int, factor: Factor) -> Lines:
    bullet = f"{number}."
    lines = _item(bullet, _item_text(factor.text.strip(), grammar.FACTOR_FIELDS))
    fields = _prose("Note", factor.note)
    if factor.same_as:
        fields.append(f"* **Same as:** {plain(factor.same_as)}")
    return _with_fields(lines, fields, len(bullet) + 1)


def _why(why: Why) -> Lines:
    text = _item_text(why.answer, grammar.find_question)
    head = f"* **{_question(why.question)}**"
    if why.primary:
        head += f" {grammar.PRIMARY}"
    taken_for_primary = not why.primary and text.startswith(grammar.PRIMARY)
    lines = _text_below(
        head, text, beside=not taken_for_primary and _fits_on_a_line(text)
    )
    below = [line for child in why.because for line in _why(child)]
    return _with_fields(lines, below, 2)


def _question(question: str) -> str:
    if not question:
        return grammar.USUAL_QUESTION
    written = plain(question)
    if written.endswith("\\"):
        return f"{written} :"
    if not written.endswith("?") or written == grammar.USUAL_QUESTION:
        return f"{written}:"
    return f"{written}:" if written.endswith("\\?") else written


def _fishbone(document: Document) -> Lines:
    lines = []
    for category, word in grammar.CATEGORIES.items():
        there = [i for i, f in enumerate(document.factors) if f.category == category]
        if there:
            lines.append(f"* **{word}:** {_factor_numbers(there)}")
    return lines


def _factor_numbers(positions: Iterable[int]) -> str:
    numbers = [str(position + 1) for position in positions]
    return f"factor{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}"


# -- Sections 4 and 5 ------------------------------------------------------------------


def _lessons_part(document: Document) -> list[Lines]:
    blocks: list[Lines] = []
    for kind, heading in grammar.LESSONS.items():
        blocks.append([f"### {heading}"])
        texts = (lesson.text for lesson in document.lessons if lesson.kind == kind)
        blocks.append(_items(texts))
    blocks.append([f"### {grammar.ACTIONS}"])
    blocks.append([line for action in document.actions for line in _action(action)])
    return blocks


def _action(action: Action) -> Lines:
    text = _item_text(action.description, grammar.ACTION_FIELDS)
    lines = _text_below("* **Description:**", text, beside=_fits_on_a_line(text))
    fields: Lines = []
    owners = []
    if action.owner_team:
        owners.append(_actor(Actor(ActorKind.TEAM, action.owner_team)))
    if action.owner_person:
        owners.append(_actor(Actor(ActorKind.PERSON, action.owner_person)))
    if owners:
        fields.append(f"* **Owner:** {', '.join(owners)}")
    if action.due_on:
        fields.append(f"* **Due Date:** {_day(action.due_on)}")
    if action.types:
        types = "/".join(grammar.ACTION_TYPES[kind] for kind in action.types)
        fields.append(f"* **Type:** {types}")
    fields.append(f"* **Priority:** {grammar.ACTION_PRIORITIES[action.priority]}")
    fields.append(f"* **Status:** {grammar.ACTION_STATUSES[action.status]}")
    fields += _prose("Reason", action.reason)
    fields += _prose("Evidence", action.evidence)
    if action.done_on:
        fields.append(f"* **Done Date:** {_day(action.done_on)}")
    if action.addresses:
        fields.append(f"* **Addresses:** {_factor_numbers(action.addresses)}")
    return _with_fields(lines, fields, 2)


def _follow_ups_part(document: Document) -> list[Lines]:
    return [_items(follow_up.text for follow_up in document.follow_ups)]


# -- Free sections ---------------------------------------------------------------------


def _free_section(section: FreeSection) -> list[Lines]:
    heading = _heading(section.heading)
    if heading in grammar.SECTIONS.values():
        heading = heading.replace(".", "\\.", 1)
    body = grammar.trimmed(section.body)
    return [
        [f"## {heading}".rstrip()],
        grammar.guard_section(body).split("\n") if body else [],
    ]


# -- Texts and lines -------------------------------------------------------------------


def _prose(label: str, text: str, *, always: bool = False) -> Lines:
    """An item with a label whose text is Markdown; nothing where there is none."""
    text = grammar.guard_template(grammar.trimmed(text))
    if not text:
        return [f"* **{label}:**"] if always else []
    return _text_below(f"* **{label}:**", text, beside=_fits_on_a_line(text))


def _items(texts: Iterable[str]) -> Lines:
    stripped = (grammar.guard_template(text.strip()) for text in texts)
    return [line for text in stripped if text for line in _item(_bullet(text), text)]


def _bullet(text: str) -> str:
    """A star, where star and text together would not be a rule across the page."""
    return "-" if grammar.is_rule(f"* {text.partition(chr(10))[0]}") else "*"


def _item(bullet: str, text: str) -> Lines:
    first, *rest = text.split("\n")
    return [f"{bullet} {first}", *_indented(rest, len(bullet) + 1)]


def _item_text(text: str, find: grammar.Find) -> str:
    return grammar.guard(grammar.guard_template(grammar.trimmed(text)), find)


def _fits_on_a_line(text: str) -> bool:
    """Whether the text may begin behind a label, and still means the same there."""
    first, _, rest = text.partition("\n")
    second = rest.partition("\n")[0]
    return not _BEGINS_A_BLOCK.match(first) and not (
        second and _UNDERLINE.match(second)
    )


def _text_below(head: str, text: str, *, beside: bool) -> Lines:
    """An item whose text begins `beside` its head, or on a line of its own."""
    if not text:
        return [head]
    if not beside:
        return [head, "", *_indented(text.split("\n"), 2)]
    first, *rest = text.split("\n")
    return [f"{head} {first}", *_indented(rest, 2)]


def _with_fields(lines: Lines, fields: Lines, indent: int) -> Lines:
    """The item with its fields below, behind an empty line where it has several."""
    gap = [""] if fields and len(lines) > 1 else []
    return [*lines, *gap, *_indented(fields, indent)]


def _indented(lines: Iterable[str], indent: int) -> Lines:
    return [f"{' ' * indent}{line}" if line else "" for line in lines]


def _moment(at: datetime, *, seconds: bool = True) -> str:
    if at.tzinfo is not None:
        at = at.astimezone(UTC)
    at = at.replace(tzinfo=None, microsecond=0)
    return f"{at.isoformat(' ', 'seconds' if seconds else 'minutes')} UTC"


def _day(day: date) -> str:
    return day.isoformat()


_PARTS: dict[Place, Callable[[Document], list[Lines]]] = {
    Place.SUMMARY: _summary_part,
    Place.TIMELINE: _timeline_part,
    Place.CAUSE: _cause_part,
    Place.LESSONS: _lessons_part,
    Place.FOLLOW_UPS: _follow_ups_part,
}
