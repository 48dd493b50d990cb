"""Tags of the history: pieces of a comparison, and when something was changed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from django import template
from django.utils.dateformat import format as date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from postmortems.comparing import Piece
from postmortems.models import Change

register = template.Library()

TAGS = {
    "same": mark_safe("<span>{}</span>"),
    "gone": mark_safe("<del>{}</del>"),
    "new": mark_safe("<ins>{}</ins>"),
}


@register.simple_tag
def pieces(found: Sequence[Piece]) -> SafeString:
    """The source text of both versions in one, escaped piece by piece."""
    return format_html_join("", "{}", ((_piece(piece),) for piece in found))


def _piece(piece: Piece) -> SafeString:
    if piece.kind == "left_out":
        return format_html(
            ' <span class="left-out" role="img" aria-label="{}">…</span> ',
            _("unchanged text left out"),
        )
    return format_html(TAGS[piece.kind], piece.text)


@register.simple_tag
def when(at: datetime, today: date) -> SafeString:
    """“9 Mar, 12:00:00”, with the year where it is another than this one."""
    moment = at.astimezone(UTC)
    form = "j M, H:i:s" if moment.year == today.year else "j M Y, H:i:s"
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        f"{moment:%Y-%m-%d %H:%M:%S}",
        date_format(moment, form),
    )


@register.simple_tag
def history_of(change: Change) -> str:
    """The query that shows all versions of the same row or section."""
    area, _colon, name = change.part.partition(":")
    if change.object_id is None or area not in {"row", "section"}:
        return ""
    part = name if area == "row" else "text"
    return f"?part={part}&object={change.object_id}"
