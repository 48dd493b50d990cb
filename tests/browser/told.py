"""Reads what a report of other people says, so that a test can type it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROW = re.compile(r"\|\s*(\d{4}-\d\d-\d\d \d\d:\d\d)\s*\|\s*(.+?)\s*\|")


@dataclass
class Told:
    """A report as somebody would retell it, part by part."""

    title: str
    parts: dict[str, str] = field(default_factory=dict)
    """The text below each heading."""

    @property
    def entries(self) -> list[tuple[str, str]]:
        return ROW.findall(self.parts["Timeline"])

    def items(self, heading: str) -> list[str]:
        lines = self.parts.get(heading, "").splitlines()
        return [line[2:].strip() for line in lines if line.startswith("- ")]


def told_in(path: Path) -> Told:
    title, _newline, rest = path.read_text("utf-8").partition("\n")
    told = Told(title.removeprefix("# ").strip())
    for part in re.split(r"^## ", rest, flags=re.MULTILINE)[1:]:
        heading, _newline, text = part.partition("\n")
        told.parts[heading.strip()] = text.strip()
    return told
