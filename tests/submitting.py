"""Forms as a browser sees them: found on a page, sent with every field they have."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

TYPED = {
    "text",
    "search",
    "email",
    "url",
    "tel",
    "password",
    "number",
    "date",
    "textarea",
}
CHOSEN = {"checkbox", "radio"}
PRESSED = {"submit", "button", "image", "reset", "file"}


@dataclass
class Form:
    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    """What would be sent, were nothing changed."""
    kinds: dict[str, str] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    """Fields that are marked as wrong."""

    @property
    def typed(self) -> list[str]:
        """The fields that somebody types into."""
        return [name for name, kind in self.kinds.items() if kind in TYPED]

    def shows(self, name: str) -> str:
        return "\n".join(self.values.get(name, []))


class _Forms(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._area: str | None = None
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = given.get("method", "get").lower()
            self._form = Form(given.get("action", ""), method)
            self.found.append(self._form)
        if self._form is None or not (name := given.get("name", "")):
            if tag == "option" and self._select is not None:
                self._offer(given)
            return
        if "aria-invalid" in given:
            self._form.wrong.add(name)
        if tag == "input":
            self._input(self._form, name, given)
        elif tag == "textarea":
            self._area = name
            self._form.kinds[name] = "textarea"
            self._form.values.setdefault(name, []).append("")
        elif tag == "select":
            self._form.kinds[name] = "select"
            self._select = (name, [])

    def _input(self, form: Form, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text").lower()
        form.kinds[name] = kind
        if kind in PRESSED or (kind in CHOSEN and "checked" not in given):
            return
        form.values.setdefault(name, []).append(
            given.get("value", "on" if kind in CHOSEN else "")
        )

    def _offer(self, given: dict[str, str]) -> None:
        assert self._select is not None
        self._select[1].append((given.get("value", ""), "selected" in given))

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._form is not None:
            self._form.values[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "select" and self._select is not None and self._form is not None:
            name, offered = self._select
            chosen = [value for value, selected in offered if selected]
            sent = chosen or [value for value, _no in offered[:1]]
            self._form.values.setdefault(name, []).extend(sent)
            self._select = None
        elif tag == "form":
            self._form = None


def forms(html: str) -> list[Form]:
    return _Forms(html).found


def form_for(html: str, address: str) -> Form:
    """The form that is posted to that address; one without an action posts to its own.

    Raises AssertionError where there is none.
    """
    path = urlsplit(address).path
    found = [
        form
        for form in forms(html)
        if form.method == "post" and urlsplit(form.action).path in {path, ""}
    ]
    assert found, f"no form for {path}"
    return found[0]
