"""Open actions as a calendar that programs subscribe to (RFC 5545).

Each is an event of a whole day that blocks no time: most calendars show no to-dos. What
only invited people may know is in no calendar, whoever asks.
"""

from collections.abc import Iterable
from datetime import UTC
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from accounts.mails import public
from actions.models import ActionItem
from postmortems.markup import to_plain

PRODUCT = "-//Afterword//Actions//EN"
LONGEST = 200
"""Characters of a description that a calendar shows as a title."""


def calendar_of(name: str, actions: Iterable[ActionItem]) -> bytes:
    """A calendar called `name`, of actions that have a date."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for action in actions:
        calendar.add_component(_event(action))
    written: bytes = calendar.to_ical()
    return written


def _event(action: ActionItem) -> Event:
    """The same id for as long as there is the action, and a number that counts up."""
    event = Event()
    host = urlsplit(settings.PUBLIC_URL).hostname
    event.add("uid", f"action-{action.pk}@{host}")
    event.add("sequence", action.version)
    event.add("dtstamp", action.postmortem.changed_at.astimezone(UTC))
    event.add("dtstart", action.due_on)  # a whole day, which needs no end
    event.add("summary", _title(action))
    event.add("description", _about(action))
    event.add("url", public(reverse("actions:action", args=[action.pk])))
    event.add("transp", "TRANSPARENT")
    return event


def _title(action: ActionItem) -> str:
    words = " ".join(to_plain(action.description).split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _about(action: ActionItem) -> str:
    incident = action.postmortem.incident
    return _("From %(reference)s: %(title)s") % {
        "reference": incident.reference,
        "title": incident.title,
    }
