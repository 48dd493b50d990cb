"""Home: what waits for the reader, what they write, and what was learned lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from accounts.models import User
from postmortems import access, permissions
from postmortems.durations import duration_in_words
from postmortems.forms.opening import OpeningForm
from postmortems.ledger import LedgerRow, ledger, read_rows
from postmortems.markup import to_plain
from postmortems.models import Incident
from postmortems.views.replies import this_second
from postmortems.vocabulary import ActionStatus, ActionType, Status

MOST_SHOWN = 8
MOST_LEARNED = 3
MOST_SORTED = 50
SOON = timedelta(days=7)
"""A due date within this many days is marked."""

NOON, EVENING = 12, 18
"""Hours of the reader's day at which the greeting changes."""

UNSETTLED = (ActionStatus.OPEN, ActionStatus.IN_PROGRESS)
IN_HAND = (Status.GATHERING, Status.DRAFTING)
TO_READ = (Status.PUBLISHED, Status.CLOSED)


@dataclass(frozen=True, slots=True)
class DueAction:
    """A promise of the reader's, or of a team of theirs."""

    address: str
    report_address: str
    description: str
    types: str
    title: str
    team: str
    due: str
    when: str
    """“3 days overdue”, “in 4 days”."""
    mark: str
    """The class that says it without colour alone: late, soon or none."""


@dataclass(frozen=True, slots=True)
class InHand:
    """A report that is being written, as a row of home."""

    row: LedgerRow
    address: str
    edited: str
    sources: str
    """“3 of 10 sources looked at”, while data is gathered."""


@dataclass(frozen=True, slots=True)
class Learned:
    address: str
    title: str
    tldr: str
    published: str
    iso: str


@require_safe
def home(request: UserRequest) -> HttpResponse:
    """What waits for the reader; the first report where there is none yet."""
    now = this_second()
    visible = access.incidents(request.user)
    today = now.astimezone(request.user.zone).date()
    in_hand, in_review = _being_written(request.user, visible, now)
    due, due_count, late_count = _due_actions(request.user, visible, today)
    learned = _learned(visible, now)
    empty = not (in_hand or in_review or due or learned)
    if empty and not visible.exists():
        return _welcome(request, now)
    context = {
        "today": date_format(today, "l j F Y"),
        "greeting": _greeting(request.user, now, late=late_count, in_hand=len(in_hand)),
        "in_hand": in_hand,
        "in_review": in_review,
        "due": due,
        "due_count": due_count,
        "learned": learned,
    }
    return render(request, "postmortems/home.html", context)


def _welcome(request: UserRequest, now: datetime) -> HttpResponse:
    """The first page of an empty installation, with the form that fills it."""
    may_create = request.user.may_write
    form = OpeningForm(user=request.user, now=now) if may_create else None
    return render(request, "postmortems/welcome.html", {"form": form})


# --- Reports --------------------------------------------------------------------------


def _being_written(
    user: User, visible: QuerySet[Incident], now: datetime
) -> tuple[list[InHand], list[InHand]]:
    """Reports in the reader's hands, and those that wait for anybody's review."""
    theirs = Q(
        postmortem__participations__user=user,
        postmortem__participations__part__in=permissions.WRITERS,
    )
    by_change = "-postmortem__changed_at"
    hands = (
        visible.filter(theirs, postmortem__status__in=IN_HAND)
        .annotate(looked_at=Count("postmortem__ticks"))
        .order_by(by_change, "-pk")[:MOST_SHOWN]
    )
    review = (
        visible.filter(postmortem__status=Status.IN_REVIEW)
        .annotate(looked_at=Count("postmortem__ticks"))
        .order_by(by_change, "-pk")[:MOST_SHOWN]
    )
    more = ("postmortem__changed_at", "looked_at")
    found = [*read_rows(hands, *more), *read_rows(review, *more)]
    if not found:
        return [], []
    sources = _source_counts(found)
    rows = ledger(visible, found, now=now)
    items = [
        _in_hand(values, row, sources, now)
        for values, row in zip(found, rows, strict=True)
    ]
    waiting = [values.postmortem__status == Status.IN_REVIEW for values in found]
    return (
        [item for item, wait in zip(items, waiting, strict=True) if not wait],
        [item for item, wait in zip(items, waiting, strict=True) if wait],
    )


def _source_counts(found: Sequence[Any]) -> dict[str, int]:
    """How many sources the checklist of each kind names; not asked for in vain."""
    if not any(row.postmortem__status == Status.GATHERING for row in found):
        return {}
    kinds = {row.kind for row in found}
    return {kind: access.checklist(kind).count() for kind in sorted(kinds)}


def _in_hand(
    values: Any, row: LedgerRow, sources: dict[str, int], now: datetime
) -> InHand:
    gathering = values.postmortem__status == Status.GATHERING
    return InHand(
        row=row,
        address=reverse("postmortems:edit", args=[row.reference]),
        edited=_ago(values.postmortem__changed_at, now),
        sources=_("%(done)s of %(all)s sources looked at")
        % {"done": values.looked_at, "all": sources.get(values.kind, 0)}
        if gathering and sources.get(values.kind)
        else "",
    )


def _ago(at: datetime, now: datetime) -> str:
    """“Edited 2 h ago” within a day, and the date after that."""
    passed = now - at
    if passed < timedelta(minutes=1):
        return _("Edited in this minute")
    if passed < timedelta(days=1):
        hours = int(passed.total_seconds() // 3600)
        whole = timedelta(hours=hours) if hours else passed
        return _("Edited %(time)s ago") % {"time": duration_in_words(whole)}
    day = date_format(at, "j M" if at.year == now.year else "j M Y")
    return _("Edited %(day)s") % {"day": day}


def _learned(visible: QuerySet[Incident], now: datetime) -> list[Learned]:
    """The reports that were published last, each with its newest publication.

    Found by the id of the publication, which follows time but for imports; the dates
    decide among the newest.
    """
    publication = "postmortem__publications"
    newest = (
        visible.filter(
            postmortem__status__in=TO_READ, **{f"{publication}__isnull": False}
        )
        .order_by(f"-{publication}__pk")
        .values(
            "reference",
            "title",
            "postmortem__tldr",
            published_at=F(f"{publication}__published_at"),
        )[:MOST_SORTED]
    )
    by_date = sorted(newest, key=lambda row: row["published_at"], reverse=True)
    latest = {row["reference"]: row for row in reversed(by_date)}
    rows = sorted(latest.values(), key=lambda row: row["published_at"], reverse=True)[
        :MOST_LEARNED
    ]
    return [
        Learned(
            address=reverse("postmortems:read", args=[row["reference"]]),
            title=row["title"],
            tldr=row["postmortem__tldr"],
            published=date_format(
                row["published_at"],
                "j F" if row["published_at"].year == now.year else "j F Y",
            ),
            iso=row["published_at"].isoformat(),
        )
        for row in rows
    ]


# --- Actions --------------------------------------------------------------------------


def _due_actions(
    user: User, visible: QuerySet[Incident], today: date
) -> tuple[list[DueAction], int, int]:
    """Open actions of the reader and their teams; how many there are, and late."""
    action = "postmortem__action_items"
    mine = Q(**{f"{action}__owner_person": user})
    teams = user.teams.filter(archived_at=None).values("pk")
    of_my_teams = Q(**{f"{action}__owner_team__in": teams}) & Q(
        **{f"{action}__owner_person": None}
    )
    found = (
        visible.order_by()
        .filter(
            mine | of_my_teams,
            **{
                f"{action}__deleted_at": None,
                f"{action}__status__in": UNSETTLED,
                f"{action}__due_on__isnull": False,
            },
        )
        .values(
            "reference",
            "title",
            pk_=F(f"{action}__pk"),
            description=F(f"{action}__description"),
            types=F(f"{action}__types"),
            due_on=F(f"{action}__due_on"),
            person=F(f"{action}__owner_person"),
            team=F(f"{action}__owner_team__name"),
        )
        .order_by("due_on", "pk_")
    )
    counts = found.order_by().aggregate(
        all=Count("pk_"), late=Count("pk_", filter=Q(due_on__lt=today))
    )
    if not counts["all"]:
        return [], 0, 0
    rows = [_due_action(dict(row), today) for row in found[:MOST_SHOWN]]
    return rows, counts["all"], counts["late"]


def _due_action(row: dict[str, Any], today: date) -> DueAction:
    report = reverse("postmortems:read", args=[row["reference"]])
    left = row["due_on"] - today
    types = [str(ActionType(kind).label) for kind in row["types"]]
    format_ = "D j M" if row["due_on"].year == today.year else "D j M Y"
    return DueAction(
        address=f"{report}#action-{row['pk_']}",
        report_address=report,
        description=to_plain(row["description"]),
        types=", ".join([*types[:1], *(kind.lower() for kind in types[1:])]),
        title=row["title"],
        team="" if row["person"] else row["team"] or "",
        due=date_format(row["due_on"], format_),
        when=_when(left.days),
        mark="late" if left.days < 0 else "soon" if left <= SOON else "",
    )


def _when(days: int) -> str:
    if days == 0:
        return _("today")
    if days < 0:
        return ngettext("%(count)s day overdue", "%(count)s days overdue", -days) % {
            "count": -days
        }
    return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}


# --- The greeting ---------------------------------------------------------------------


def _greeting(user: User, now: datetime, *, late: int, in_hand: int) -> SafeString:
    """“Good afternoon, Maren. One action is overdue, two reports are in your hands.”"""
    hour = now.astimezone(user.zone).hour
    words = (
        _("Good morning, %(name)s.")
        if hour < NOON
        else _("Good afternoon, %(name)s.")
        if hour < EVENING
        else _("Good evening, %(name)s.")
    )
    hello = words % {"name": user.name.split()[0] if user.name.split() else user.name}
    clauses: list[SafeString | str] = []
    if late:
        sentence = ngettext(
            "%(count)s action is overdue", "%(count)s actions are overdue", late
        )
        clauses.append(
            format_html("<strong>{}</strong>", sentence % {"count": apnumber(late)})
        )
    if in_hand:
        sentence = ngettext(
            "%(count)s report is in your hands",
            "%(count)s reports are in your hands",
            in_hand,
        )
        clauses.append(sentence % {"count": apnumber(in_hand)})
    if not clauses:
        return format_html("{} {}", hello, _("Nothing waits for you."))
    joined = clauses[0]
    for clause in clauses[1:]:
        joined = format_html(_("{} and {}"), joined, clause)
    return format_html("{} {}.", hello, _capital(joined))


def _capital(sentence: SafeString | str) -> SafeString | str:
    """With a capital letter, also behind an opening tag."""
    start = sentence.find(">") + 1 if sentence.startswith("<") else 0
    capital = f"{sentence[:start]}{sentence[start : start + 1].upper()}"
    whole = f"{capital}{sentence[start + 1 :]}"
    return mark_safe(whole) if isinstance(sentence, SafeString) else whole  # noqa: S308


urlpatterns = [path("", home, name="home")]
