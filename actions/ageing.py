"""How late the teams are, and what became of what they said is done."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from actions.choosing import UNSETTLED
from actions.models import ActionItem, Verdict
from postmortems.vocabulary import ActionStatus

LOOKED_BACK = timedelta(days=90)
MOST_TEAMS = 500
"""Teams on the page; the aside shows those that are most behind."""


@dataclass(frozen=True, slots=True)
class TeamAge:
    """Unsettled actions of a team, by how late they are."""

    team_id: int | None
    name: str
    open: int
    week: int
    """One to 7 days late."""
    month: int
    """8 to 30 days."""
    older: int
    share: int
    """Percent of the open actions of the team that has the most."""

    @property
    def overdue(self) -> int:
        return self.week + self.month + self.older

    @property
    def in_time(self) -> int:
        return self.open - self.overdue


@dataclass(frozen=True, slots=True)
class DoneLately:
    """What was done in the last 90 days."""

    done: int
    dated: int
    """Those that had a due date."""
    in_time: int
    proven: int
    disproven: int

    @property
    def percent(self) -> int:
        return round(100 * self.in_time / self.dated) if self.dated else 0

    @property
    def unanswered(self) -> int:
        return self.done - self.proven - self.disproven


def by_team(visible: QuerySet[ActionItem], today: date) -> list[TeamAge]:
    """Most overdue first. One query over all that is unsettled."""
    week, month = today - timedelta(days=7), today - timedelta(days=30)
    rows = list(
        visible.filter(status__in=UNSETTLED)
        .order_by()
        .values("owner_team_id", "owner_team__name")
        .annotate(
            open=Count("pk"),
            week=Count("pk", filter=Q(due_on__lt=today, due_on__gte=week)),
            month=Count("pk", filter=Q(due_on__lt=week, due_on__gte=month)),
            older=Count("pk", filter=Q(due_on__lt=month)),
            overdue=Count("pk", filter=Q(due_on__lt=today)),
        )
        .order_by("-overdue", "-open", F("owner_team__name").asc(nulls_last=True))[
            :MOST_TEAMS
        ]
    )
    most = max((row["open"] for row in rows), default=1)
    return [_team(dict(row), most) for row in rows]


def _team(row: dict[str, Any], most: int) -> TeamAge:
    return TeamAge(
        team_id=row["owner_team_id"],
        name=row["owner_team__name"] or "",
        open=row["open"],
        week=row["week"],
        month=row["month"],
        older=row["older"],
        share=max(1, round(100 * row["open"] / most)),
    )


def done_lately(visible: QuerySet[ActionItem], today: date) -> DoneLately:
    """In one query, of what is done now."""
    verdict = "follow_through__verdict"
    found = visible.filter(
        status=ActionStatus.DONE, done_on__gte=today - LOOKED_BACK
    ).order_by()
    counts = found.aggregate(
        done=Count("pk"),
        dated=Count("pk", filter=Q(due_on__isnull=False)),
        in_time=Count("pk", filter=Q(done_on__lte=F("due_on"))),
        proven=Count("pk", filter=Q(**{verdict: Verdict.EFFECTIVE})),
        disproven=Count("pk", filter=Q(**{verdict: Verdict.NOT_EFFECTIVE})),
    )
    return DoneLately(**counts)
