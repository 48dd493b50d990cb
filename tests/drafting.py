"""Writing in a report through its forms, as a browser does, with scripts or without."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from accounts.models import User
from postmortems.models import Postmortem, Row
from tests.fixtures import kind
from tests.submitting import Form, form_for

HTMX = {"HX-Request": "true"}

CHANGED: dict[str, tuple[str, str]] = {
    "timeline": ("text", "Written anew"),
    "factors": ("text", "Written anew"),
    "whys": ("answer", "Written anew"),
    "lessons": ("text", "Written anew"),
    "follow_ups": ("text", "Written anew"),
    "measures": ("unit", "written anew"),
    "actions": ("description", "Written anew"),
}
"""The field of each kind of row that says what it is, and another text for it."""


KINDS = sorted(CHANGED)


def at(row: Row, name: str, verb: str = "edit/") -> str:
    """Where a row of that kind is changed, moved or deleted."""
    return f"rows/{name}/{row.pk}/{verb}"


def said(name: str, text: str) -> dict[str, Any]:
    """The field that says what the row is, with this text."""
    return {CHANGED[name][0]: text}


def only(report: Postmortem, name: str) -> Any:
    """The one row of that kind."""
    return kind(name).rows(report).present().get()


def order(report: Postmortem, name: str) -> list[int]:
    """The rows of that kind as they stand, by their ids."""
    rows = kind(name).rows(report).present().order_by("position", "pk")
    return list(rows.values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody at a report's forms."""

    client: Client
    report: Postmortem

    def address(self, path: str = "") -> str:
        return f"/incidents/{self.report.incident.reference}/{path}"

    def get(self, path: str = "", *, htmx: bool = False) -> Any:
        return self.client.get(self.address(path), headers=HTMX if htmx else {})

    def post(self, path: str, *, htmx: bool = True, **values: Any) -> Any:
        headers = HTMX if htmx else {}
        return self.client.post(self.address(path), values, headers=headers)

    def open(self, path: str) -> Form:
        """The form at an address, with all that it would send."""
        page = self.get(path, htmx=True).content.decode()
        return form_for(page, self.address(path))

    def send(self, path: str, form: Form, *, htmx: bool = True, **changes: Any) -> Any:
        return self.post(path, htmx=htmx, **{**form.values, **changes})

    def save(self, path: str, *, htmx: bool = True, **changes: Any) -> Any:
        """Open a form, change some fields, and send it."""
        return self.send(path, self.open(path), htmx=htmx, **changes)


def writer(user: User, report: Postmortem) -> Writer:
    client = Client()
    client.force_login(user)
    return Writer(client, report)


def events(answer: Any) -> dict[str, Any]:
    """What the answer tells the page to do."""
    told: dict[str, Any] = json.loads(answer.headers.get("HX-Trigger", "{}"))
    return told


def html(answer: Any) -> str:
    text: str = answer.content.decode()
    return text
