"""The one rule for text that people or other programs hand in.

`clean_text` is used by every form and every importer:

- NUL and lone surrogates are refused: PostgreSQL cannot keep them, and they are never
  something a person typed.
- CRLF and CR become LF. Other control characters (C0, C1, DEL) are taken out; tab and
  line end stay. Trailing spaces stay, since Markdown's hard break is made of them, but
  not after the last line, and a text does not begin with empty lines.
- Unicode is normalised to NFC, with at most 20 combining marks on one base.
- In a single line (titles, names) line ends and tabs become a space, runs of spaces one
  space, and what cannot be seen goes: bidirectional controls, zero-width spaces, soft
  hyphens; joiners stay between two characters, where emoji and scripts need them.
- The limit counts code points of the result.

Cleaning twice gives what cleaning once gave.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

MOST_COMBINING = 20
GROUPED_FROM = 10_000

_REFUSED = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_ENDS = re.compile("\r\n?")
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_JOINERS = "\u200c\u200d"
# Only here can there be more than 20 marks, for none is below U+0300.
_LONG_RUN = re.compile(f"[\u0300-\U0010ffff]{{{MOST_COMBINING + 1},}}")


class BadText(ValueError):
    """This text is refused; `str()` of this is fit to show to people."""


def clean_text(value: str, *, limit: int, lines: bool) -> str:
    """The text as it is stored, or BadText; `lines` says whether it may have some."""
    if _REFUSED.search(value):
        raise BadText(
            _("There is a character that cannot be stored in it (NUL or half a pair).")
        )
    if not value.isascii() and len(value) > 8 * limit:
        # Normalising takes time; nothing shrinks to an eighth.
        raise _too_long(value, limit)
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", value))
    if not lines:
        text = _INVISIBLE.sub("", text)
    if not text.isascii():
        # Capped before, because ordering long runs of marks takes quadratic time, and
        # after, because a mark may come apart into two.
        text = unicodedata.normalize("NFC", _LONG_RUN.sub(_cap_marks, text))
        text = _LONG_RUN.sub(_cap_marks, text)
    text = _trim_lines(text) if lines else _trim_line(text)
    if len(text) > limit:
        raise _too_long(text, limit)
    return text


def readable_text(value: str) -> str:
    """The same rule for a text that is there already: what is refused goes as well."""
    return clean_text(_REFUSED.sub("", value), limit=2 * len(value) + 1, lines=True)


def _trim_line(text: str) -> str:
    return " ".join(text.split()).strip(f" {_JOINERS}")


def _trim_lines(text: str) -> str:
    text = text.rstrip()
    first = len(text) - len(text.lstrip())
    # Empty lines before the first word go; its own indentation stays.
    return text[text.rfind("\n", 0, first) + 1 :]


def _cap_marks(run: re.Match[str]) -> str:
    kept = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks <= MOST_COMBINING:
            kept.append(character)
    return "".join(kept)


def _too_long(text: str, limit: int) -> BadText:
    return BadText(
        _("At most %(limit)s characters; this has %(count)s.")
        % {"limit": _grouped(limit), "count": _grouped(len(text))}
    )


def _grouped(number: int) -> str:
    """12 345 with a space that does not break; 1234 as it is."""
    return (
        f"{number:,}".replace(",", "\u00a0") if number >= GROUPED_FROM else str(number)
    )
