"""The one renderer: Markdown as people wrote it to HTML that is safe to show (BAR §2.5).

Raw HTML is text. What the library makes is passed through an allow-list (nh3) that
knows no `data-*`, `id`, `name` or `style`. Nothing is edited after it was sanitised.
Pictures are not shown yet; their words are.

The library is quadratic in runs of brackets, stars and the like (BAR T14), so texts are
measured first: what would take long is shown as plain text, in full.
"""

import re
from functools import lru_cache
from html import escape, unescape
from typing import Any
from xml.etree.ElementTree import Element

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor

MARKUP_VERSION = 1
"""Goes up with each change of what is allowed, so that no cache keeps the old."""

LONGEST = 500_000
MOST_MARKS = 400
"""Marks of one kind in one paragraph beyond which nobody means Markdown."""
DEEPEST = 40
"""Columns of indentation, quotes or list marks in one line."""

BLOCK_TAGS = {
    "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "del", "a",
    "ul", "ol", "li", "h3", "h4", "h5", "h6",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
INLINE_TAGS = {"code", "em", "strong", "del", "a", "br"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
REL = "noopener noreferrer nofollow ugc"

_MARKS = "[]()*_`<!&\\~#|"
_LINK = re.compile(r"(?<![\w/\"'=(<])https?://[^\s<>\"'`\\)\]]{1,2000}")
_DEEP = re.compile(r"[ \t>*+-]{%d,}" % DEEPEST)


def render(text: str) -> SafeString:
    """Prose of several paragraphs as safe HTML. Never raises, whatever the text."""
    return _render(text, MARKUP_VERSION)


def render_inline(text: str) -> SafeString:
    """One line or a few as safe HTML without blocks: code, emphasis and links."""
    return _render_inline(text, MARKUP_VERSION)


def to_plain(text: str) -> str:
    """The words alone, for search, excerpts and mail."""
    if not text or not any(mark in text for mark in _MARKS):
        return text
    return _to_plain(text, MARKUP_VERSION)


@lru_cache(maxsize=4_096)
def _render(text: str, _version: int) -> SafeString:
    if _takes_long(text):
        return _as_text(text)
    return mark_safe(_clean(_convert(_blocks, text), BLOCK_TAGS))  # noqa: S308


@lru_cache(maxsize=32_768)
def _render_inline(text: str, _version: int) -> SafeString:
    if not any(mark in text for mark in "*_`[<&\n\\:~"):
        return mark_safe(escape(text))  # noqa: S308  nothing to convert
    if _takes_long(text):
        return _as_text(text)
    lines = [_convert(_lines, line) for line in text.split("\n")]
    return mark_safe(_clean("<br>".join(lines), INLINE_TAGS))  # noqa: S308


@lru_cache(maxsize=4_096)
def _to_plain(text: str, _version: int) -> str:
    html = _convert(_blocks, text) if not _takes_long(text) else escape(text)
    spaced = re.sub(r"</(p|li|h\d|tr|pre|blockquote)>|<br ?/?>", r"\n", html)
    words = nh3.clean(spaced, tags=set())
    return re.sub(r"\n{2,}", "\n", unescape(words)).strip()


def _clean(html: str, tags: set[str]) -> str:
    return nh3.clean(
        html,
        tags=tags,
        attributes={tag: names for tag, names in ATTRIBUTES.items() if tag in tags},
        url_schemes=SCHEMES,
        link_rel=REL,
        generic_attribute_prefixes=set(),
        clean_content_tags={"script", "style"},
    )


def _as_text(text: str) -> SafeString:
    safe = escape(text[:LONGEST]).replace("\n", "<br>")
    return mark_safe(f"<p>{safe}</p>")  # noqa: S308  escaped just above


def _takes_long(text: str) -> bool:
    """Whether the library would need more than moments for it."""
    if len(text) > LONGEST or _DEEP.search(text):
        return True
    return any(
        max(map(paragraph.count, _MARKS)) > MOST_MARKS
        for paragraph in text.split("\n\n")
        if len(paragraph) > MOST_MARKS
    )


def _convert(markdown: Markdown, text: str) -> str:
    markdown.reset()
    try:
        return markdown.convert(text)
    except (RecursionError, ValueError, AttributeError, IndexError):
        return f"<p>{escape(text)}</p>"


class _PlainLinks(InlineProcessor):
    """An address in the text is a link, without brackets around it."""

    def handleMatch(  # noqa: N802  the library's name
        self, m: re.Match[str], data: str
    ) -> tuple[Element, int, int]:
        address = m.group(0).rstrip(".,;:!?")
        link = Element("a", href=address)
        link.text = address
        return link, m.start(0), m.start(0) + len(address)


class _PicturesAsWords(Treeprocessor):
    def run(self, root: Element) -> None:
        for parent in root.iter():
            for child in list(parent):
                if child.tag == "img":
                    child.tag = "em"
                    child.text = child.get("alt") or child.get("src") or ""
                    child.attrib.clear()
                elif child.tag in {"h1", "h2"}:
                    child.tag = "h3"


class _OurRules(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.inlinePatterns.register(_PlainLinks(_LINK.pattern, md), "plain-link", 110)
        md.treeprocessors.register(_PicturesAsWords(md), "pictures", 5)


class _OnlyInline(Extension):
    """Block grammar off: a line that begins with “1.” or “#” stays as it is."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        blocks: Any = md.parser.blockprocessors
        for name in ("empty", "indent", "code", "hashheader", "setextheader", "hr",
                     "olist", "ulist", "quote", "reference"):  # fmt: skip
            blocks.deregister(name)


_blocks = Markdown(
    extensions=["fenced_code", "tables", "sane_lists", _OurRules()],
    output_format="html",
    tab_length=4,
)
_lines = Markdown(extensions=[_OurRules(), _OnlyInline()], output_format="html")
