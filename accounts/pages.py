"""The pages of the settings, in the order of their navigation.

Pages of other apps are named by their address, never imported.
"""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Page:
    url_name: str
    label: Promise
    about: Promise
    for_administrators: bool = True

    @property
    def address(self) -> str:
        return reverse(self.url_name)


PAGES = (
    Page(
        "accounts:profile",
        _("Profile"),
        _("Your name, time zone, theme, keyboard shortcuts and password."),
        for_administrators=False,
    ),
    Page(
        "outbound:settings",
        _("Notifications"),
        _("What you are told, by which way, and at which hours; chats."),
        for_administrators=False,
    ),
    Page(
        "accounts:people",
        _("People"),
        _("Who has an account, and what each may do."),
        for_administrators=False,
    ),
    Page(
        "accounts:teams",
        _("Teams"),
        _("Who owns services and actions, and acts in timelines."),
        for_administrators=False,
    ),
    Page(
        "accounts:invitations",
        _("Invitations"),
        _("Links that let people in, and where each of them stands."),
    ),
    Page(
        "accounts:organisation",
        _("Organisation"),
        _("What it is called, and the time zone of new accounts."),
    ),
    Page(
        "postmortems:scale",
        _("Severity scale"),
        _("The severities, each with a sentence that says when it applies."),
    ),
    Page(
        "postmortems:catalogue",
        _("Services"),
        _("What can break, and which team owns it."),
    ),
    Page(
        "postmortems:checklists",
        _("Checklists"),
        _("Sources and questions to begin with, by kind of incident."),
    ),
    Page(
        "postmortems:readiness",
        _("Readiness"),
        _("What a report is asked for before it is published."),
    ),
    Page(
        "actions:policies",
        _("Policies"),
        _("Deadlines, reminders, who is told later; holidays and days off."),
    ),
    Page(
        "actions:subscriptions",
        _("Reports"),
        _("Weekly and monthly, about your teams, everything, or a saved view."),
        for_administrators=False,
    ),
    Page(
        "outbound:operations",
        _("Operations"),
        _("Whether messages leave this server, what waits, and what was given up."),
    ),
    Page(
        "integrations:trackers",
        _("Trackers"),
        _("Jira, GitHub and others: where actions become issues, and how that goes."),
    ),
)


def pages_for(user: User) -> list[Page]:
    """The pages that `user` may open."""
    return [page for page in PAGES if user.administers or not page.for_administrators]
