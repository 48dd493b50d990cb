"""What a message says of actions: reminders, escalations, questions, and nudges.

Rights and needs are asked anew when it is sent, by the same cases that planned it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from accounts.access import everybody
from accounts.models import User
from actions import wordings
from actions.cases import Case, about, action_id, cases_of
from actions.models import ActionItem
from actions.recipients import may_see
from outbound.models import Notice, NoticeKind
from outbound.telling import Item, Named, Teller, Telling
from postmortems.models import ContributingFactor


class ActionTeller(Teller):
    """Of one kind of notice about actions."""

    heading: str | Promise = ""

    def still(self, notices: Sequence[Notice], now: datetime) -> list[Notice]:
        cases = _cases(actions_about(notices))
        return [one for one in notices if self._holds(one, cases, now)]

    def tell(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> Telling:
        parts = self.parts(recipient, notices, now)
        items = [item for part in parts for item in part.items]
        first = parts[0] if parts else Telling("", [], "")
        return replace(first, heading=str(self.heading), items=items)

    def parts(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> list[Telling]:
        """Under one heading each, what is due first at the top."""
        actions = {one.pk: one for one in actions_about(notices)}
        cases, people = _cases(list(actions.values())), self.people(notices)
        today = now.astimezone(recipient.zone).date()
        told = sorted(
            (
                (actions[action_id(one.about)], one)
                for one in notices
                if action_id(one.about) in actions
            ),
            key=lambda pair: _order(pair[0]),
        )
        subject = self._subject([action for action, _notice in told], today)
        thread = _thread(actions.values())
        return [
            Telling(
                heading,
                [
                    self._item(action, notice, cases.get(_key(notice)), people, today)
                    for action, notice in pairs
                ],
                subject,
                thread,
            )
            for heading, pairs in groupby(told, lambda pair: self._part(pair[0], today))
        ]

    def named(self, recipient: User, notices: Sequence[Notice]) -> dict[int, Named]:
        actions = {one.pk: one for one in actions_about(notices)}
        seen = may_see((recipient.pk, action) for action in actions.values())
        return {
            notice.pk: Named(actions[pk].description, _address(pk))
            for notice in notices
            if (recipient.pk, pk := action_id(notice.about)) in seen
        }

    def heading_of(self, action: ActionItem, today: date) -> str:
        return str(self.heading)

    def people(self, notices: Sequence[Notice]) -> dict[int, str]:
        """Names that the reasons mention, by account."""
        return {}

    def why(self, notice: Notice, case: Case | None, people: Mapping[int, str]) -> str:
        return wordings.why(case, notice.day) if case else ""

    def links(self, action: ActionItem) -> list[tuple[str, str]]:
        page = _address(action.pk)
        return [
            (_("Mark it done"), f"{page}#standing"),
            (_("Move the date"), f"{page}#standing"),
            (_("Snooze"), f"{page}#snooze"),
        ]

    def when(self, action: ActionItem, today: date) -> str:
        return wordings.due(action.due_on, today)

    def _holds(
        self, notice: Notice, cases: dict[tuple[str, int, str], Case], now: datetime
    ) -> bool:
        case = cases.get(_key(notice))
        if case is None or case.slots.latest(notice.day) is None:
            return False
        return case.not_before is None or notice.day >= case.not_before

    def _item(
        self,
        action: ActionItem,
        notice: Notice,
        case: Case | None,
        people: Mapping[int, str],
        today: date,
    ) -> Item:
        if action.postmortem.incident.restricted:
            return neutral(action)
        return Item(
            title=action.description,
            address=_address(action.pk),
            due=self.when(action, today),
            facts=wordings.facts(action),
            links=self.links(action),
            why=self.why(notice, case, people),
        )

    def _part(self, action: ActionItem, today: date) -> str:
        restricted = action.postmortem.incident.restricted
        return _("Restricted") if restricted else self.heading_of(action, today)

    def _subject(self, actions: Sequence[ActionItem], today: date) -> str:
        if len(actions) != 1:
            return self.many(actions, today)
        if actions[0].postmortem.incident.restricted:
            return _("[Restricted] update, sign in to view")
        return self.one(actions[0], today)

    def one(self, action: ActionItem, today: date) -> str:
        return wordings.subject(action, today)

    def many(self, actions: Sequence[ActionItem], today: date) -> str:
        return wordings.subject_of_many(actions, today)


class Reminders(ActionTeller):
    heading = lazy("Your actions")

    def heading_of(self, action: ActionItem, today: date) -> str:
        return wordings.section(action.due_on, today)


class Escalations(ActionTeller):
    heading = lazy("Overdue in teams that you lead or manage")

    def links(self, action: ActionItem) -> list[tuple[str, str]]:
        page = _address(action.pk)
        return [
            (_("Assign it anew"), f"{page}#standing"),
            (_("Move the date"), f"{page}#standing"),
        ]


class Questions(ActionTeller):
    heading = lazy("Did it work?")

    def links(self, action: ActionItem) -> list[tuple[str, str]]:
        return [(_("Say whether it worked"), f"{_address(action.pk)}#proof")]

    def when(self, action: ActionItem, today: date) -> str:
        return wordings.done(action.done_on)

    def one(self, action: ActionItem, today: date) -> str:
        return _("Did it work? %(action)s") % {"action": action.description}

    def many(self, actions: Sequence[ActionItem], today: date) -> str:
        return ngettext(
            "Did %(n)s action work?", "Did %(n)s actions work?", len(actions)
        ) % {"n": len(actions)}


class Nudges(ActionTeller):
    heading = lazy("You are asked about")

    def still(self, notices: Sequence[Notice], now: datetime) -> list[Notice]:
        actions = {
            about(one.pk): one for one in actions_about(notices) if not one.settled
        }
        wanted = [
            one for one in notices if one.about in actions and one.recipient.active
        ]
        seen = may_see((one.recipient_id, actions[one.about]) for one in wanted)
        return [
            one for one in wanted if (one.recipient_id, actions[one.about].pk) in seen
        ]

    def people(self, notices: Sequence[Notice]) -> dict[int, str]:
        asking = everybody().filter(pk__in={one.why.get("by") for one in notices})
        return dict(asking.values_list("pk", "name"))

    def why(self, notice: Notice, case: Case | None, people: Mapping[int, str]) -> str:
        return wordings.who_asks(people.get(notice.why.get("by", 0), _("somebody")))


TELLERS: dict[str, Teller] = {
    NoticeKind.REMINDER: Reminders(),
    NoticeKind.ESCALATION: Escalations(),
    NoticeKind.EFFECTIVENESS: Questions(),
    NoticeKind.NUDGE: Nudges(),
}


def neutral(action: ActionItem) -> Item:
    """All that a message may say of an action in a restricted report (BAR R10)."""
    return Item(
        title=_("An action in a restricted report"),
        address=_address(action.pk),
        why=_("Sign in to see what it is, and why you are told."),
        restricted=True,
    )


def actions_about(notices: Iterable[Notice]) -> list[ActionItem]:
    """What notices are about, with all that is said of it; two queries."""
    factors = Prefetch("factors", ContributingFactor.objects.present())
    found = ActionItem.objects.present().filter(
        pk__in={action_id(one.about) for one in notices},
        postmortem__incident__deleted_at=None,
    )
    return list(
        found.select_related(
            "postmortem__incident__severity",
            "owner_team",
            "owner_person",
            "follow_through",
        ).prefetch_related(factors)
    )


def _cases(actions: Sequence[ActionItem]) -> dict[tuple[str, int, str], Case]:
    return {
        (about(case.action.pk), case.told.user.pk, case.kind): case
        for cases in cases_of(actions).values()
        for case in cases
    }


def _key(notice: Notice) -> tuple[str, int, str]:
    return notice.about, notice.recipient_id, notice.kind


def _order(action: ActionItem) -> tuple[bool, date, int]:
    """What is restricted stands apart, and its date is not told by its place."""
    restricted = action.postmortem.incident.restricted
    due_on = date.max if restricted else action.due_on or date.max
    return restricted, due_on, action.pk


def _thread(actions: Iterable[ActionItem]) -> str:
    """Mails about one report are shown together; of many, they stand alone."""
    reports = {one.postmortem_id for one in actions}
    return f"report-{reports.pop()}" if len(reports) == 1 else ""


def _address(pk: int) -> str:
    return reverse("actions:action", args=[pk])
