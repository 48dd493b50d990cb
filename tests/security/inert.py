"""What in a page could run, load or pose, had content brought it there.

Attacks carry the word “pwnme” (tests.corpus). As text it may stand anywhere; in an
attribute it may stand only where a value is nothing but shown, or in a link whose
scheme is harmless.
"""

import re
from html.parser import HTMLParser

from django.test import Client

SHOWN = {
    "value",
    "title",
    "aria-label",
    "alt",
    "placeholder",
    "label",
    "data-conflict",  # read out by saving.js, as text
    "data-label",  # what the editor of a shared text is called, as an aria-label
}
"""Attributes that a browser shows or sends, and nothing more."""
LINKS = {"href", "src", "action", "formaction", "data", "poster", "cite", "srcset"}
RUNS = re.compile(r"\s*(?:javascript|vbscript|data|blob|file)\s*:", re.IGNORECASE)
OWN_STYLE = re.compile(r"\s*(?:(?:--[\w-]+|font-size|width):\s*[\w().%,\s#-]+;?\s*)*")
FRAMED = {"iframe", "object", "embed", "applet", "frame", "base", "math"}
"""Elements that none of our pages has."""
_SPACES = re.compile(r"[\x00-\x20]+")


class _Looking(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in FRAMED or "pwnme" in tag or "<" in tag:
            self._say(tag, "an element of no page of ours")
        if tag in {"script", "style"}:
            # A block of JSON is data: it is parsed, and never runs.
            runs = given.get("type") != "application/json"
            self._script = given if runs else None
            if runs and not {"src", "nonce"} & set(given):
                self._say(tag, "without an address or a nonce")
        for name, value in given.items():
            self._attribute(tag, name, value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._script = None

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None and "pwnme" in data:
            self._say("script", "with content in it")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        where = f"{tag} {name}={value[:60]!r}"
        if name.startswith(("on", "hx-on", "data-hx-", "x-", "@", ":", "_")):
            self._say(where, "runs")
        drawn = tag in {"img", "link"} and value.startswith("data:image/")
        if name in LINKS and not drawn and RUNS.match(_SPACES.sub("", value)):
            self._say(where, "a link that runs")
        if name == "style" and not OWN_STYLE.fullmatch(value):
            self._say(where, "a style")
        if "pwnme" in name or (
            "pwnme" in value and not self._may_show(tag, name, value)
        ):
            self._say(where, "content where none belongs")

    @staticmethod
    def _may_show(tag: str, name: str, value: str) -> bool:
        if name in SHOWN:
            return True
        if name != "href" or tag != "a":
            return False
        # An address elsewhere, a place on the page, or a page of ours that is asked
        # for something.
        return bool(
            re.match(r"(?:https?://[^@]*$|mailto:|#)", value)
            or re.match(r"/(?!/)[\w/-]*\?", value)
        )

    def _say(self, where: str, what: str) -> None:
        self.found.append(f"{where}: {what}")


def live_content(html: str) -> list[str]:
    """Everything in the page that content must not have brought there."""
    looking = _Looking()
    looking.feed(html)
    looking.close()
    return looking.found


def found_live(client: Client, *addresses: str, **headers: str) -> list[str]:
    """The same of pages, each with its address; none may be an error."""
    found = []
    for address in addresses:
        answer = client.get(address, headers=headers)
        assert answer.status_code < 500, address
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            content = live_content(answer.content.decode())
            found += [f"{address}: {one}" for one in content]
    return found
