"""What a weekly or monthly report says: overdue, done, proven, and oldest promises.

Of what its reader may see, without anything restricted: the same words go into chats
that several people read (BAR R13).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.http import QueryDict

from accounts.models import User
from actions import access
from actions.choosing import UNSETTLED, Reader, filtered, standing
from actions.filters import ActionFilters, ActionOptions
from actions.models import ActionItem, Rhythm, Verdict
from actions.policies import Rule, policies_in_force
from postmortems.models import SavedView
from postmortems.search import read_terms
from postmortems.vocabulary import ActionStatus

MOST_OVERDUE, MOST_DONE, MOST_PROVEN, MOST_OLDEST = 10, 10, 5, 5
"""Actions that a report names; the rest is a number."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the reader: from `first` to the day before `end`."""

    first: date
    end: date


@dataclass(frozen=True, slots=True)
class Part:
    """How many there are, and the first of them."""

    count: int
    actions: list[ActionItem]


@dataclass(frozen=True, slots=True)
class Report:
    overdue: Part
    done: Part
    proven: Part
    oldest: Part


def begins(rhythm: str, day: date) -> date:
    """The day that names the week or month of `day`: a Monday, or a first."""
    if rhythm == Rhythm.MONTHLY:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday())


def period_before(rhythm: str, begin: date) -> Period:
    """The week or month that ended when this one began."""
    return Period(begins(rhythm, begin - timedelta(days=1)), begin)


def report_on(covered: QuerySet[ActionItem], period: Period, today: date) -> Report:
    """Eight queries, whatever there is."""
    late = covered.filter(status__in=UNSETTLED, due_on__lt=today)
    done = covered.filter(
        status=ActionStatus.DONE, done_on__gte=period.first, done_on__lt=period.end
    )
    proven = covered.filter(
        follow_through__verdict=Verdict.EFFECTIVE,
        follow_through__verdict_at__date__gte=period.first,
        follow_through__verdict_at__date__lt=period.end,
    )
    unsettled = covered.filter(status__in=UNSETTLED)
    return Report(
        overdue=_part(late.order_by("due_on", "pk"), MOST_OVERDUE),
        done=_part(done.order_by("-done_on", "pk"), MOST_DONE),
        proven=_part(proven.order_by("-follow_through__verdict_at", "pk"), MOST_PROVEN),
        oldest=_part(unsettled.order_by("created_at", "pk"), MOST_OLDEST),
    )


def _part(found: QuerySet[ActionItem], most: int) -> Part:
    return Part(found.order_by().count(), list(found[:most]))


# --- What is covered ------------------------------------------------------------------


def unrestricted(user: User) -> QuerySet[ActionItem]:
    """All that reports to `user` may be about."""
    found = access.actions(user).filter(postmortem__incident__restricted=False)
    return listed(found, policies_in_force())


def listed(found: QuerySet[ActionItem], rules: list[Rule]) -> QuerySet[ActionItem]:
    """Without what the policy that holds for it keeps out of reports."""
    for number, rule in enumerate(rules):
        if not rule.policy.in_reports:
            earlier = Q(pk__in=[])
            for before in rules[:number]:
                earlier |= _agrees(before)
            found = found.exclude(_agrees(rule) & ~earlier)
    return found


def _agrees(rule: Rule) -> Q:
    """The conditions of a rule, for the database. A team is the owning one alone."""
    incident = "postmortem__incident"
    conditions = {
        f"{incident}__severity__in": rule.severities,
        f"{incident}__severity__rank__in": rule.ranks,
        "owner_team__in": rule.teams,
        "types__overlap": sorted(rule.types),
        "priority__in": rule.priorities,
    }
    asked = Q(**{name: value for name, value in conditions.items() if value})
    if rule.services:
        asked &= Q(**{f"{incident}__in": access.incidents_of_services(rule.services)})
    return asked or Q(pk__isnull=False)


def through(view: SavedView, reader: Reader) -> QuerySet[ActionItem]:
    """What a saved view is about, whatever its status: done and open alike."""
    filters = ActionFilters(QueryDict(view.query), options=ActionOptions(reader.user))
    found = unrestricted(reader.user)
    if not filters.is_valid():
        return found.none()
    chosen = filters.cleaned_data
    terms = read_terms(chosen["q"]) if chosen["q"] else None
    whatever = {**chosen, "show": "all", "status": [], "age": ""}
    found = filtered(found, whatever, terms, reader)
    if chosen["show"] in {"teams", "unowned"}:
        found = found.filter(standing(chosen["show"], reader))
    return found
