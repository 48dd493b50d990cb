"""The design's parts as template tags: marks, times, strips, bones.

They take plain values and ask no questions of the database. What stands once in each
row of a long list is put together here by hand, because including a template for it
costs more than the row itself.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from postmortems import markup, strips
from postmortems.durations import duration_in_words
from postmortems.file_addresses import ADDRESS
from postmortems.vocabulary import ActionType, Category, EvidenceKind, Precision

register = template.Library()

SHARED_SCALE = 300 * 60
"""Seconds that fill a mini strip; longer ones are cut, so that rows compare."""
MINI_WIDTH = 88

_WEB = re.compile(r"https?://", re.IGNORECASE)

EVIDENCE_ICONS = {
    "graph": "chart-line",
    "log": "scroll-text",
    "trace": "route",
    "chat": "message-square",
    "deploy": "git-branch",
    "screenshot": "image",
    "ticket": "bookmark",
    "other": "link",
}


@register.filter
def markdown(text: str, reference: str = "") -> SafeString:
    """`reference` is the report's, whose own pictures are shown."""
    return markup.render(text, reference)


@register.filter
def markdown_inline(text: str) -> SafeString:
    return markup.render_inline(text)


@register.simple_tag
def request_key_field() -> SafeString:
    """What tells one sending of a form from the next, so that a step is taken once."""
    return format_html(
        '<input type="hidden" name="request_key" value="{}">', uuid4().hex
    )


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="#i-{}"/></svg>',
            label,
            name,
        )
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name
    )


@register.simple_tag
def mark(state: str = "", label: str = "") -> SafeString:
    """The small square: empty, half, full, warn or late."""
    data = format_html(' data-is="{}"', state) if state else ""
    if label:
        return format_html(
            '<span class="mark"{} role="img" aria-label="{}"></span>', data, label
        )
    return format_html('<span class="mark"{} aria-hidden="true"></span>', data)


@register.simple_tag
def outline_mark(state: str) -> SafeString:
    """How far a part of the report is, as a mark that says it in a word, too."""
    words = {"full": _("complete"), "half": _("in progress")}
    return mark(state, words.get(state, _("empty")))


@register.simple_tag
def severity_badge(severity: Any) -> SafeString:
    """Bars and label; anything with `rank` and `label`. Rank 4 and beyond: one bar.

    A label that is not on the scale (rank 0) has none: nobody knows how severe it is.
    """
    if severity.rank < 1:
        return format_html('<span class="tag">{}</span>', severity.label)
    rank = min(max(severity.rank, 1), 4)
    bars = mark_safe(  # noqa: S308  built from numbers
        "".join("<b class='on'></b>" if n < 5 - rank else "<b></b>" for n in range(4))
    )
    return format_html(
        '<span class="sev" data-sev="{}"><i aria-hidden="true">{}</i>{}</span>',
        rank,
        bars,
        severity.label,
    )


@register.simple_tag
def clock(at: datetime, precision: str = Precision.EXACT) -> SafeString:
    """09:30:15 with lighter seconds; 09:30 where only the minute is known."""
    moment = at.astimezone(UTC)
    about = "≈ " if precision in {Precision.APPROXIMATE, Precision.UNKNOWN} else ""
    seconds = "" if precision == Precision.MINUTE else f":{moment:%S}"
    return format_html(
        '<time datetime="{}" title="{}">{}{}<i>{}</i></time>',
        f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        about,
        f"{moment:%H:%M}",
        seconds,
    )


@register.simple_tag
def day(at: datetime | date, *, long: bool = False) -> SafeString:
    """“Thursday 5 March 2026” long, “5 Mar” short."""
    local = at.astimezone(UTC).date() if isinstance(at, datetime) else at
    short = f"{local.day} {local:%b}"
    text = f"{local:%A} {local.day} {local:%B %Y}" if long else short
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), text)


@register.simple_tag
def moment(at: datetime, today: date | None = None) -> SafeString:
    """“5 Mar, 09:00:00”; with the year only where it is not this one."""
    local = at.astimezone(UTC)
    year = f" {local.year}" if today is None or local.year != today.year else ""
    return format_html(
        '<time datetime="{}">{} {}{}, {}</time>',
        f"{local:%Y-%m-%dT%H:%M:%SZ}",
        local.day,
        f"{local:%b}",
        year,
        f"{local:%H:%M:%S}",
    )


@register.simple_tag
def due(on: date, today: date, settled: object = False) -> SafeString:  # noqa: FBT002
    """A due date with its distance from today; late is said in words as well."""
    year = f" {on.year}" if on.year != today.year else ""
    shown = format_html(
        '<time datetime="{}">{} {} {}{}</time>',
        on.isoformat(),
        f"{on:%a}",
        on.day,
        f"{on:%b}",
        year,
    )
    if settled:
        return shown
    days = (on - today).days
    if days < 0:
        late = ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}
        return format_html('{} <span class="late sm">{}</span>', shown, late)
    if days == 0:
        return format_html('{} <span class="soon sm">{}</span>', shown, _("today"))
    return shown


@register.simple_tag
def duration(length: timedelta) -> str:
    return duration_in_words(length)


@register.simple_tag
def evidence(item: Any) -> SafeString:
    """A piece of evidence as a link and as what was pasted; dict or Document value."""
    get = item.get if isinstance(item, dict) else lambda name: getattr(item, name, "")
    url, text, trace_id = (get(name) or "" for name in ("url", "text", "trace_id"))
    trace_name = _("Trace %(id)s") % {"id": trace_id} if trace_id else ""
    named = get("label") or _first_line(text) or trace_name
    label = named or (_("Screenshot") if ADDRESS.fullmatch(url) else url)
    besides = f", {trace_name}" if trace_name and label != trace_name else ""
    inside = format_html(
        "{}{}{}",
        icon(EVIDENCE_ICONS.get(get("kind") or "other", "link")),
        label,
        besides,
    )
    if own := ADDRESS.fullmatch(url):
        return _evidence_file(own, label, inside)
    if _WEB.match(url):
        link = format_html(
            '<a class="evidence" href="{}" rel="{}">{}</a>', url, markup.REL, inside
        )
        pasted = _pasted(_("Pasted text"), text) if text else ""
        return format_html("{}{}", link, pasted)
    if text:
        return _pasted(inside, text)
    return format_html('<span class="evidence">{}</span>', inside)


def _evidence_file(own: re.Match[str], label: str, inside: str) -> SafeString:
    """A file of this installation: a picture unfolds, anything else is downloaded."""
    if not own["width"]:
        return format_html('<a class="evidence" href="{}">{}</a>', own[0], inside)
    return format_html(
        '<details class="evidence-text"><summary class="evidence">{}</summary>'
        '<a href="{}"><img src="{}" alt="{}" width="{}" height="{}" loading="lazy"></a>'
        "</details>",
        inside,
        own[0],
        own[0],
        label,
        own["width"],
        own["height"],
    )


def _pasted(summary: str, text: str) -> SafeString:
    return format_html(
        '<details class="evidence-text"><summary class="evidence">{}</summary>'
        '<pre tabindex="0">{}</pre></details>',
        summary,
        text,
    )


@register.simple_tag
def evidence_kinds(selected: str | None = "") -> SafeString:
    """The options of a list of evidence kinds."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, mark_safe(" selected") if value == selected else "", label)
            for value, label in EvidenceKind.choices
        ),
    )


@register.simple_tag
def action_types(types: Iterable[str]) -> str:
    """“Corrective, detective”: the types of an action in one phrase."""
    words = [str(kind.label) for kind in ActionType if kind in types]
    return ", ".join([words[0], *(word.lower() for word in words[1:])]) if words else ""


@register.simple_tag
def avatar(user: Any) -> SafeString:
    return format_html(
        '<span class="avatar" style="--p:var(--person-{})" title="{}" role="img"'
        ' aria-label="{}">{}</span>',
        user.colour,
        user.name,
        user.name,
        user.initials,
    )


@register.simple_tag
def person(user: Any) -> SafeString:
    return format_html(
        '<span class="person"><span class="avatar avatar--sm"'
        ' style="--p:var(--person-{})" aria-hidden="true">{}</span>{}</span>',
        user.colour,
        user.initials,
        user.name,
    )


@register.simple_tag
def team_badge(team: Any) -> SafeString:
    """A team with its initials; a plain name where the team is not known here."""
    name = str(team)
    initials = getattr(team, "initials", name[:2].upper())
    return format_html(
        '<span class="person"><span class="avatar avatar--sm avatar--team"'
        ' aria-hidden="true">{}</span>{}</span>',
        initials,
        name,
    )


@register.simple_tag
def mini_strip(total: float, unseen: float) -> SafeString:
    """A strip in a table cell, seconds on a shared square-root scale."""
    width = (min(total, SHARED_SCALE) / SHARED_SCALE) ** 0.5 * MINI_WIDTH
    hidden = width * min(max(unseen, 0), total) / total if total else 0
    return format_html(
        '<span class="ministrip" aria-hidden="true">'
        '<span data-phase="unseen" style="--w:{}"></span>'
        '<span data-phase="respond" style="--w:{}"></span>'
        '<span data-phase="recover"></span></span>',
        round(hidden, 1),
        round(width - hidden, 1),
    )


@register.inclusion_tag("report/_strip.html")
def time_strip(source: Any) -> dict[str, Any]:
    """The incident as one line: hatched while unseen, solid while people respond.

    `source` is a loaded Report or a Document.
    """
    return {"strip": strips.strip_of(source)}


@register.inclusion_tag("report/_fishbone.html")
def fishbone(source: Any, *, editing: bool = False, base: str = "") -> dict[str, Any]:
    """Contributing factors on the six bones, from a loaded Report or a Document."""
    bones = [
        {
            "name": bone.label,
            "value": bone.value,
            "factors": strips.factors_on(source, bone),
        }
        for bone in Category
    ]
    return {
        "upper": bones[:3],
        "lower": bones[3:],
        "unplaced": strips.factors_on(source, None),
        "effect": strips.title_of(source),
        "editing": editing,
        "base": base,
    }


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0][:60]
