"""The files that a report is exported as, for the page and for the command."""

from collections.abc import Callable
from dataclasses import dataclass

from postmortems.document import Document
from postmortems.exporters.json import SCHEMA_PATH, VERSION, to_json
from postmortems.exporters.markdown import render

SCHEMA_NAME = f"afterword-report-{VERSION}.json"


@dataclass(frozen=True, slots=True)
class FileFormat:
    extension: str
    content_type: str
    render: Callable[[Document], str]


FORMATS = {
    "markdown": FileFormat("md", "text/markdown; charset=utf-8", render),
    "json": FileFormat("json", "application/json", to_json),
}


def schema_text() -> str:
    return SCHEMA_PATH.read_text("utf-8")
