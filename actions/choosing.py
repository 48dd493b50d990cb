"""Which actions a list shows: its views, its filters, its search, its order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from accounts.models import User
from actions import access
from actions.models import ActionItem, Verdict
from postmortems.access import incidents
from postmortems.search import CONFIG, Terms, query_of
from postmortems.vocabulary import ActionPriority, ActionStatus

UNSETTLED = (ActionStatus.OPEN, ActionStatus.IN_PROGRESS)
SOON_DAYS = 21
"""What is due within so many days is due soon."""
NO_SEVERITY = "none"
UNPROVEN = ("", Verdict.CANNOT_TELL, Verdict.NOT_EFFECTIVE)

SETTLED_SHOWS = frozenset({"done", "unproven"})
"""Views of what is done; the others are of what is not."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at actions, on which day, and for which teams they answer or work."""

    user: User
    today: date
    teams: tuple[int, ...]

    @classmethod
    def at(cls, user: User, now: datetime) -> "Reader":
        return cls.on(user, now.astimezone(user.zone).date())

    @classmethod
    def on(cls, user: User, today: date) -> "Reader":
        teams = access.own_teams(user).order_by().values_list("pk", flat=True)
        return cls(user, today, tuple(teams))

    @property
    def days(self) -> "Days":
        return Days(self.today)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that views and groups are reckoned from, in the reader's time zone."""

    today: date

    @property
    def week_end(self) -> date:
        """The Sunday of this week."""
        return self.today + timedelta(days=6 - self.today.weekday())

    @property
    def soon_end(self) -> date:
        return self.today + timedelta(days=SOON_DAYS)

    @property
    def quarter(self) -> date:
        """The first day of this quarter."""
        return date(self.today.year, (self.today.month - 1) // 3 * 3 + 1, 1)


def standing(show: str, reader: Reader) -> Q:
    """What a view shows, but for the status of its actions."""
    days = reader.days
    views = {
        "soon": Q(due_on__lte=days.soon_end),
        "teams": Q(owner_team__in=reader.teams),
        "open": Q(),
        "unowned": Q(owner_team=None, owner_person=None),
        "done": Q(done_on__gte=days.quarter),
        "unproven": Q(follow_through__verdict__in=UNPROVEN),
        "all": Q(),
    }
    return views[show]


def statuses(show: str) -> tuple[str, ...]:
    """Those of a view, unless others are asked for; none where it shows them all."""
    if show == "all":
        return ()
    return (ActionStatus.DONE,) if show in SETTLED_SHOWS else UNSETTLED


def in_view(
    visible: QuerySet[ActionItem], show: str, reader: Reader
) -> QuerySet[ActionItem]:
    found = visible.filter(standing(show, reader))
    usual = statuses(show)
    return found.filter(status__in=usual) if usual else found


def filtered(
    visible: QuerySet[ActionItem],
    chosen: Mapping[str, Any],
    terms: Terms | None,
    reader: Reader,
) -> QuerySet[ActionItem]:
    """Those of the visible actions that the view and every filter let through."""
    show = chosen["show"]
    simple = {
        "status__in": chosen["status"] or statuses(show),
        "owner_team": chosen["team"],
        "owner_person": chosen["owner"],
        "types__overlap": chosen["type"],
        "priority__in": chosen["priority"],
        "postmortem__incident__affected__service": chosen["service"],
        "created_at__lt": _older_than(chosen["age"], reader),
    }
    found = visible.filter(
        standing(show, reader),
        **{name: value for name, value in simple.items() if value},
    )
    if chosen["severity"]:
        found = found.filter(_of_severity(chosen["severity"]))
    return _matching(visible, found, terms, reader.user) if terms else found


def _older_than(age: str, reader: Reader) -> datetime | None:
    if not age:
        return None
    return datetime.combine(
        reader.today - timedelta(days=int(age)), time(), reader.user.zone
    )


def _of_severity(chosen: list[str]) -> Q:
    severity = "postmortem__incident__severity"
    steps = Q(**{f"{severity}__in": [int(pk) for pk in chosen if pk != NO_SEVERITY]})
    return steps | Q(**{severity: None}) if NO_SEVERITY in chosen else steps


def _matching(
    visible: QuerySet[ActionItem],
    found: QuerySet[ActionItem],
    terms: Terms,
    user: User,
) -> QuerySet[ActionItem]:
    """Those that say the words, or whose incident's title or reference does."""
    if terms.empty:
        return found.none()
    query = query_of(terms.text)
    told = (
        visible.order_by()
        .annotate(words=SearchVector("description", config=CONFIG))
        .filter(words=query)
        .values("pk")
    )
    titled = (
        incidents(user)
        .order_by()
        .annotate(words=SearchVector("title", config=CONFIG))
        .filter(words=query)
        .values("postmortem")
    )
    matches = Q(pk__in=told) | Q(postmortem__in=titled)
    if terms.reference:
        matches |= Q(postmortem__incident__reference__startswith=terms.reference)
    return found.filter(matches)


# --- Order ----------------------------------------------------------------------------

_PRIORITY = Case(
    *(
        When(priority=priority, then=Value(place))
        for place, priority in enumerate(ActionPriority.values)
    ),
    output_field=IntegerField(),
)
_BY_DATE = F("due_on").asc(nulls_last=True)

ORDERS: dict[str, tuple[Any, ...]] = {
    "due": (_BY_DATE, "pk"),
    "age": ("created_at", "pk"),
    "priority": (_PRIORITY.asc(), _BY_DATE, "pk"),
    "severity": (
        F("postmortem__incident__severity__rank").asc(nulls_last=True),
        _BY_DATE,
        "pk",
    ),
    "team": (F("owner_team__name").asc(nulls_last=True), _BY_DATE, "pk"),
}
LATEST_FIRST = (F("done_on").desc(nulls_last=True), "-pk")


def ordered(
    found: QuerySet[ActionItem], chosen: Mapping[str, Any]
) -> QuerySet[ActionItem]:
    """Most urgent first; of what is done, the latest."""
    if chosen["sort"] == "due" and chosen["show"] in SETTLED_SHOWS:
        return found.order_by(*LATEST_FIRST)
    return found.order_by(*ORDERS[chosen["sort"]])
