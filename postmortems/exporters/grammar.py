"""The words and lines of the Markdown format, shared by its writer and its reader.

docs/markdown-format.md describes the format. Its words are English in every language
of the interface: they are part of the format, and so not marked for translation.

Guarding: where a line of somebody's text would be read as structure, it gets a
backslash that does not show on the rendered page, and reading takes it away again.
Every function here takes time linear in its text.
"""

import re
from collections.abc import Callable, Iterable

from postmortems.vocabulary import (
    ActionPriority,
    ActionStatus,
    ActionType,
    Category,
    LessonKind,
    Marker,
    Milestone,
    Place,
    Status,
)

TITLE = "Postmortem Report:"
SECTIONS = {
    Place.SUMMARY: "1. Incident Summary",
    Place.TIMELINE: "2. Timeline of Events",
    Place.CAUSE: "3. Root Cause Analysis",
    Place.LESSONS: "4. Lessons Learned & Action Items",
    Place.FOLLOW_UPS: "5. Future Work/Follow-ups",
}
LESSONS = {
    LessonKind.WENT_WELL: "What Went Well?",
    LessonKind.WENT_WRONG: "What Went Wrong?",
    LessonKind.GOT_LUCKY: "Where We Got Lucky",
}
WHYS = "5 Whys"
FISHBONE = "Fishbone"
ACTIONS = "Action Items"

MILESTONES = {
    Milestone.STARTED: "Start",
    Milestone.DETECTED: "Detection",
    Milestone.ACKNOWLEDGED: "Acknowledged",
    Milestone.MITIGATED: "Mitigated",
    Milestone.RESOLVED: "Resolution",
}
STATUSES = {
    Status.GATHERING: "Gathering data",
    Status.DRAFTING: "Drafting",
    Status.IN_REVIEW: "In review",
    Status.PUBLISHED: "Published",
    Status.CLOSED: "Closed",
}
CATEGORIES = {category: category.value.capitalize() for category in Category}
MARKERS = {marker: marker.value for marker in Marker}
ACTION_TYPES = {
    ActionType.PREVENTATIVE: "Preventative",
    ActionType.DETECTIVE: "Detective",
    ActionType.CORRECTIVE: "Corrective",
    ActionType.PROCESS: "Process Improvement",
}
ACTION_PRIORITIES = {
    priority: priority.value.capitalize() for priority in ActionPriority
}
ACTION_STATUSES = {
    ActionStatus.OPEN: "Open",
    ActionStatus.IN_PROGRESS: "In progress",
    ActionStatus.DONE: "Done",
    ActionStatus.WONT_DO: "Won’t do",
}
NEAR_MISS = "Near miss"
RESTRICTED = "Restricted"
NOT_RECORDED = "not recorded"
ABOUT = "about "
TIME_UNKNOWN = "time unknown, placed at "
TO_THE_MINUTE = ", to the minute"
ESTIMATED = ", estimated"
LEARNED_LATER = "learned later"
BACKGROUND = "background"
USUAL_QUESTION = "Why?"
PRIMARY = "*Primary root cause:*"

REFERENCE = re.compile(r"INC-\d{4}-\d\d-\d\d-\d{3,}")

_MARKER_WORD = "|".join(MARKERS.values())
MARKER_SENTENCE = re.compile(
    rf"((?:{_MARKER_WORD.title()})(?:, (?:{_MARKER_WORD}))*)\.(?:[ \t]+|$)"
)

# -- Lines -----------------------------------------------------------------------------

BULLET = r"(?:[*+-]|\d{1,9}[.)])"
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_CLOSER = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*$")
_GUARDED_FENCE = re.compile(r" {0,3}(\\*)(?:`{3,}(?=[^`]*$)|~{3,})")
_QUESTION = re.compile(rf"[ \t]*{BULLET}[ \t]+\*\*((?:[^*\\]|\\.)*)\*\*")
_GUARDED_HEADING = re.compile(r" *#{1,2}(?:[ \t]|$)")
_RAW_HTML = re.compile(
    r" {0,3}(\\*)<(?:(!--)|(\?)|(!\[CDATA\[)|(![a-z])|(script|pre|style|textarea)\b)",
    re.IGNORECASE,
)
_RAW_HTML_ENDS = ("-->", "?>", "]]>", ">", "</")
_TEMPLATE_TEXT = re.compile(r"(\\*)\[[^\[\]\n]*\]$")

Find = Callable[[str], tuple[int, int] | None]
"""Finds a line that is structure, or a guarded one: where its backslashes begin, and
how many there are; None for any other line."""


def is_rule(line: str) -> bool:
    """Whether the line is a rule across the page."""
    return _RULE.match(line) is not None


class Fences:
    """The code fences of some lines, as far as they are closed again."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self._longest = {"`": [0], "~": [0]}
        for line in reversed(lines):
            closer = _CLOSER.match(line)
            for mark, longest in self._longest.items():
                here = len(closer[1]) if closer and closer[1][0] == mark else 0
                longest.append(max(longest[-1], here))
        for longest in self._longest.values():
            longest.reverse()

    def end(self, start: int) -> int | None:
        """The line behind the fence that opens in `start`; None where none does."""
        opener = _FENCE.match(self.lines[start])
        if not opener:
            return None
        mark, length = opener[1][0], len(opener[1])
        if self._longest[mark][start + 1] < length:
            return None
        for index in range(start + 1, len(self.lines)):
            closer = _CLOSER.match(self.lines[index])
            if closer and closer[1][0] == mark and len(closer[1]) >= length:
                return index + 1
        return None


def field_finder(labels: Iterable[str]) -> Find:
    """Finds items that begin with one of these labels: `* **Owner:**`."""
    words = "|".join(re.escape(label) for label in labels)
    start = rf"[ \t]*{BULLET}[ \t]+\*\*(?:{words})"
    pattern = re.compile(
        rf"{start}(?:(\\*):\*\*|\*\*(\\*):)",
        re.IGNORECASE,
    )

    def find(line: str) -> tuple[int, int] | None:
        match = pattern.match(line)
        if not match:
            return None
        group = 1 if match[1] is not None else 2
        return match.start(group), len(match[group])

    return find


ENTRY_FIELDS = field_finder(
    ("Actors", "Actor", "Evidence", "Recorded", "Known", "Importance")
)
FACTOR_FIELDS = field_finder(("Note", "Same as"))
ACTION_FIELDS = field_finder(
    (
        "Owner",
        "Due Date",
        "Due",
        "Type",
        "Types",
        "Priority",
        "Status",
        "Reason",
        "Evidence",
        "Done Date",
        "Done",
        "Addresses",
    )
)


def find_question(line: str) -> tuple[int, int] | None:
    """Finds items that begin with a question: `* **Why?**`, `* **So:**`."""
    match = _QUESTION.match(line)
    if not match or not match[1].endswith(("?", ":")):
        return None
    words = match[1][:-1]
    slashes = len(words) - len(words.rstrip("\\"))
    return match.end(1) - 1 - slashes, slashes


def find_nothing(_line: str) -> tuple[int, int] | None:
    return None


def _find_fence(line: str) -> tuple[int, int] | None:
    match = _GUARDED_FENCE.match(line)
    return (match.start(1), len(match[1])) if match else None


def guard(text: str, find: Find) -> str:
    """The text of an item in which no line is read as a field or opens a fence."""
    return _each_open_line(text, lambda line: _one_more(line, find))


def unguard(text: str, find: Find) -> str:
    """The text that `guard` was given."""
    return _each_open_line(text, lambda line: _one_less(line, find))


def guard_section(text: str) -> str:
    """The text of a free section in which no line ends it, nor runs on behind it."""
    unclosed = _unclosed_html(text)

    def change(line: str) -> str:
        if _GUARDED_HEADING.match(line):
            return " " + line
        html = _RAW_HTML.match(line)
        if html and (html[1] or unclosed):
            return _insert(line, html.start(1))
        return _one_more(line, find_nothing)

    return _each_open_line(text, change)


def unguard_section(text: str) -> str:
    """The text that `guard_section` was given."""

    def change(line: str) -> str:
        if line.startswith(" ") and _GUARDED_HEADING.match(line):
            return line[1:]
        html = _RAW_HTML.match(line)
        if html and html[1]:
            return _remove(line, html.start(1))
        return _one_less(line, find_nothing)

    return _each_open_line(text, change)


def _unclosed_html(text: str) -> bool:
    """Whether raw HTML may run on to the end of the page, closers counted roughly."""
    last = {end: text.rfind(end) for end in _RAW_HTML_ENDS}
    start = 0
    for line in text.split("\n"):
        html = _RAW_HTML.match(line)
        if html and not html[1]:
            kind = next(i for i in range(5) if html[i + 2] is not None)
            if last[_RAW_HTML_ENDS[kind]] < start + html.end():
                return True
        start += len(line) + 1
    return False


def _each_open_line(text: str, change: Callable[[str], str]) -> str:
    """The text with every line changed that does not stand in a closed fence."""
    lines = text.split("\n")
    fences = Fences(lines)
    changed: list[str] = []
    while len(changed) < len(lines):
        index = len(changed)
        end = fences.end(index)
        if end is None:
            changed.append(change(lines[index]))
        else:
            changed += lines[index:end]
    return "\n".join(changed)


def _one_more(line: str, find: Find) -> str:
    found = find(line) or _find_fence(line)
    return _insert(line, found[0]) if found else line


def _one_less(line: str, find: Find) -> str:
    found = find(line) or _find_fence(line)
    return _remove(line, found[0]) if found and found[1] else line


def _insert(line: str, position: int) -> str:
    return f"{line[:position]}\\{line[position:]}"


def _remove(line: str, position: int) -> str:
    return line[:position] + line[position + 1 :]


def guard_template(text: str) -> str:
    """A text that is nothing but `[words]` is not taken for a template's request."""
    return f"\\{text}" if _TEMPLATE_TEXT.match(text) else text


def unguard_template(text: str) -> str | None:
    """The text that `guard_template` was given; None for a template's own text."""
    match = _TEMPLATE_TEXT.match(text)
    if not match:
        return text
    return text[1:] if match[1] else None


# -- Plain text in a line --------------------------------------------------------------

_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ALWAYS = frozenset("*`[]<")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&#?[0-9A-Za-z]{1,31};")


def trimmed(text: str) -> str:
    """The text without empty lines around it; the first line keeps its indentation."""
    text = text.rstrip()
    first = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, first) + 1 :]


def one_line(text: str) -> str:
    return " ".join(text.split())


def plain(text: str, also: str = "") -> str:
    """Plain text as Markdown that shows it as it is; `also` are more characters to
    escape."""
    text = one_line(text)
    written: list[str] = []
    for index, character in enumerate(text):
        before = text[index - 1] if index else " "
        after = text[index + 1] if index + 1 < len(text) else ""
        if character in _ALWAYS or character in also:
            escape = True
        elif character == "\\":
            escape = after == "" or after in _PUNCTUATION
        elif character == "_":
            escape = not (before.isalnum() and after.isalnum())
        elif character == "-":
            escape = before == " " and after in ("", " ")
        elif character == "~":
            escape = "~" in (before, after)
        elif character == "&":
            escape = _ENTITY.match(text, index) is not None
        else:
            escape = False
        written.append(f"\\{character}" if escape else character)
    return "".join(written)


def unplain(text: str) -> str:
    """The plain text that `plain` was given."""
    return _ESCAPED.sub(r"\1", text)


_LONGEST_NAME = 60
_MOST_WORDS = 6


def looks_like_name(text: str) -> bool:
    """Whether a bare text at the end of an entry is taken for an actor."""
    return (
        bool(text)
        and not text[0].islower()
        and len(text) <= _LONGEST_NAME
        and len(text.split()) <= _MOST_WORDS
        and text[-1] not in ".?!:;"
        and "://" not in text
    )
