"""A report's text as HTML, kept by version and shared by all of its readers.

What is kept holds nothing of a reader, and nothing that changes while the version does
not: dates relative to today, names and actions are put beside it for each request.
Keys name the report, the version of its text and the version of the markup; access has
been checked before anybody asks here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from postmortems import access, reading
from postmortems.document import Document
from postmortems.exporters.documenting import document_of
from postmortems.exporters.json import from_data
from postmortems.exporters.refreshing import as_of_today, with_present_names
from postmortems.forms.fields import FIELD_FORMS
from postmortems.markup import MARKUP_VERSION
from postmortems.models import Postmortem, Publication, Section, Version
from postmortems.strips import strip_of
from postmortems.versions import label_of
from postmortems.vocabulary import LessonKind, Place, Status

if TYPE_CHECKING:
    from actions.models import ActionItem


@dataclass(frozen=True, slots=True)
class Article:
    """One version of the text. `document` holds what is drawn anew each time."""

    document: Document
    strip: SafeString
    upper: SafeString
    """Summary, timeline and cause."""
    lessons: SafeString
    """The lessons; the actions come behind them."""
    behind_actions: SafeString
    lower: SafeString
    """Follow-ups."""
    living: frozenset[str] = frozenset()
    """Anchors of the actions that still exist, of which something may become."""
    suggests: Mapping[str, int] = field(default_factory=dict)
    """Ids of the fixed sections by key, where readers may suggest other words."""


def draft(postmortem: Postmortem, *, newest_first: bool = False) -> Article:
    """The text as it stands now."""
    key = _key(postmortem, f"d{postmortem.revision}", newest_first=newest_first)
    article = _kept(key)
    if article is None:
        report = access.report(postmortem)
        fixed = {
            one.key: one.pk for one in report.sections if one.key != Section.Key.FREE
        }
        document = document_of(report)
        article = _keep(
            key, compose(document, newest_first=newest_first, suggests=fixed)
        )
    names = access.names(postmortem)
    document = with_present_names(article.document, names)
    return replace(article, document=document, living=_anchors(names.actions))


def published(
    postmortem: Postmortem, publication: Publication, *, newest_first: bool = False
) -> Article:
    """The text of a publication exactly as it was frozen."""
    key = _key(postmortem, f"p{publication.pk}", newest_first=newest_first)
    article = _kept(key)
    if article is None:
        document = from_data(publication.document)
        article = _keep(key, compose(document, newest_first=newest_first))
    return article


def of_version(
    postmortem: Postmortem, version: Version, *, newest_first: bool = False
) -> Article:
    """The text as a version keeps it."""
    key = _key(postmortem, f"v{version.pk}", newest_first=newest_first)
    article = _kept(key)
    if article is None:
        document = document_of(access.report_of_version(postmortem, version))
        article = _keep(key, compose(document, newest_first=newest_first))
    return article


def for_readers(
    postmortem: Postmortem,
    publication: Publication | None,
    *,
    newest_first: bool = False,
) -> Article:
    """What somebody who opens the report reads: the published text where there is one,
    with its actions as of today, else the draft.
    """
    if publication is None:
        return draft(postmortem, newest_first=newest_first)
    article = published(postmortem, publication, newest_first=newest_first)
    actions = access.living_actions(postmortem)
    document = as_of_today(article.document, postmortem, actions)
    return replace(article, document=document, living=_anchors(actions))


def compose(
    document: Document,
    *,
    newest_first: bool = False,
    may_turn: bool = True,
    suggests: Mapping[str, int] | None = None,
) -> Article:
    """The HTML of a document, not kept anywhere.

    `may_turn` offers to read the timeline the other way round, by the same address;
    `suggests` to suggest changes, with the ids of the fixed sections.
    """
    context = {
        "document": document,
        "lines": reading.timeline_lines(document, newest_first=newest_first),
        "newest_first": newest_first,
        "suggests": suggests,
        "nothing": _("Nothing was written here.")
        if document.status in {Status.PUBLISHED, Status.CLOSED}
        else _("Nothing here yet."),
        "may_turn": may_turn and len(document.timeline) > 1,
        "lesson_columns": [
            (kind, [lesson for lesson in document.lessons if lesson.kind == kind])
            for kind in LessonKind
        ],
        "long_impact": document.impact and not reading.short_impact(document),
        "noted": [f for f in document.factors if f.note or f.same_as],
        "free": {
            place.value: [s for s in document.free_sections if s.after == place]
            for place in Place
        },
    }

    def drawn(name: str) -> SafeString:
        return render_to_string(f"postmortems/reading/_{name}.html", context)

    return Article(
        document=reading.without_text(document),
        strip=render_to_string("report/_strip.html", {"strip": strip_of(document)}),
        upper=drawn("upper"),
        lessons=drawn("lessons"),
        behind_actions=drawn("behind_actions"),
        lower=drawn("lower"),
        suggests=suggests or {},
    )


def page_context(
    article: Article,
    *,
    base: str,
    today: date,
    publication: Publication | None = None,
) -> dict[str, Any]:
    """What the template of an article needs; its two living parts are kept by content.

    They show the same to everybody for whom it is the same day.
    """
    number = publication and publication.number
    shown = (article.document, base, today, number, article.suggests)
    context = {
        "document": article.document,
        "base": base,
        "today": today,
        "publication": publication,
        "strip": article.strip,
        "living": article.living,
        "suggests": article.suggests,
    }
    return {
        "article": article,
        "document": article.document,
        "base": base,
        "publication": publication,
        "top": _kept_by_content("top", (*shown, article.strip), lambda: _top(context)),
        "actions": _kept_by_content(
            "actions", (*shown, sorted(article.living)), lambda: _actions(context)
        ),
    }


def _top(context: dict[str, Any]) -> SafeString:
    document = context["document"]
    more = {
        "day": reading.day_of(document),
        "spans": reading.spans(document),
        "moments": reading.moments(document),
        "short_impact": reading.short_impact(document),
        "fact_names": [(name, label_of(name)) for name in FIELD_FORMS],
    }
    return render_to_string("postmortems/reading/_top.html", {**context, **more})


def _actions(context: dict[str, Any]) -> SafeString:
    document, today = context["document"], context["today"]
    more = {
        "actions": reading.action_lines(document, today=today),
        "actions_done": reading.count_done(document),
    }
    return render_to_string("postmortems/reading/_actions.html", {**context, **more})


def _kept_by_content(
    name: str, content: object, draw: Callable[[], SafeString]
) -> SafeString:
    digest = sha256(repr(content).encode()).hexdigest()
    key = f"{name}:{digest}:{MARKUP_VERSION}:{get_language()}"
    kept: SafeString | None = caches["fragments"].get(key)
    if kept is None:
        kept = draw()
        caches["fragments"].set(key, kept)
    return kept


def _anchors(actions: "Iterable[ActionItem]") -> frozenset[str]:
    return frozenset(f"action-{action.pk}" for action in actions)


def _key(postmortem: Postmortem, version: str, *, newest_first: bool) -> str:
    order = "newest" if newest_first else "oldest"
    return (
        f"article:{postmortem.pk}:{version}:{order}:{MARKUP_VERSION}:{get_language()}"
    )


def _kept(key: str) -> Article | None:
    article: Article | None = caches["fragments"].get(key)
    return article


def _keep(key: str, article: Article) -> Article:
    caches["fragments"].set(key, article)
    return article
