"""What a message says of actions whose issues need somebody."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from actions.cases import action_id
from actions.models import ActionItem
from actions.recipients import may_see
from actions.tellers import actions_about, neutral
from integrations.models import IssueLink
from integrations.trackers import access
from integrations.trackers.words import path_of
from outbound.models import Notice
from outbound.telling import Item, Named, Teller, Telling


class TrackerTeller(Teller):
    def still(self, notices: Sequence[Notice], now: datetime) -> list[Notice]:
        """Where a link still needs somebody, and its action is still to be done."""
        actions = {one.pk: one for one in actions_about(notices) if not one.settled}
        asking = {link.action_id for link in access.links_that_ask(actions)}
        seen = may_see(
            (one.recipient_id, actions[pk])
            for one in notices
            if (pk := action_id(one.about)) in asking
        )
        return [
            one for one in notices if (one.recipient_id, action_id(one.about)) in seen
        ]

    def tell(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> Telling:
        actions = {one.pk: one for one in actions_about(notices)}
        links: dict[int, list[IssueLink]] = defaultdict(list)
        for link in access.links_that_ask(actions):
            links[link.action_id].append(link)
        told = [pk for one in notices if (pk := action_id(one.about)) in actions]
        return Telling(
            heading=_("Issues that need you"),
            items=[_item(actions[pk], links[pk]) for pk in told],
            subject=_subject([actions[pk] for pk in told]),
        )

    def named(self, recipient: User, notices: Sequence[Notice]) -> dict[int, Named]:
        actions = {one.pk: one for one in actions_about(notices)}
        seen = may_see((recipient.pk, action) for action in actions.values())
        return {
            one.pk: Named(actions[pk].description, path_of(pk))
            for one in notices
            if (recipient.pk, pk := action_id(one.about)) in seen
        }


def _item(action: ActionItem, links: Sequence[IssueLink]) -> Item:
    if action.postmortem.incident.restricted:
        return neutral(action)
    return Item(
        title=action.description,
        address=f"{path_of(action.pk)}#issue",
        facts=[
            (link.issue_key or link.connection.name, link.get_state_display())
            for link in links
        ],
        why=_("Sent to you because the action is yours, or nobody else’s."),
    )


def _subject(actions: Sequence[ActionItem]) -> str:
    if any(one.postmortem.incident.restricted for one in actions):
        return _("[Restricted] update, sign in to view")
    return ngettext("An issue needs you", "%(n)s issues need you", len(actions)) % {
        "n": len(actions)
    }
