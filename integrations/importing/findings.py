"""What a reading has found wrong so far, and the texts that had no place.

Every part of the report is read with the same Findings: they name problems by line,
keep what cannot be placed, and take the guards off texts.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sized
from dataclasses import dataclass

from django.utils.translation import gettext as _

from config.limits import LIMITS
from integrations.importing.blocks import Block
from postmortems.document import FreeSection
from postmortems.exporters import grammar
from postmortems.vocabulary import Place

OTHER_NOTES = "Other notes"
LINE_REF = "line-"
MOST_ROWS = LIMITS.rows

# The template of the chapter leaves it there, and it says what nothing says.
_LEFT_AS_IT_IS = "[Longer-term initiatives]"
_ASKED = re.compile(r"\[[^\[\]\n]*\]")
ASKED_DATE_OR_TYPE = re.compile(r"YYYY-MM-DD|\(e\.g\.,? [^()\n]*\)")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person should look at; `line` is the line of the text."""

    line: int
    text: str
    severity: str = "warning"
    """"warning": the report can be made all the same; "error": it cannot."""


class Findings:
    """`lines_cut` is how many lines of the text stand before the first that is read."""

    def __init__(self, lines_cut: int) -> None:
        self.lines_cut = lines_cut
        self.problems: list[Problem] = []
        self._kept: dict[Place, list[str]] = defaultdict(list)
        self._full: set[str] = set()

    def tell(self, line: int, text: str, severity: str = "warning") -> None:
        self.problems.append(Problem(line + self.lines_cut, text, severity))

    def line_at(self, number: int) -> int:
        """The line of the whole text that is line `number` of what is read."""
        return number + self.lines_cut

    def ref_at(self, number: int) -> str:
        """The anchor of a row that was read: where in the text it stands."""
        return f"{LINE_REF}{self.line_at(number)}"

    def keep(self, block: Block, place: Place, why: str) -> None:
        """Name a block that has no place, and keep it as it was written."""
        self.tell(block.number, why)
        first, *rest = block.lines
        if block.marker:
            bullet = block.marker if block.numbered else "*"
            first = f"{bullet} {first}".rstrip()
            rest = [f"  {line}" if line else "" for line in rest]
        if self._kept[place] and not (
            block.marker and self._kept[place][-1][:1] == "*"
        ):
            self._kept[place].append("")
        self._kept[place].append("\n".join([first, *rest]))

    def asked(self, block: Block, text: str, pattern: re.Pattern[str] = _ASKED) -> bool:
        """Whether a text is what a template asks for, which is named and left out."""
        if not pattern.fullmatch(text):
            return False
        if text != _LEFT_AS_IT_IS:
            self.tell(
                block.first_line_number(),
                _("Template text was left in: %(text)s") % {"text": text[:80]},
            )
        return True

    def text(self, block: Block, find: grammar.Find | None = None) -> str:
        """The text of a block, without what keeps it from being read as structure."""
        return self.unguarded(block, block.text(), find)

    def unguarded(self, block: Block, text: str, find: grammar.Find | None) -> str:
        if find is not None:
            text = grammar.unguard(text, find)
        if self.asked(block, text):
            return ""
        return grammar.unguard_template(text) or ""

    def has_room(self, name: str, rows: Sized, most: int, line: int) -> bool:
        if len(rows) < most:
            return True
        if name not in self._full:
            self._full.add(name)
            self.tell(
                line,
                _("Only the first %(most)s of these are read.") % {"most": most},
                "error",
            )
        return False

    def kept(self, place: Place) -> Iterator[FreeSection]:
        """The free section with what had no place, where there is any."""
        if self._kept[place]:
            body = grammar.trimmed("\n".join(self._kept[place]))
            yield FreeSection(OTHER_NOTES, body, place)


def is_asked(text: str) -> bool:
    """Whether a text is what a template asks for: `[words]`."""
    return _ASKED.fullmatch(text) is not None


def unplaced(block: Block) -> str:
    words = block.label or block.line()
    return _("This has no place here and is kept: %(text)s") % {"text": words[:80]}


def unknown(text: str) -> str:
    return _("This could not be read: %(text)s") % {"text": text[:80]}
