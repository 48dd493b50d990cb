"""Tags of the reading page, put together by hand where templates would recurse."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from django import template
from django.utils.dateformat import format as date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from postmortems import markup
from postmortems.document import Document, Why
from postmortems.templatetags.report import icon
from postmortems.vocabulary import Status

register = template.Library()

LONGEST_NAME = 60
"""Characters of a row's text that say which one a link is about."""


@register.simple_tag
def permalink(anchor: str, label: str) -> SafeString:
    """The stable address of a part, shown where somebody points at the part."""
    if not anchor:
        return SafeString("")
    return format_html(
        '<a class="permalink" href="#{}" aria-label="{}">{}</a>',
        anchor,
        _("Link to %(part)s") % {"part": label},
        icon("link"),
    )


@register.simple_tag
def part_title(number: int, anchor: str, label: str) -> SafeString:
    """The heading of one of the five parts, which Alt and its number go to."""
    return format_html(
        '<h2 id="s{}"><span class="n">{}</span>{}</h2>{}',
        number,
        number,
        label,
        permalink(anchor, label),
    )


@register.simple_tag
def sub_title(anchor: str, label: str) -> SafeString:
    return format_html("<h3>{}</h3>{}", label, permalink(anchor, label))


@register.simple_tag
def endmark(document: Document) -> SafeString:
    """The small square behind the last line of a published report."""
    if document.status not in {Status.PUBLISHED, Status.CLOSED}:
        return SafeString("")
    return format_html(
        '<span class="endmark" role="img" aria-label="{}"></span>', _("End of report")
    )


@register.simple_tag
def until(ended_at: datetime, occurred_at: datetime) -> SafeString:
    """The end of an entry; with its day where it is another than the beginning's."""
    at = ended_at.astimezone(UTC)
    if at.date() == occurred_at.astimezone(UTC).date():
        return _time(at, f"{at:%H:%M:%S}")
    return _time(at, date_format(at, "j M, H:i:s"))


@register.simple_tag
def fact_moment(at: datetime, day: datetime | None) -> SafeString:
    """A moment among the facts; the report's own day is said once, at its head."""
    local = at.astimezone(UTC)
    if day is not None and local.date() == day.astimezone(UTC).date():
        return _time(local, f"{local:%H:%M:%S}")
    same_year = day is not None and day.year == local.year
    return _time(
        local, date_format(local, "j M, H:i:s" if same_year else "j M Y, H:i:s")
    )


@register.simple_tag
def short_day(day: date, today: date) -> SafeString:
    """“20 Mar”, with the year where it is another than this one."""
    words = date_format(day, "j M" if day.year == today.year else "j M Y")
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), words)


@register.filter
def markdown_plain(text: str) -> str:
    """The words alone, where a link or markup cannot stand."""
    return markup.to_plain(text)


@register.simple_tag
def suggest_change(kind: str, ref: str, text: str) -> SafeString:
    """The way to correct one row, by its anchor: “entry-12”."""
    return format_html(
        '<a class="suggest no-print" href="suggest/rows/{}/{}/">{}'
        '<span class="vh">{}: {}</span></a>',
        kind,
        ref.rpartition("-")[2],
        icon("pencil"),
        _("Suggest a change"),
        text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…",
    )


@register.simple_tag
def suggest_wording(section: int | str, name: str) -> SafeString:
    """The way to word a section otherwise, by its id or its anchor."""
    return format_html(
        '<p class="suggest-line no-print"><a href="suggest/sections/{}/">{}'
        '<span class="vh">: {}</span></a></p>',
        str(section).rpartition("-")[2],
        _("Suggest other words"),
        name,
    )


@register.simple_tag
def suggest_new(kind: str, words: str, query: str = "") -> SafeString:
    """The way to suggest a new row of a kind."""
    return format_html(
        '<p class="suggest-line no-print"><a href="suggest/rows/{}/add/{}">{}</a></p>',
        kind,
        query,
        words,
    )


@register.simple_tag
def whys(branches: Sequence[Why]) -> SafeString:
    """The 5 Whys as lists within lists."""
    return format_html('<ol class="whys">{}</ol>', _branches(branches, 0))


def _branches(branches: Sequence[Why], depth: int) -> SafeString:
    return format_html_join(
        "",
        '<li><div class="why" id="{}"><p class="why__q">{}</p>'
        '<p class="why__a">{}{}</p></div>{}</li>',
        (
            (
                why.ref,
                why.question or _usual_question(depth),
                markup.render_inline(why.answer),
                _root_tag() if why.primary else "",
                _list(why.because, depth + 1) if why.because else "",
            )
            for why in branches
        ),
    )


def _list(branches: Sequence[Why], depth: int) -> SafeString:
    return format_html("<ol>{}</ol>", _branches(branches, depth))


def _time(at: datetime, words: str) -> SafeString:
    return format_html(
        '<time datetime="{}">{}</time>', f"{at:%Y-%m-%dT%H:%M:%SZ}", words
    )


def _usual_question(depth: int) -> str:
    return _("Why? %(n)s") % {"n": depth} if depth else _("What happened")


def _root_tag() -> SafeString:
    return format_html(
        ' <span class="tag tag--root">{}</span>', _("Primary root cause")
    )
