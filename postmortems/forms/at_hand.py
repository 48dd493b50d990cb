"""What the form of a row would hold, straight from the row: no form is made for it."""

from collections.abc import Iterator
from typing import Any

from postmortems.forms.base import RowForm
from postmortems.forms.timeline import EVIDENCE, TimelineForm, stored_evidence
from postmortems.models import Row

Pairs = list[tuple[str, str]]


def pairs_of(form: RowForm, row: Row) -> Pairs:
    """As the browser would send them; `form` is any form of that kind and report."""
    shown = {"version": row.version, **form.initial_of(row)}
    pairs = [(name, text) for name, value in shown.items() for text in _texts(value)]
    if isinstance(form, TimelineForm):
        pairs += [
            (f"evidence_{name}", item.get(name, ""))
            for item in stored_evidence(row)
            for name in EVIDENCE
        ]
    return pairs


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is True:
        yield "on"
    elif value is None or value is False:
        return
    else:
        yield str(value)
