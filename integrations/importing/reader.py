"""Reads a report in Markdown (docs/markdown-format.md) into a Document.

Reads what Afterword exports without loss, and what people write in that structure by
hand. Never raises, whatever the text: what has no place is named with its line and kept
as it was written, in a free section behind the part it stood in.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sized
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from config.limits import LIMITS
from integrations.importing.blocks import Block, blocks_of, parts_of
from integrations.importing.sections import Part, outline_of
from integrations.importing.values import (
    actors_in,
    day_in,
    evidence_in,
    measure_in,
    moment_in,
    names_in,
    services_in,
    severity_in,
    tail_of,
    time_in,
    when_in,
)
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
    Why,
)
from postmortems.exporters import grammar
from postmortems.exporters.grammar import unplain
from postmortems.plaintext import BadText, clean_text
from postmortems.vocabulary import (
    ActionStatus,
    ActionType,
    ActorKind,
    Category,
    Importance,
    Kind,
    Known,
    LessonKind,
    Marker,
    Milestone,
    Place,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person should look at; `line` is the line of the text."""

    line: int
    text: str
    severity: str = "warning"
    """"warning": the report can be made all the same; "error": it cannot."""


@dataclass(frozen=True, slots=True)
class Reading:
    document: Document
    problems: tuple[Problem, ...]


OTHER_NOTES = "Other notes"
MOST_ENTRIES = LIMITS.timeline_entries
MOST_ACTIONS = LIMITS.action_items
MOST_ROWS = LIMITS.rows
MOST_WHY_LEVELS = 100

# The chapter's template leaves it there, and it means what nothing means.
_UNASKED = "[Longer-term initiatives]"
_ASKED = re.compile(r"\[[^\[\]\n]*\]")
_ASKED_DATE_OR_TYPE = re.compile(r"YYYY-MM-DD|\(e\.g\.,? [^()\n]*\)")
_ENTRY = re.compile(r"\*\*([^*]+)\*\*[ \t]*:?[ \t]*(.*)$")
_BARE_ENTRY = re.compile(
    r"((?:about )?\d{4}-\d\d-\d\d[T ]\d{1,2}:\d\d(?::\d\d)?(?: ?UTC|Z)?)"
    r"[ \t]*[:–—-][ \t]+(.*)$"
)
_QUESTION = re.compile(r"\*\*((?:[^*\\]|\\.)*)\*\*[ \t]*(.*)$")
_BARE_QUESTION = re.compile(r"(Why\b[^?\n]*\?)[ \t]+(\S.*)$", re.DOTALL)
_FACTOR_NUMBERS = re.compile(r"factors? ([\d, ]+(?:and \d+)?)$", re.IGNORECASE)
_TITLE_PREFIX = re.compile(
    r"(?:post-?mortem(?: report)?|incident (?:report|review)):[ \t]*", re.IGNORECASE
)
_OWNER_AND_DATE = re.compile(
    r"\(Owner: (?P<owner>[^(),]+)(?:, Due(?: Date)?: (?P<due>[^(),]+))?\)\.?$",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[/,;]| and ")


def read(text: str) -> Reading:
    """The report in a Markdown text, and what in it a person should look at."""
    try:
        cleaned = clean_text(text.lstrip("\ufeff"), limit=LIMITS.document, lines=True)
    except BadText as error:
        return Reading(Document(""), (Problem(1, str(error), "error"),))
    return _Reader(_lines_cut(text)).read(cleaned)


def _lines_cut(text: str) -> int:
    """How many empty lines cleaning takes off the beginning."""
    begin = text.lstrip("\ufeff")
    blank = begin[: len(begin) - len(begin.lstrip())]
    return blank.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def _worded(words: dict[Any, str], **more: Any) -> dict[str, Any]:
    return {
        **{word.casefold(): value for value, word in words.items()},
        **{word.replace("_", " "): value for word, value in more.items()},
    }


_MILESTONES = _worded(
    grammar.MILESTONES,
    started=Milestone.STARTED,
    beginning=Milestone.STARTED,
    detected=Milestone.DETECTED,
    acknowledgement=Milestone.ACKNOWLEDGED,
    mitigation=Milestone.MITIGATED,
    resolved=Milestone.RESOLVED,
    end=Milestone.RESOLVED,
)
_STATUSES = _worded(grammar.STATUSES)
_CATEGORIES = _worded(grammar.CATEGORIES)
_TYPES = _worded(
    grammar.ACTION_TYPES,
    preventive=ActionType.PREVENTATIVE,
    process=ActionType.PROCESS,
)
_PRIORITIES = _worded(grammar.ACTION_PRIORITIES)
_ACTION_STATUSES = _worded(grammar.ACTION_STATUSES)
_ACTION_STATUSES["won't do"] = ActionStatus.WONT_DO
_LESSON_SECTIONS = {
    "went_well": LessonKind.WENT_WELL,
    "went_wrong": LessonKind.WENT_WRONG,
    "got_lucky": LessonKind.GOT_LUCKY,
}
_COMPUTED = frozenset(
    {
        "duration",
        "time to detect",
        "time to acknowledge",
        "time to mitigate",
        "time to resolve",
    }
)
_PROSE = {
    "impact": "impact",
    "summary": "summary",
    "tl;dr": "tldr",
    "tldr": "tldr",
    "what surprised us": "surprise",
}
_ACTION_LABELS = frozenset(
    {
        "owner",
        "due date",
        "due",
        "type",
        "types",
        "priority",
        "status",
        "reason",
        "evidence",
        "done date",
        "done",
        "addresses",
    }
)


@dataclass(slots=True)
class _Draft:
    """An action while its fields are being read."""

    number: int
    description: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    addresses: list[int] = field(default_factory=list)


class _Reader:
    """One reading: what was found so far, and what was wrong with it."""

    def __init__(self, lines_cut: int) -> None:
        self.lines_cut = lines_cut
        self.problems: list[Problem] = []
        self.values: dict[str, Any] = {}
        self.prose: dict[str, list[str]] = defaultdict(list)
        self.kept: dict[Place, list[str]] = defaultdict(list)
        self.measures: list[Any] = []
        self.entries: list[Entry] = []
        self.factors: list[Factor] = []
        self.categories: list[tuple[Category, Block]] = []
        self.whys: list[list[Why]] = []
        self.why_count = 0
        self.lessons: list[Lesson] = []
        self.drafts: list[_Draft] = []
        self.addressed: list[tuple[_Draft, Block]] = []
        self.follow_ups: list[FollowUp] = []
        self.free: list[FreeSection] = []
        self.in_factors = False
        self.full: set[str] = set()

    def read(self, text: str) -> Reading:
        outline = outline_of(text.split("\n"))
        for part in outline.parts:
            self._read_part(part)
        for name, texts in self.prose.items():
            self.values[name] = "\n\n".join(texts)
        self._place_categories()
        self._place_addresses()
        self._read_title(outline.title, outline.title_number)
        reading = Document(
            **self.values,
            measures=tuple(self.measures),
            timeline=tuple(_oldest_first(self.entries)),
            factors=tuple(self.factors),
            whys=tuple(map(_chained, self.whys)),
            lessons=tuple(
                lesson
                for kind in LessonKind
                for lesson in self.lessons
                if lesson.kind == kind
            ),
            actions=tuple(
                Action(
                    draft.description,
                    addresses=tuple(sorted(set(draft.addresses))),
                    **draft.values,
                )
                for draft in self.drafts
            ),
            follow_ups=tuple(self.follow_ups),
            free_sections=tuple(self._free_sections()),
        )
        return Reading(reading, tuple(sorted(self.problems, key=lambda p: p.line)))

    def _read_part(self, part: Part) -> None:
        self.in_factors = False
        if part.section == "free":
            self._read_free(part)
            return
        for block in blocks_of(part.lines, part.number):
            if not block.marker and all(map(grammar.is_rule, block.lines)):
                continue
            _READ[part.section.value](self, block, part)

    # -- What has no place ---------------------------------------------------------

    def _tell(self, line: int, text: str, severity: str = "warning") -> None:
        self.problems.append(Problem(line + self.lines_cut, text, severity))

    def _keep(self, block: Block, place: Place, why: str) -> None:
        """Name a block that has no place, and keep it as it was written."""
        self._tell(block.number, why)
        first, *rest = block.lines
        if block.marker:
            bullet = block.marker if block.numbered else "*"
            first = f"{bullet} {first}".rstrip()
            rest = [f"  {line}" if line else "" for line in rest]
        if self.kept[place] and not (block.marker and self.kept[place][-1][:1] == "*"):
            self.kept[place].append("")
        self.kept[place].append("\n".join([first, *rest]))

    def _free_sections(self) -> list[FreeSection]:
        sections = []
        for place in Place:
            sections += [section for section in self.free if section.after == place]
            if self.kept[place]:
                body = grammar.trimmed("\n".join(self.kept[place]))
                sections.append(FreeSection(OTHER_NOTES, body, place))
        return sections

    def _asked(
        self, block: Block, text: str, pattern: re.Pattern[str] = _ASKED
    ) -> bool:
        """Whether a text is what a template asks for, which is named and left out."""
        if not pattern.fullmatch(text):
            return False
        if text != _UNASKED:
            self._tell(
                block.first_line_number(),
                _("Template text was left in: %(text)s") % {"text": text[:80]},
            )
        return True

    def _text(self, block: Block, find: grammar.Find | None = None) -> str:
        """The text of a block, without what keeps it from being read as structure."""
        return self._unguarded(block, block.text(), find)

    def _unguarded(self, block: Block, text: str, find: grammar.Find | None) -> str:
        if find is not None:
            text = grammar.unguard(text, find)
        if self._asked(block, text):
            return ""
        return grammar.unguard_template(text) or ""

    def _has_room(self, name: str, rows: Sized, most: int, line: int) -> bool:
        if len(rows) < most:
            return True
        if name not in self.full:
            self.full.add(name)
            self._tell(
                line,
                _("Only the first %(most)s of these are read.") % {"most": most},
                "error",
            )
        return False

    def _set(self, name: str, value: Any, block: Block, place: Place) -> None:
        if self.values.get(name) not in (None, "", (), value):
            self._keep(block, place, _("This is given twice."))
        elif value not in ("", ()):
            self.values[name] = value

    def _prose(self, name: str, value: Block) -> None:
        """A prose field; a second one is put below the first."""
        text = self._text(value)
        if text:
            self.prose[name].append(text)

    # -- Title and summary ---------------------------------------------------------

    def _read_title(self, heading: str | None, line: int) -> None:
        reference = self.values.get("reference", "")
        title = ""
        if heading is not None:
            prefix = _TITLE_PREFIX.match(heading)
            title = heading[prefix.end() :] if prefix else heading
            first, _separator, rest = title.partition(" - ")
            if first == reference or (not reference and _is_reference(first)):
                reference, title = first, rest
            elif _ASKED.fullmatch(first):
                title = rest
            if _ASKED.fullmatch(title):
                title = ""
        if reference:
            self.values["reference"] = reference
        title = unplain(title.strip()) or self.values.pop("title", "")
        self.values["title"] = title or _first_words(self.values)
        if not self.values["title"]:
            self._tell(line, _("The report has no title."), "error")
        elif len(self.values["title"]) > LIMITS.title:
            self._tell(
                line,
                _("The title has more than %(limit)s characters.")
                % {"limit": LIMITS.title},
                "error",
            )

    def _read_summary(self, block: Block, part: Part) -> None:
        label = block.label.casefold()
        if not block.marker:
            self._prose("summary", block)
        elif label in _COMPUTED:
            return
        elif label in _PROSE:
            self._prose(_PROSE[label], block.value())
        elif label in _MILESTONES:
            self._read_milestone(_MILESTONES[label], block)
        elif label in _SUMMARY_VALUES:
            _SUMMARY_VALUES[label](self, block, block.value())
        elif label.startswith("date and time") or label in {"times", "date"}:
            self._read_times(block, part)
        else:
            self._keep(block, Place.SUMMARY, _unplaced(block))

    def _read_times(self, block: Block, part: Part) -> None:
        value = block.value()
        if value.lines[0].strip():
            self._keep(block, Place.SUMMARY, _("No times could be read here."))
            return
        for inner in blocks_of(value.lines[1:], block.number + 1):
            self._read_summary(inner, part)

    def _read_milestone(self, milestone: Milestone, block: Block) -> None:
        text = block.value().line()
        if self._asked(block, text):
            return
        time = time_in(text)
        if time is None:
            why = _("No time could be read here: %(text)s") % {"text": text[:80]}
            self._keep(block, Place.SUMMARY, why)
        elif time.at is not None:
            self._set(milestone.value, time, block, Place.SUMMARY)

    def _read_reference(self, block: Block, value: Block) -> None:
        text = value.line()
        if not text or self._asked(block, text):
            return
        if _is_reference(text):
            self._set("reference", text, block, Place.SUMMARY)
        else:
            why = _("This is not a reference of Afterword; it gives a new one.")
            self._keep(block, Place.SUMMARY, why)

    def _read_title_item(self, block: Block, value: Block) -> None:
        if not self._asked(block, value.line()):
            self._set("title", unplain(value.line()), block, Place.SUMMARY)

    def _read_word(
        self, name: str, words: dict[str, Any], block: Block, value: Block
    ) -> None:
        text = value.line()
        word = text.casefold().rstrip(".")
        if not text or self._asked(block, text):
            return
        if word in words:
            self._set(name, words[word], block, Place.SUMMARY)
        else:
            self._keep(block, Place.SUMMARY, _unknown(text))

    def _read_kind(self, block: Block, value: Block) -> None:
        words = {"near miss": Kind.NEAR_MISS, "incident": Kind.INCIDENT}
        self._read_word("kind", words, block, value)

    def _read_status(self, block: Block, value: Block) -> None:
        self._read_word("status", _STATUSES, block, value)

    def _read_visibility(self, block: Block, value: Block) -> None:
        self._read_word("restricted", {"restricted": True}, block, value)

    def _read_measures(self, block: Block, value: Block) -> None:
        for inner in blocks_of(["", *value.lines[1:]], block.number):
            self._read_measure(inner)
        if value.lines[0].strip():
            self._read_measure(Block(block.number, [value.lines[0]], "*"))

    def _read_measure(self, block: Block) -> None:
        if self._asked(block, block.line()):
            return
        measure = measure_in(block.line())
        if measure is None:
            why = _("A measure begins with a number: %(text)s")
            self._keep(block, Place.SUMMARY, why % {"text": block.line()[:80]})
        elif self._has_room("measures", self.measures, MOST_ROWS, block.number):
            self.measures.append(measure)

    def _read_services(self, block: Block, value: Block) -> None:
        if not self._asked(block, value.line()):
            text = value.lines[0].strip() and value.line()
            if not text:
                inner = blocks_of(value.lines[1:], block.number + 1)
                text = ", ".join(item.line() for item in inner)
            self._set("services", services_in(text), block, Place.SUMMARY)

    def _read_severity(self, block: Block, value: Block) -> None:
        if not self._asked(block, value.line()):
            severity = severity_in(value.line())
            if severity:
                self._set("severity", severity, block, Place.SUMMARY)

    def _read_facilitators(self, block: Block, value: Block) -> None:
        self._set("facilitators", names_in(value.line()), block, Place.SUMMARY)

    def _read_contributors(self, block: Block, value: Block) -> None:
        self._set("contributors", names_in(value.line()), block, Place.SUMMARY)

    def _read_impact(self, block: Block, part: Part) -> None:
        self._prose("impact", block)

    def _read_surprise(self, block: Block, part: Part) -> None:
        self._prose("surprise", block)

    # -- Timeline ------------------------------------------------------------------

    def _read_timeline(self, block: Block, part: Part) -> None:
        first = block.lines[0]
        if not block.marker:
            if not first.startswith("(Ordered chronologically"):
                self._keep(block, Place.TIMELINE, _("This is not an entry."))
            return
        found = _ENTRY.match(first) or _BARE_ENTRY.match(first)
        when_text = found[1].strip() if found else first
        if self._asked(block, when_text.rstrip(":").strip()):
            return
        when = when_in(when_text, self._likely_day()) if found else None
        if found is None or when is None:
            why = _("No time could be read here: %(text)s") % {"text": when_text[:80]}
            self._keep(block, Place.TIMELINE, why)
            return
        if not self._has_room("entries", self.entries, MOST_ENTRIES, block.number):
            return
        if when.day_assumed:
            self._tell(block.number, _("The entry gives no day; the start’s is taken."))
        entry = Entry(when.occurred_at, "", when.precision, when.ended_at)
        body = Block(block.number, [found[2], *block.lines[1:]])
        self.entries.append(self._entry(entry, body))

    def _entry(self, entry: Entry, body: Block) -> Entry:
        parts = parts_of(body, grammar.ENTRY_FIELDS)
        markers: tuple[Marker, ...] = ()
        sentence = grammar.MARKER_SENTENCE.match(parts.text.lines[0])
        if sentence:
            markers = tuple(Marker(word.lower()) for word in sentence[1].split(", "))
            parts.text.lines[0] = parts.text.lines[0][sentence.end() :]
        text = parts.text.text()
        actors: tuple[Actor, ...] | None = None
        evidence: list[Evidence] = []
        for item in parts.fields:
            label, value = item.label.casefold(), item.value()
            if label.startswith("actor"):
                line = value.line()
                actors = () if line == grammar.NOT_RECORDED else actors_in(line)
            elif label == "evidence":
                evidence += self._evidence(value)
            else:
                entry = self._entry_detail(entry, label, item, value)
        if actors is None:
            text, actors, links = tail_of(text)
            evidence = [*links, *evidence]
        text = self._unguarded(parts.text, text, grammar.ENTRY_FIELDS)
        if not text and sentence:
            text = sentence[0].strip()
        if not text:
            self._tell(
                body.number, _("This entry does not say what happened."), "error"
            )
        return replace(
            entry,
            text=text,
            markers=tuple(dict.fromkeys(markers)),
            actors=actors,
            evidence=tuple(evidence[:MOST_ROWS]),
        )

    def _entry_detail(
        self, entry: Entry, label: str, item: Block, value: Block
    ) -> Entry:
        text = value.line()
        if label == "recorded" and moment_in(text):
            return replace(entry, recorded_at=moment_in(text))
        if label == "known" and "later" in text.casefold():
            return replace(entry, known=Known.LATER)
        if label == "importance" and text.casefold() == grammar.BACKGROUND:
            return replace(entry, importance=Importance.BACKGROUND)
        if text.casefold() not in {"then", "known then", "in the story", "story"}:
            self._keep(item, Place.TIMELINE, _unknown(text))
        return entry

    def _evidence(self, value: Block) -> tuple[Evidence, ...]:
        first, rest = value.lines[0], value.lines[1:]
        fences = grammar.Fences(rest)
        opening = next((i for i, line in enumerate(rest) if line.strip()), None)
        end = fences.end(opening) if opening is not None else None
        if opening is None or end is None:
            return evidence_in(value.line(), "")
        snippet = "\n".join(rest[opening + 1 : end - 1])
        more = "\n".join(rest[end:]).strip()
        return evidence_in(first, f"{snippet}\n{more}" if more else snippet)

    def _likely_day(self) -> date | None:
        for milestone in (Milestone.STARTED, Milestone.DETECTED):
            time = self.values.get(milestone.value)
            if time is not None:
                at: datetime = time.at
                return at.date()
        return None

    # -- Causes --------------------------------------------------------------------

    def _read_cause(self, block: Block, part: Part) -> None:
        label = block.label.casefold()
        if label in {"primary root cause", "root cause"}:
            self.in_factors = False
            self._prose("root_cause", block.value())
        elif label == "contributing factors":
            self.in_factors = True
            value = block.value()
            if value.lines[0].strip():
                self._add_factor(Block(block.number, [value.lines[0]], "*"))
            for inner in blocks_of(value.lines[1:], block.number + 1):
                self._add_factor(inner)
        elif self.in_factors:
            self._add_factor(block)
        elif not block.marker:
            self._prose("root_cause", block)
        else:
            self._keep(block, Place.CAUSE, _unplaced(block))

    def _read_root_cause(self, block: Block, part: Part) -> None:
        self._prose("root_cause", block)

    def _read_factor(self, block: Block, part: Part) -> None:
        self._add_factor(block)

    def _add_factor(self, block: Block) -> None:
        parts = parts_of(block, grammar.FACTOR_FIELDS)
        text = self._text(parts.text, grammar.FACTOR_FIELDS).strip()
        note = same_as = ""
        for item in parts.fields:
            if item.label.casefold() == "note":
                note = self._text(item.value())
            else:
                same_as = unplain(item.value().line())
        if text and self._has_room("factors", self.factors, MOST_ROWS, block.number):
            self.factors.append(Factor(text, note=note, same_as=same_as))

    def _read_whys(self, block: Block, part: Part) -> None:
        if not block.marker:
            self._keep(block, Place.CAUSE, _("This is not a question and an answer."))
            return
        whys = self._whys(block, 1)
        chain = self.whys[-1] if self.whys else []
        if block.numbered and len(whys) == 1 and 0 < len(chain) < MOST_WHY_LEVELS:
            # A numbered list is one chain: each answer leads to the next question.
            chain += whys
        else:
            self.whys += ([why] for why in whys)

    def _whys(self, block: Block, level: int) -> tuple[Why, ...]:
        """The question and answer of an item; its branches alone without an answer."""
        found = _QUESTION.match(block.lines[0])
        asked = found and found[1].endswith(("?", ":")) and found[1][-2:-1] != "\\"
        question = _question_in(found[1]) if found and asked else ""
        first = found[2] if found and asked else block.lines[0]
        primary = first.startswith(grammar.PRIMARY)
        if primary:
            first = first[len(grammar.PRIMARY) :].lstrip(" \t")
        body = Block(block.number, [first, *block.lines[1:]], block.marker)
        deepest = level >= MOST_WHY_LEVELS
        find = grammar.find_nothing if deepest else grammar.find_question
        parts = parts_of(body, find)
        answer = self._text(parts.text, grammar.find_question)
        if not asked:
            bare = _BARE_QUESTION.match(answer)
            if bare:
                question, answer = bare[1], bare[2]
        branches: tuple[Why, ...] = ()
        for item in parts.fields:
            branches += self._whys(item, level + 1)
        if not answer:
            return branches
        if not self._has_room("whys", range(self.why_count), MOST_ROWS, block.number):
            return ()
        self.why_count += 1
        return (Why(question, answer, primary, branches),)

    def _read_fishbone(self, block: Block, part: Part) -> None:
        category = _CATEGORIES.get(block.label.casefold())
        if category is None:
            self._keep(block, Place.CAUSE, _unplaced(block))
        else:
            self.categories.append((category, block.value()))

    def _place_categories(self) -> None:
        """Put factors on their bones; the ones that are only named there are added."""
        for category, value in self.categories:
            positions = self._factor_positions(value)
            if positions is None:
                positions = []
                for inner in blocks_of(value.lines, value.number):
                    text = self._text(inner).strip()
                    if text and not text.casefold().startswith("none"):
                        positions += self._factor_named(text, inner)
            for position in positions:
                self.factors[position] = replace(
                    self.factors[position], category=category
                )

    def _factor_named(self, text: str, block: Block) -> list[int]:
        for position, factor in enumerate(self.factors):
            if factor.text.casefold() == text.casefold():
                return [position]
        if not self._has_room("factors", self.factors, MOST_ROWS, block.number):
            return []
        self.factors.append(Factor(text))
        return [len(self.factors) - 1]

    def _factor_positions(self, value: Block) -> list[int] | None:
        """Positions of `factors 1, 3`; None where the text is something else."""
        found = _FACTOR_NUMBERS.match(value.line())
        if not found:
            return None
        numbers = [int(number) for number in re.findall(r"\d{1,6}", found[1])]
        known = [number - 1 for number in numbers if 1 <= number <= len(self.factors)]
        if len(known) < len(numbers):
            text = _("There is no such factor: %(text)s")
            self._tell(value.number, text % {"text": value.line()[:80]})
        return known

    # -- Lessons, actions, follow-ups ----------------------------------------------

    def _read_lesson(self, block: Block, part: Part) -> None:
        text = self._text(block).strip()
        if text and self._has_room("lessons", self.lessons, MOST_ROWS, block.number):
            self.lessons.append(Lesson(_LESSON_SECTIONS[part.section.value], text))

    def _read_lessons(self, block: Block, part: Part) -> None:
        self._keep(
            block, Place.LESSONS, _("It is not said what kind of lesson this is.")
        )

    def _read_follow_up(self, block: Block, part: Part) -> None:
        text = self._text(block).strip()
        rows = self.follow_ups
        if text and self._has_room("follow_ups", rows, MOST_ROWS, block.number):
            self.follow_ups.append(FollowUp(text))

    def _read_action(self, block: Block, part: Part) -> None:
        label = block.label.casefold()
        if not block.marker:
            self._keep(block, Place.LESSONS, _("This is not an action."))
        elif label in _ACTION_LABELS and self.drafts:
            self._action_field(self.drafts[-1], label, block)
        elif label in _ACTION_LABELS:
            self._keep(block, Place.LESSONS, _unplaced(block))
        elif self._has_room("actions", self.drafts, MOST_ACTIONS, block.number):
            self._add_action(block.value() if label == "description" else block, label)

    def _add_action(self, body: Block, label: str) -> None:
        parts = parts_of(body, grammar.ACTION_FIELDS)
        draft = _Draft(body.number)
        draft.description = self._text(parts.text, grammar.ACTION_FIELDS)
        if not label:
            self._owner_and_date_behind(draft, body)
        for item in parts.fields:
            self._action_field(draft, item.label.casefold(), item)
        # One without a description is looked at again when all its fields are there.
        self.drafts.append(draft)

    def _owner_and_date_behind(self, draft: _Draft, body: Block) -> None:
        """`Do this (Owner: Dev Team A, Due: 2026-04-01).`, as lists are often kept."""
        found = _OWNER_AND_DATE.search(draft.description[-400:])
        if not found:
            return
        draft.description = draft.description[: -len(found[0])].rstrip()
        for label in ("owner", "due"):
            if found[label]:
                text = Block(body.number, [found[label]], "*")
                self._action_value(draft, label, text, text)

    def _action_field(self, draft: _Draft, label: str, item: Block) -> None:
        self._action_value(draft, label, item, item.value())

    def _action_value(
        self, draft: _Draft, label: str, item: Block, value: Block
    ) -> None:
        text = value.line()
        if not text:
            return
        if label not in {"reason", "evidence"} and self._asked(item, text):
            return
        if label.startswith(("due", "done", "type")) and self._asked(
            item, text, _ASKED_DATE_OR_TYPE
        ):
            return
        read = True
        if label == "owner":
            self._read_owner(draft, text)
        elif label.startswith("due"):
            read = self._put(draft, "due_on", day_in(text))
        elif label.startswith("done"):
            read = self._put(draft, "done_on", day_in(text))
        elif label.startswith("type"):
            words = [w.strip().rstrip(".") for w in _SEPARATORS.split(text.casefold())]
            types = tuple(dict.fromkeys(_TYPES[w] for w in words if w in _TYPES))
            read = self._put(draft, "types", types) and all(
                word in _TYPES for word in words if word
            )
        elif label == "priority":
            read = self._put(draft, "priority", _PRIORITIES.get(text.casefold()))
        elif label == "status":
            read = self._put(draft, "status", _ACTION_STATUSES.get(text.casefold()))
        elif label == "addresses":
            self.addressed.append((draft, value))
        else:
            self._put(draft, label, self._text(value))
        if not read:
            self._keep(item, Place.LESSONS, _unknown(text))

    def _put(self, draft: _Draft, name: str, value: Any) -> bool:
        if value:
            draft.values[name] = value
        return bool(value)

    def _read_owner(self, draft: _Draft, text: str) -> None:
        actors = actors_in(text)
        people = [actor for actor in actors if actor.kind == ActorKind.PERSON]
        others = [actor for actor in actors if actor.kind != ActorKind.PERSON]
        if len(people) > 1:
            people, others = [], [Actor(ActorKind.TEAM, unplain(text))]
        if others:
            draft.values["owner_team"] = ", ".join(actor.name for actor in others)
        if people:
            draft.values["owner_person"] = people[0].name

    def _place_addresses(self) -> None:
        for draft, value in self.addressed:
            positions = self._factor_positions(value)
            if positions is None:
                named = [
                    position
                    for position, factor in enumerate(self.factors)
                    if factor.text.casefold() == value.text().casefold()
                ]
                if not named:
                    why = _("There is no such factor: %(text)s")
                    text = why % {"text": value.line()[:80]}
                    self._keep(value, Place.LESSONS, text)
                positions = named
            draft.addresses += positions
        self.drafts = [
            draft for draft in self.drafts if draft.description or draft.values
        ]
        for draft in self.drafts:
            if not draft.description:
                why = _("This action does not say what is to be done.")
                self._tell(draft.number, why, "error")

    # -- Free sections -------------------------------------------------------------

    def _read_free(self, part: Part) -> None:
        body = grammar.unguard_section(grammar.trimmed("\n".join(part.lines)))
        heading = unplain(" ".join(part.heading.split()))
        if (heading or body) and self._has_room(
            "sections", self.free, MOST_ROWS, part.number
        ):
            self.free.append(FreeSection(heading, body, part.place))


def _is_reference(text: str) -> bool:
    return grammar.REFERENCE.fullmatch(text) is not None


def _unplaced(block: Block) -> str:
    words = block.label or block.line()
    return _("This has no place here and is kept: %(text)s") % {"text": words[:80]}


def _unknown(text: str) -> str:
    return _("This could not be read: %(text)s") % {"text": text[:80]}


def _question_in(words: str) -> str:
    if words == grammar.USUAL_QUESTION:
        return ""
    return unplain(words[:-1].rstrip() if words.endswith(":") else words).strip()


def _chained(whys: list[Why]) -> Why:
    """Each of the whys below the one before it."""
    *before, chained = whys
    for why in reversed(before):
        chained = replace(why, because=(*why.because, chained))
    return chained


def _oldest_first(entries: list[Entry]) -> list[Entry]:
    """Sorted by time; entries of one moment keep the order in which they are told."""
    newest_first = entries and entries[0].occurred_at > entries[-1].occurred_at
    told = reversed(entries) if newest_first else entries
    return sorted(told, key=lambda entry: entry.occurred_at)


def _first_words(values: dict[str, Any]) -> str:
    """A title for a report whose heading was left as the template has it."""
    text = values.get("tldr") or values.get("impact") or values.get("summary") or ""
    sentence = re.split(r"[.,;:!?\n]", text, maxsplit=1)[0].strip()
    return sentence if len(sentence) <= LIMITS.title else sentence[:80].rstrip()


_SUMMARY_VALUES: dict[str, Callable[[_Reader, Block, Block], None]] = {
    "incident id": _Reader._read_reference,
    "title": _Reader._read_title_item,
    "incident title": _Reader._read_title_item,
    "kind": _Reader._read_kind,
    "status": _Reader._read_status,
    "visibility": _Reader._read_visibility,
    "measured impact": _Reader._read_measures,
    "affected systems/services": _Reader._read_services,
    "affected systems": _Reader._read_services,
    "affected services": _Reader._read_services,
    "services": _Reader._read_services,
    "severity": _Reader._read_severity,
    "facilitators": _Reader._read_facilitators,
    "facilitator": _Reader._read_facilitators,
    "contributors": _Reader._read_contributors,
}
_READ: dict[str, Callable[[_Reader, Block, Part], None]] = {
    "summary": _Reader._read_summary,
    "impact": _Reader._read_impact,
    "surprise": _Reader._read_surprise,
    "timeline": _Reader._read_timeline,
    "cause": _Reader._read_cause,
    "root_cause": _Reader._read_root_cause,
    "factors": _Reader._read_factor,
    "whys": _Reader._read_whys,
    "fishbone": _Reader._read_fishbone,
    "lessons": _Reader._read_lessons,
    "went_well": _Reader._read_lesson,
    "went_wrong": _Reader._read_lesson,
    "got_lucky": _Reader._read_lesson,
    "actions": _Reader._read_action,
    "follow_ups": _Reader._read_follow_up,
}
