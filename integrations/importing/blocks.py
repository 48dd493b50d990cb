"""Markdown lists as items with their lines, the way people write them.

Not a Markdown parser: it knows as much of lists as the report format needs. An item
begins with a bullet or a number; its further lines are indented below it, or follow it
without an empty line between. Linear in its text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from postmortems.exporters.grammar import BULLET, Fences, Find, is_rule, trimmed

_ITEM = re.compile(rf"([ \t]*)({BULLET})(?:([ \t]+)(.*))?$")
_FIELD = re.compile(r"\*\*([^*\\:]+)(?::\*\*|\*\*[ \t]*:)[ \t]*(.*)$")
_WIDEST_GAP = 4
"""Spaces behind a bullet; with more, an indented code block begins there."""


@dataclass(slots=True)
class Block:
    """Some lines that belong together; `lines[0]` is line `number` of the text."""

    number: int
    lines: list[str]
    marker: str = ""
    """The bullet or number; empty for lines outside a list."""

    @property
    def label(self) -> str:
        """The words in `**Label:**` at the beginning; empty where there are none."""
        found = _FIELD.match(self.lines[0]) if self.marker else None
        return " ".join(found[1].split()) if found else ""

    def value(self) -> "Block":
        """What stands behind the label."""
        found = _FIELD.match(self.lines[0])
        first = found[2] if found else self.lines[0]
        return Block(self.number, [first, *self.lines[1:]], self.marker)

    @property
    def numbered(self) -> bool:
        return self.marker[:1].isdigit()

    def text(self) -> str:
        """The lines as one text, without the empty ones around it.

        A text on a line of its own keeps the indentation it begins with.
        """
        lines = self.lines
        text = trimmed("\n".join(lines))
        own_line = len(lines) > 1 and is_blank(lines[0]) and is_blank(lines[1])
        return text if own_line else text.strip()

    def line(self) -> str:
        """The text in one line."""
        return " ".join(self.text().split())

    def first_line_number(self) -> int:
        for index, line in enumerate(self.lines):
            if not is_blank(line):
                return self.number + index
        return self.number


@dataclass(slots=True)
class Parts:
    """An item taken apart: its own text, and the labelled items below it."""

    text: Block
    fields: list[Block] = field(default_factory=list)


def is_blank(line: str) -> bool:
    return not line.strip(" \t")


def _indent_of(line: str) -> int:
    """Columns before the first character; a tab goes to the next fourth."""
    width = 0
    for character in line:
        if character == " ":
            width += 1
        elif character == "\t":
            width += 4 - width % 4
        else:
            break
    return width


def _dedent(line: str, columns: int) -> str:
    """The line without its first `columns` columns of indentation."""
    width = index = 0
    while width < columns and index < len(line) and line[index] in " \t":
        width += 1 if line[index] == " " else 4 - width % 4
        index += 1
    return " " * max(0, width - columns) + line[index:]


def blocks_of(lines: list[str], number: int) -> Iterator[Block]:
    """The items of a list, and the paragraphs between them, in order."""
    fences = Fences(lines)
    index = 0
    while index < len(lines):
        if is_blank(lines[index]):
            index += 1
            continue
        item = _ITEM.match(lines[index])
        if item and not is_rule(lines[index]):
            end, block = _take_item(lines, index, number, item)
        else:
            end = fences.end(index) or _end_of_paragraph(lines, index)
            block = Block(number + index, lines[index:end])
        yield block
        index = end


def _end_of_paragraph(lines: list[str], index: int) -> int:
    index += 1
    while (
        index < len(lines)
        and not is_blank(lines[index])
        and not _ITEM.match(lines[index])
    ):
        index += 1
    return index


def _take_item(
    lines: list[str], index: int, number: int, item: re.Match[str]
) -> tuple[int, Block]:
    """The item that begins in `index`, and where the next thing begins."""
    indent, marker, spaces, rest = item[1], item[2], item[3] or "", item[4] or ""
    margin = _indent_of(indent)
    if len(spaces) > _WIDEST_GAP:
        # An indented code block begins the item.
        rest, spaces = spaces[1:] + rest, " "
    column = margin + len(marker) + (len(spaces) if rest else 1)
    block = Block(number + index, [rest], marker)
    end = index + 1
    while end < len(lines):
        line = lines[end]
        if not is_blank(line):
            deeper = _indent_of(line) >= margin + 2
            lazy = not is_blank(lines[end - 1]) and not _ITEM.match(line)
            if not deeper and not lazy:
                break
        block.lines.append(_dedent(line, column))
        end += 1
    while len(block.lines) > 1 and is_blank(block.lines[-1]):
        block.lines.pop()
    return end, block


def parts_of(block: Block, find: Find) -> Parts:
    """Take the labelled items that `find` knows out of an item's lines."""
    lines = block.lines
    fences = Fences(lines)
    parts = Parts(Block(block.number, []))
    index = 0
    while index < len(lines):
        end = fences.end(index)
        if end is not None:
            parts.text.lines += lines[index:end]
            index = end
            continue
        found = find(lines[index])
        item = _ITEM.match(lines[index]) if found and found[1] == 0 else None
        if item and index:
            end, inner = _take_item(lines, index, block.number, item)
            parts.fields.append(inner)
            # The lines of the text keep their numbers.
            parts.text.lines += [""] * (end - index)
            index = end
        else:
            parts.text.lines.append(lines[index])
            index += 1
    return parts
