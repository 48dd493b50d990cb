"""The one renderer: Markdown as people wrote it to HTML that is safe to show.

Raw HTML is text. What the library makes of the rest passes an allow-list (nh3) that
knows no `data-*`, `id`, `name`, `class` or `style`; links are http, https, mailto or
anchors of the page or evidence files, and no picture is loaded but the report's own
evidence: any other becomes a link to where it lies.
Nothing is edited after it was sanitised, and nothing here raises, whatever the text.

Python-Markdown takes quadratic time for brackets and underlines. The patterns for
links are therefore our own and look a bounded way ahead; what is nested or as long as
nobody writes is shown as it was typed.
"""

import logging
import re
import threading
from collections.abc import Callable, Collection
from functools import lru_cache
from html import escape, unescape
from typing import Any, ClassVar
from xml.etree.ElementTree import Element, SubElement

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown import Markdown
from markdown.blockprocessors import HashHeaderProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor, SubstituteTagInlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from postmortems.file_addresses import ADDRESS, is_address

logger = logging.getLogger(__name__)

MARKUP_VERSION = 3
"""Goes up with each change of what is allowed, so that no cache keeps the old."""

LONGEST = 100_000
"""Characters beyond which a text is shown as typed; a report is a tenth of it."""
DEEPEST = 20
"""Quotes and lists inside one another at the beginning of one line."""
MOST_UNDERLINES = 40
"""Lines of `=` or `-` in one block; each costs the library a copy of the block."""
MOST_BLOCKS = 10_000
CACHED_LENGTH = 20_000
"""Characters up to which a text has its place in the large cache."""

BLOCK_TAGS = {
    "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "a", "img",
    "ul", "ol", "li", "h3", "h4", "h5", "h6",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
INLINE_TAGS = {"code", "em", "strong", "a", "br"}
SCHEMES = {"http", "https", "mailto"}
REL = "noopener noreferrer nofollow ugc"

_TOO_DEEP = re.compile(
    rf"^(?:[ \t]*+(?:>|[-*+][ \t]|\d{{1,9}}[.)][ \t])){{{DEEPEST + 1}}}", re.MULTILINE
)
_BLANK = re.compile(r"\n[ \t]*+(?=\n)")
_HEADING = re.compile(r"#{1,6}(?:[ \t]|$)")
_UNDERLINE = re.compile(r"^[ ]{0,3}(?:=+|-+)[ ]*$", re.MULTILINE)
_INLINE_MARK = re.compile(r"[*_`\[<&\n\\:]")
_ANY_MARK = re.compile(r"[*_`\[<&\\#|>]|^\s*+(?:[-+=]|\d+[.)])|\n\n", re.MULTILINE)


def render(text: str, reference: str = "") -> SafeString:
    """Prose of several paragraphs as safe HTML.

    `reference` is the report's, whose own evidence may be shown as pictures.
    """
    if len(text) > CACHED_LENGTH:
        return _render_long(text, reference, MARKUP_VERSION)
    return _render(text, reference, MARKUP_VERSION)


def render_inline(text: str) -> SafeString:
    """One line or a few as safe HTML without blocks: code, emphasis and links."""
    if len(text) > CACHED_LENGTH:
        # Longer than any entry may be; not worth a place in memory.
        return _make_inline(text)
    return _render_inline(text, MARKUP_VERSION)


def to_plain(text: str) -> str:
    """The words alone, for search, excerpts and mail."""
    if not _ANY_MARK.search(text):
        return text
    if len(text) > CACHED_LENGTH:
        return _make_plain(text)
    return _to_plain(text, MARKUP_VERSION)


@lru_cache(maxsize=2_048)
def _render(text: str, reference: str, _version: int) -> SafeString:
    return _make_blocks(text, reference)


@lru_cache(maxsize=32)
def _render_long(text: str, reference: str, _version: int) -> SafeString:
    return _make_blocks(text, reference)


@lru_cache(maxsize=16_384)
def _render_inline(text: str, _version: int) -> SafeString:
    return _make_inline(text)


@lru_cache(maxsize=2_048)
def _to_plain(text: str, _version: int) -> str:
    return _make_plain(text)


# --- From text to HTML ----------------------------------------------------------------


def _make_blocks(text: str, reference: str) -> SafeString:
    html = _converted(text, lambda text: _convert_blocks(text, reference))
    return mark_safe(_BLOCKS.clean(html))  # noqa: S308  sanitised here


def _make_inline(text: str) -> SafeString:
    if not _INLINE_MARK.search(text):
        return mark_safe(escape(text))  # noqa: S308  nothing to convert
    if len(text) > CACHED_LENGTH:
        return mark_safe(escape(text).replace("\n", "<br>"))  # noqa: S308  escaped
    html = _converted(text, _convert_inline)
    return mark_safe(_INLINE.clean(html).strip())  # noqa: S308  sanitised here


def _make_plain(text: str) -> str:
    html = _converted(text, _convert_blocks)
    spaced = re.sub(r"</(?:p|li|h\d|tr|pre|blockquote)>|<br ?/?>", "\n", html)
    spaced = re.sub(r"</t[hd]>\s*", " ", spaced)
    words = unescape(_NOTHING.clean(spaced))
    return re.sub(r"[ \t]*\n\s*", "\n", words).strip()


def _converted(text: str, convert: Callable[[str], str]) -> str:
    """HTML that is not safe yet; the text as typed where it can't be converted."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _is_beyond_markdown(text):
        return _as_typed(text)
    try:
        return convert(text)
    except Exception as error:  # noqa: BLE001  a report can always be read
        logger.warning("shown as typed: %s", type(error).__name__)
        return _as_typed(text)


def _is_beyond_markdown(text: str) -> bool:
    if len(text) > LONGEST or _TOO_DEEP.search(text):
        return True
    blocks = _BLANK.split(text)
    return len(blocks) > MOST_BLOCKS or any(
        len(_UNDERLINE.findall(block)) > MOST_UNDERLINES
        for block in blocks
        if len(block) > MOST_UNDERLINES
    )


def _as_typed(text: str) -> str:
    paragraphs = re.split(r"\n{2,}", text.strip("\n"))
    return "".join(
        "<p>{}</p>".format(escape(part).replace("\n", "<br>")) for part in paragraphs
    )


def _convert_blocks(text: str, reference: str = "") -> str:
    _converters.pictures.reference = reference
    return _converters.blocks.reset().convert(text)


def _convert_inline(text: str) -> str:
    """The library's inline half alone: a line that begins with “1.” stays as it is."""
    markdown = _converters.inline.reset()
    root = Element("div")
    SubElement(root, "p").text = text.replace("\x02", "").replace("\x03", "")
    for name in ("inline", "pictures", "unescape"):
        markdown.treeprocessors[name].run(root)
    html = markdown.serializer(root)
    for postprocessor in markdown.postprocessors:
        html = postprocessor.run(html)
    return html


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    """Schemes are nh3's to check; of addresses without one only anchors stay, and
    evidence files, whose view asks for everybody's rights.
    """
    if attribute == "src":
        return value if is_address(value) else None
    if attribute != "href" or _ABSOLUTE.match(value):
        return value
    return value if value.startswith("#") or is_address(value) else None


_ABSOLUTE = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "img": {"src", "alt", "width", "height", "loading"},
}


def _cleaner(tags: set[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        attributes={tag: names for tag, names in _ATTRIBUTES.items() if tag in tags},
        attribute_filter=_allowed,
        url_schemes=SCHEMES,
        link_rel=REL,
        generic_attribute_prefixes=set(),
        clean_content_tags=set(),
    )


_BLOCKS = _cleaner(BLOCK_TAGS)
_INLINE = _cleaner(INLINE_TAGS)
_NOTHING = _cleaner(set())


# --- Our rules for the library --------------------------------------------------------


class _Links(InlineProcessor):
    """`[words](address "title")`, `[words][id]`, `[id]`.

    Looks at most a line or so ahead, where the library looks to the end of the text
    from each bracket.
    """

    ANCESTOR_EXCLUDES: ClassVar[Collection[str]] = ("a",)
    PATTERN = r"(?<!!)\["

    TARGET = re.compile(
        r"\(\s*+(?:<(?P<quoted>[^<>\n]{0,2000})>"
        r"|(?P<bare>(?:[^\s()<>]|\([^\s()<>]{0,500}\)){0,2000}+))"
        r"""(?:\s++(?:"(?P<title>[^"\n]{0,300})"|'(?P<title2>[^'\n]{0,300})'))?+\s*+\)"""
    )
    IDENTIFIER = re.compile(r" ?\[(?P<id>[^\[\]]{0,200})\]")

    def handleMatch(  # type: ignore[override]  # noqa: N802  the library's name
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int | None, int | None]:
        begin = m.end(0)
        closing = _closing_bracket(data, begin)
        if closing is None:
            return None, None, None
        words = data[begin:closing]
        found = self._target(data, closing + 1) or self._reference(data, closing, words)
        if found is None:
            return None, None, None
        address, title, end = found
        element = self.element(self.unescape(address.strip()), words)
        if title:
            element.set("title", self.unescape(title))
        return element, m.start(0), end

    def element(self, address: str, words: str) -> Element:
        link = Element("a", href=address)
        link.text = words
        return link

    def _target(self, data: str, start: int) -> tuple[str, str, int] | None:
        match = self.TARGET.match(data, start)
        if match is None:
            return None
        address = match["quoted"] if match["quoted"] is not None else match["bare"]
        return address, match["title"] or match["title2"] or "", match.end()

    def _reference(
        self, data: str, closing: int, words: str
    ) -> tuple[str, str, int] | None:
        if not self.md.references:
            return None
        match = self.IDENTIFIER.match(data, closing + 1)
        name = (match["id"] if match else "") or words
        known = self.md.references.get(" ".join(name.split()).lower())
        if known is None:
            return None
        return known[0] or "", known[1] or "", match.end() if match else closing + 1


class _Pictures(_Links):
    """The same after a `!`, also within a link."""

    ANCESTOR_EXCLUDES: ClassVar[Collection[str]] = ()
    PATTERN = r"!\["

    def element(self, address: str, words: str) -> Element:
        return Element("img", src=address, alt=self.unescape(words))


_BRACKET = re.compile(r"[\[\]]")
FURTHEST_BRACKET = 1_000
MOST_BRACKETS = 3
"""Of brackets inside one another."""


def _closing_bracket(data: str, start: int) -> int | None:
    open_brackets = 1
    for bracket in _BRACKET.finditer(data, start, start + FURTHEST_BRACKET):
        open_brackets += 1 if bracket[0] == "[" else -1
        if not open_brackets:
            return bracket.start()
        if open_brackets > MOST_BRACKETS:
            return None
    return None


class _PlainAddresses(InlineProcessor):
    """An address in the text is a link, without brackets around it."""

    ANCESTOR_EXCLUDES = ("a",)

    PATTERN = r"(?<![\w/\"'=(<])https?://[^\s<>\"'`\\)\]\x02\x03]{1,2000}"

    def handleMatch(  # type: ignore[override]  # noqa: N802  the library's name
        self, m: re.Match[str], data: str
    ) -> tuple[Element, int, int]:
        address = m.group(0).rstrip(".,;:!?*_")
        link = Element("a", href=address)
        link.text = address
        return link, m.start(0), m.start(0) + len(address)


class _Headings(HashHeaderProcessor):
    """A `#` is a heading only with a space behind it: “#4711” is a ticket."""

    RE = re.compile(r"(?:^|\n)(?P<level>#{1,6})(?=[ \t\n]|$)(?P<header>[^\n]*)(?:\n|$)")


class _HeadingsApart(Preprocessor):
    """Empty lines around headings, so that no block has many of them.

    The library copies and examines what is left of a block after each one.
    """

    def run(self, lines: list[str]) -> list[str]:
        apart: list[str] = []
        for line in lines:
            apart += ["", line, ""] if _HEADING.match(line) else [line]
        return apart


class _PicturesAndHeadings(Treeprocessor):
    """Pictures become links to themselves, around the picture where it is the report's
    own evidence; a text's headings rank below the page's.
    """

    reference = ""

    def run(self, root: Element) -> None:
        self._walk(root, in_link=False)

    def _walk(self, element: Element, *, in_link: bool) -> None:
        for child in element:
            if child.tag == "img":
                self._show(child, in_link=in_link)
                continue
            if child.tag in {"h1", "h2"}:
                child.tag = "h3"
            self._walk(child, in_link=in_link or child.tag == "a")

    def _show(self, picture: Element, *, in_link: bool) -> None:
        address, words = picture.get("src") or "", picture.get("alt") or ""
        own = ADDRESS.fullmatch(address)
        picture.tag = "span" if in_link else "a"
        picture.attrib = {} if in_link else {"href": address}
        if own is None or own["reference"] != self.reference:
            picture.text = words or address
            return
        shown = {"src": address, "alt": words, "loading": "lazy"}
        if own["width"]:  # the page leaves room for it
            shown |= {"width": own["width"], "height": own["height"]}
        SubElement(picture, "img", shown)


class _OurRules(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  the library's name
        md.preprocessors.deregister("html_block")
        for name in ("html", "image_link", "reference", "image_reference",
                     "short_reference", "short_image_ref", "link"):  # fmt: skip
            md.inlinePatterns.deregister(name)
        md.preprocessors.register(_HeadingsApart(md), "headings_apart", 15)
        md.inlinePatterns.register(_Links(_Links.PATTERN, md), "link", 160)
        md.inlinePatterns.register(_Pictures(_Pictures.PATTERN, md), "image_link", 150)
        md.inlinePatterns.register(
            _PlainAddresses(_PlainAddresses.PATTERN, md), "plain_address", 100
        )
        md.parser.blockprocessors.register(_Headings(md.parser), "hashheader", 70)
        md.treeprocessors.register(_PicturesAndHeadings(md), "pictures", 5)


class _EachLineEnds(Extension):
    """In an item of a list a line ends where its author ended it."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  the library's name
        breaks = SubstituteTagInlineProcessor(r" *\n", "br")
        md.inlinePatterns.register(breaks, "linebreak", 100)


class _Converters(threading.local):
    """A converter keeps state while it works, so each thread has its own."""

    def __init__(self) -> None:
        self.blocks = Markdown(
            extensions=["fenced_code", "tables", "sane_lists", _OurRules()],
            output_format="html",
        )
        self.pictures: Any = self.blocks.treeprocessors["pictures"]
        self.inline = Markdown(
            extensions=[_OurRules(), _EachLineEnds()], output_format="html"
        )


_converters = _Converters()
