"""The words of weekly and monthly reports."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.models import Team, User
from actions import access, wordings
from actions.choosing import Reader
from actions.models import ActionItem, Rhythm, Scope
from actions.operations.reporting import about, about_team
from actions.reports import (
    Part,
    Report,
    period_before,
    report_on,
    through,
    unrestricted,
)
from outbound.models import Notice
from outbound.telling import Item, Named, Teller, Telling
from postmortems.models import SavedView


@dataclass(frozen=True, slots=True)
class Source:
    """What one report is about."""

    name: str
    address: str
    why: str
    covered: Callable[[Reader], QuerySet[ActionItem]]


class ReportTeller(Teller):
    """Of one rhythm. Each notice is a message of its own."""

    def __init__(self, rhythm: str) -> None:
        self.rhythm = rhythm

    def still(self, notices: Sequence[Notice], now: datetime) -> list[Notice]:
        sources = self._sources(notices)
        return [one for one in notices if one.pk in sources]

    def tell(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> Telling:
        parts = self.parts(recipient, notices, now)
        items = [item for part in parts for item in part.items]
        return replace(parts[0], items=items) if parts else Telling("", [], "")

    def parts(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> list[Telling]:
        sources = self._sources(notices)
        return [
            part
            for notice in notices
            if notice.pk in sources
            for part in self._parts(sources[notice.pk], recipient, notice.day, now)
        ]

    def named(self, recipient: User, notices: Sequence[Notice]) -> dict[int, Named]:
        return {
            pk: Named(f"{self._title}: {source.name}", source.address, source.why)
            for pk, source in self._sources(notices).items()
        }

    @property
    def _title(self) -> str:
        monthly = self.rhythm == Rhythm.MONTHLY
        return _("Actions of the month") if monthly else _("Actions of the week")

    def _sources(self, notices: Sequence[Notice]) -> dict[int, Source]:
        """By the notice's id; none for what nobody wants, or manages, any more."""
        people = {one.recipient_id: one.recipient for one in notices}
        known = _known(people.values(), self.rhythm)
        return {
            one.pk: known[key]
            for one in notices
            if (key := (one.about, one.recipient_id)) in known
        }

    def _parts(
        self, source: Source, recipient: User, begin: date, now: datetime
    ) -> list[Telling]:
        reader = Reader.at(recipient, now)
        today = reader.today
        period = period_before(self.rhythm, begin)
        found = report_on(source.covered(reader), period, today)
        if not (found.done.count or found.proven.count or found.oldest.count):
            return []
        subject = f"{source.name}: {_in_short(found)}"
        named = date_format(period.first, "F Y" if self._monthly else "j F Y")
        title = _("Month of %(day)s") if self._monthly else _("Week of %(day)s")
        summary = _summary(source, found, title % {"day": named})
        rest = [
            Telling(heading, _items(part, today, done=done), subject)
            for heading, part, done in _sections(found)
        ]
        return [Telling(str(source.name), [summary], subject), *rest]

    @property
    def _monthly(self) -> bool:
        return self.rhythm == Rhythm.MONTHLY


def _known(people: Iterable[User], rhythm: str) -> dict[tuple[str, int], Source]:
    """What these people are sent in that rhythm; three queries."""
    users = {user.pk: user for user in people if user.active}
    found: dict[tuple[str, int], Source] = {}
    if rhythm == Rhythm.WEEKLY:
        for team in access.managed_teams().filter(manager__in=users):
            found[about_team(team.pk), team.manager_id or 0] = _of_team(team)
    else:
        everything = _of_scope(Scope.EVERYTHING, _("you administer Afterword"))
        for user in users.values():
            if user.administers:
                found[f"scope:{Scope.EVERYTHING}", user.pk] = everything
    chosen = access.all_subscriptions().filter(user__in=users, rhythm=rhythm)
    for one in chosen:
        if one.view is None:
            source = _of_scope(one.scope, _("you asked for it"))
        elif one.view.shared or one.view.owner_id == one.user_id:
            source = _of_view(one.view)
        else:
            continue
        found[about(one), one.user_id] = source
    return found


SENT_BECAUSE = lazy("Sent to you because %(reason)s. Restricted reports are left out.")


def _of_team(team: Team) -> Source:
    reason = _("you manage %(team)s") % {"team": team.name}
    return Source(
        team.name,
        _list(f"team={team.pk}&show=open"),
        SENT_BECAUSE % {"reason": reason},
        lambda reader: unrestricted(reader.user).filter(owner_team=team),
    )


def _of_scope(scope: str, reason: str) -> Source:
    why = SENT_BECAUSE % {"reason": reason}
    if scope == Scope.TEAMS:
        return Source(
            _("My teams"),
            _list("show=teams"),
            why,
            lambda reader: unrestricted(reader.user).filter(
                owner_team__in=reader.teams
            ),
        )
    return Source(
        _("All teams"),
        _list("show=open"),
        why,
        lambda reader: unrestricted(reader.user),
    )


def _of_view(view: SavedView) -> Source:
    return Source(
        view.name,
        _list(view.query),
        SENT_BECAUSE % {"reason": _("you asked for it")},
        lambda reader: through(view, reader),
    )


def _in_short(found: Report) -> str:
    """“3 overdue, 2 done”."""
    late = _("%(n)s overdue") % {"n": found.overdue.count}
    done = _("%(n)s done") % {"n": found.done.count}
    return f"{late}, {done}"


def _summary(source: Source, found: Report, title: str) -> Item:
    return Item(
        title=title,
        address=source.address,
        facts=[
            (_("Overdue"), str(found.overdue.count)),
            (_("Done"), str(found.done.count)),
            (_("Proven"), str(found.proven.count)),
        ],
        why=source.why,
    )


def _sections(found: Report) -> list[tuple[str, Part, bool]]:
    return [
        (_("Overdue"), found.overdue, False),
        (_("Done"), found.done, True),
        (_("Proven"), found.proven, True),
        (_("Oldest promises"), found.oldest, False),
    ]


def _items(part: Part, today: date, *, done: bool) -> list[Item]:
    return [_item(action, today, done=done) for action in part.actions]


def _item(action: ActionItem, today: date, *, done: bool) -> Item:
    when = wordings.done(action.done_on) if done else wordings.due(action.due_on, today)
    return Item(
        title=action.description,
        address=reverse("actions:action", args=[action.pk]),
        due=when,
        facts=[
            (_("Owner"), _owner(action)),
            (_("From"), action.postmortem.incident.title),
        ],
    )


def _owner(action: ActionItem) -> str:
    names = (
        action.owner_team.name if action.owner_team else action.owner_team_name,
        action.owner_person.name if action.owner_person else action.owner_person_name,
    )
    return " / ".join(filter(None, names)) or _("nobody")


def _list(query: str) -> str:
    return f"{reverse('actions:ledger')}?{query}"


TELLERS: Mapping[str, Teller] = {
    rhythm: ReportTeller(rhythm) for rhythm in Rhythm.values
}
