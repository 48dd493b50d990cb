"""Reads section 3: the root cause, what contributed, and the whys."""

import re
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from integrations.importing import words
from integrations.importing.blocks import Block, blocks_of, parts_of
from integrations.importing.findings import (
    MOST_ROWS,
    Findings,
    unplaced,
)
from integrations.importing.sections import Part, Section
from postmortems.document import (
    Factor,
    Why,
)
from postmortems.exporters import grammar
from postmortems.exporters.grammar import unplain
from postmortems.report import DEEPEST
from postmortems.vocabulary import (
    Category,
    Place,
)

_QUESTION = re.compile(r"\*\*((?:[^*\\]|\\.)*)\*\*[ \t]*(.*)$")
_BARE_QUESTION = re.compile(r"(Why\b[^?\n]*\?)[ \t]+(\S.*)$", re.DOTALL)
_FACTOR_NUMBERS = re.compile(r"factors? ([\d, ]+(?:and \d+)?)$", re.IGNORECASE)

MOST_WHY_LEVELS = DEEPEST


class CauseReader:
    """Collects the root cause, the factors with their categories, and the whys."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.root_cause: list[str] = []
        self.lines: dict[str, int] = {}
        self.factors: list[Factor] = []
        self._categories: list[tuple[Category, Block]] = []
        self._whys: list[list[Why]] = []
        self._why_count = 0
        self._in_factors = False

    def begin(self) -> None:
        """A heading stands here: factors at the margin end."""
        self._in_factors = False

    def read(self, block: Block, part: Part) -> None:
        {
            Section.CAUSE: self._read_cause,
            Section.ROOT_CAUSE: self._read_root_cause,
            Section.FACTORS: self._add_factor,
            Section.WHYS: self._read_whys,
            Section.FISHBONE: self._read_fishbone,
        }[part.section](block)

    def finish(self) -> dict[str, Any]:
        """The values under the names of their Document fields."""
        self._place_categories()
        return {
            "root_cause": "\n\n".join(self.root_cause),
            "factors": tuple(self.factors),
            "whys": tuple(map(_chained, self._whys)),
        }

    def _read_cause(self, block: Block) -> None:
        label = block.label.casefold()
        if label in {"primary root cause", "root cause"}:
            self._in_factors = False
            self._read_root_cause(block.value())
        elif label == "contributing factors":
            self._in_factors = True
            value = block.value()
            if value.lines[0].strip():
                self._add_factor(Block(block.number, [value.lines[0]], "*"))
            for inner in blocks_of(value.lines[1:], block.number + 1):
                self._add_factor(inner)
        elif self._in_factors:
            self._add_factor(block)
        elif not block.marker:
            self._read_root_cause(block)
        else:
            self.found.keep(block, Place.CAUSE, unplaced(block))

    def _read_root_cause(self, block: Block) -> None:
        text = self.found.text(block)
        if text:
            self.root_cause.append(text)
            self.lines.setdefault("root_cause", self.found.line_at(block.number))

    def _add_factor(self, block: Block) -> None:
        parts = parts_of(block, grammar.FACTOR_FIELDS)
        text = self.found.text(parts.text, grammar.FACTOR_FIELDS).strip()
        note = same_as = ""
        for item in parts.fields:
            if item.label.casefold() == "note":
                note = self.found.text(item.value())
            else:
                same_as = unplain(item.value().line())
        if text and self.found.has_room(
            "factors", self.factors, MOST_ROWS, block.number
        ):
            ref = self.found.ref_at(block.number)
            self.factors.append(Factor(text, note=note, same_as=same_as, ref=ref))

    def _read_whys(self, block: Block) -> None:
        if not block.marker:
            self.found.keep(
                block, Place.CAUSE, _("This is not a question and an answer.")
            )
            return
        whys = self._why(block, 1)
        chain = self._whys[-1] if self._whys else []
        if block.numbered and len(whys) == 1 and 0 < len(chain) < MOST_WHY_LEVELS:
            # A numbered list is one chain: each answer leads to the next question.
            chain += whys
        else:
            self._whys += ([why] for why in whys)

    def _why(self, block: Block, level: int) -> tuple[Why, ...]:
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
        answer = self.found.text(parts.text, grammar.find_question)
        if not asked:
            bare = _BARE_QUESTION.match(answer)
            if bare:
                question, answer = bare[1], bare[2]
        branches: tuple[Why, ...] = ()
        for item in parts.fields:
            branches += self._why(item, level + 1)
        if not answer:
            return branches
        if not self.found.has_room(
            "whys", range(self._why_count), MOST_ROWS, block.number
        ):
            return ()
        self._why_count += 1
        return (
            Why(question, answer, primary, branches, self.found.ref_at(block.number)),
        )

    def _read_fishbone(self, block: Block) -> None:
        category = words.CATEGORIES.get(block.label.casefold())
        if category is None:
            self.found.keep(block, Place.CAUSE, unplaced(block))
        else:
            self._categories.append((category, block.value()))

    def _place_categories(self) -> None:
        """Put factors on their bones; the ones that are only named there are added."""
        for category, value in self._categories:
            positions = self.factor_positions(value)
            if positions is None:
                positions = []
                for inner in blocks_of(value.lines, value.number):
                    text = self.found.text(inner).strip()
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
        if not self.found.has_room("factors", self.factors, MOST_ROWS, block.number):
            return []
        self.factors.append(Factor(text, ref=self.found.ref_at(block.number)))
        return [len(self.factors) - 1]

    def factor_positions(self, value: Block) -> list[int] | None:
        """Positions of `factors 1, 3`; None where the text is something else."""
        found = _FACTOR_NUMBERS.match(value.line())
        if not found:
            return None
        numbers = [int(number) for number in re.findall(r"\d{1,6}", found[1])]
        known = [number - 1 for number in numbers if 1 <= number <= len(self.factors)]
        if len(known) < len(numbers):
            text = _("There is no such factor: %(text)s")
            self.found.tell(value.number, text % {"text": value.line()[:80]})
        return known


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
