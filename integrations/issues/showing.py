"""How the issue of an action stands, in sentences, and what may be done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.http import UserRequest
from actions import permissions
from actions.models import ActionItem
from integrations.issues.forms import LinkForm
from integrations.models import FIELDS, Connection, IssueLink, ProjectMapping
from integrations.models.connection import ConnectionState
from integrations.models.issue import LinkState
from integrations.trackers import access
from integrations.trackers.operations.linking import best_mapping
from postmortems.views.replies import this_second
from postmortems.vocabulary import ActionStatus

LABELS = {
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "status": gettext_lazy("Status"),
    "assignee": gettext_lazy("Owner"),
    "due_on": gettext_lazy("Due"),
}
BEING_MADE = frozenset({LinkState.TO_CREATE, LinkState.TO_LINK})
GONE = frozenset({LinkState.DELETED, LinkState.HIDDEN})
"""States in which another issue may be made instead."""
MARKS = {
    LinkState.LINKED: "full",
    LinkState.TO_CREATE: "half",
    LinkState.TO_LINK: "half",
}


@dataclass(frozen=True, slots=True)
class Version:
    """A field that was changed on both sides, with what each of them says."""

    name: str
    label: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Standing:
    link: IssueLink
    mark: str
    sentence: str
    notes: list[str]
    versions: list[Version]
    may_make_another: bool
    is_moving: bool
    """Whether it is about to change, so that the page asks again soon."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A tracker in which an issue can be made for this action."""

    connection: Connection
    mapping: ProjectMapping


def panel_of(
    request: UserRequest, action: ActionItem, form: LinkForm | None
) -> dict[str, Any] | None:
    """What the page shows; None where no tracker is connected and none was."""
    now = this_second()
    usable = list(access.usable(now))
    links = list(access.links_of(action))
    if not usable and not links:
        return None
    linked = {link.connection_id for link in links}
    free = [one for one in usable if one.pk not in linked and _may_leave(action, one)]
    return {
        "standings": [standing_of(link, now) for link in links],
        "destinations": _destinations(action, free),
        "can_link": bool(free),
        "held_back": not links and not free,
        "issue_form": form or LinkForm(connections=free),
        "can_settle": permissions.can_settle(request.user, action),
    }


def trackers_open_to(action: ActionItem) -> list[Connection]:
    """In which an issue can be linked to this action."""
    linked = set(access.links_of(action).values_list("connection_id", flat=True))
    usable = access.usable(this_second())
    return [one for one in usable if one.pk not in linked and _may_leave(action, one)]


def _may_leave(action: ActionItem, connection: Connection) -> bool:
    return connection.restricted_too or not action.postmortem.incident.restricted


def _destinations(
    action: ActionItem, connections: list[Connection]
) -> list[Destination]:
    if not connections:
        return []
    services = set(action.postmortem.incident.services.values_list("pk", flat=True))
    found = []
    for connection in connections:
        mapping = best_mapping(action, connection.mappings.all(), services)
        if mapping is not None:
            found.append(Destination(connection, mapping))
    return found


# --- One link -------------------------------------------------------------------------


def standing_of(link: IssueLink, now: datetime) -> Standing:
    trouble = _trouble_of(link.connection)
    late = bool(trouble) or link.delayed_since is not None
    settled = link.state == LinkState.LINKED and not late
    return Standing(
        link=link,
        mark="late" if late else MARKS.get(LinkState(link.state), "warn"),
        sentence=SENTENCES[LinkState(link.state)](link),
        notes=[*filter(None, (trouble, _delay_of(link, trouble))), *_notes_of(link)],
        versions=_versions_of(link),
        may_make_another=link.state in GONE,
        is_moving=not late
        and (link.state in BEING_MADE or (settled and link.checked_at is None)),
    )


def _names(link: IssueLink) -> dict[str, str]:
    return {
        "tracker": link.connection.name,
        "project": link.project,
        "reference": link.reference,
        "status": link.status_name,
    }


def _says(text: Any) -> Callable[[IssueLink], str]:
    """A sentence with the names of a link; translated when it is asked for."""
    return lambda link: str(text) % _names(link)


SENTENCES: dict[LinkState, Callable[[IssueLink], str]] = {
    LinkState.TO_CREATE: _says(
        gettext_lazy("An issue in %(project)s is being made, within a minute.")
    ),
    LinkState.TO_LINK: _says(
        gettext_lazy("%(reference)s is being linked, within a minute.")
    ),
    LinkState.LINKED: _says(gettext_lazy("In step. %(tracker)s says: %(status)s.")),
    LinkState.TWO_VERSIONS: _says(
        gettext_lazy("%(tracker)s says otherwise. Say which one holds.")
    ),
    LinkState.DELETED: _says(
        gettext_lazy("Deleted in %(tracker)s. The action stays as it is.")
    ),
    LinkState.HIDDEN: _says(
        gettext_lazy(
            "%(tracker)s does not show it to us any more: it was deleted, or moved out"
            " of sight. The action stays as it is."
        )
    ),
    LinkState.FORBIDDEN: _says(
        gettext_lazy(
            "%(tracker)s does not let us see or change it any more. Whoever looks after"
            " %(project)s can give the right back."
        )
    ),
    LinkState.REJECTED: _says(
        gettext_lazy("%(tracker)s refuses what Afterword sends.")
    ),
    LinkState.NOT_ALLOWED: _says(
        gettext_lazy(
            "Held back: the incident is restricted, and %(tracker)s is not marked for"
            " restricted incidents."
        )
    ),
    LinkState.CUT: _says(gettext_lazy("Not linked any more.")),
}


def _trouble_of(connection: Connection) -> str:
    """What is wrong with the whole tracker, in a sentence; empty: nothing."""
    names = {"tracker": connection.name}
    match connection.state():
        case ConnectionState.DELAYED:
            since = {**names, "since": _moment(connection.delayed_since)}
            return (
                _("Sync delayed since %(since)s: %(tracker)s gives no answer.") % since
            )
        case ConnectionState.FORBIDDEN | ConnectionState.NO_SECRET:
            return (
                _("%(tracker)s refuses our token. An administrator can renew it.")
                % names
            )
        case ConnectionState.PAUSED:
            return _("The connection to %(tracker)s is paused.") % names
        case ConnectionState.REMOVED:
            return _("%(tracker)s is not connected any more.") % names
    return ""


def _delay_of(link: IssueLink, trouble: str) -> str:
    if trouble or link.delayed_since is None:
        return ""
    since = _moment(link.delayed_since)
    return _("Sync delayed since %(since)s; it is tried again.") % {"since": since}


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def _notes_of(link: IssueLink) -> list[str]:
    notes = []
    if link.moved_from and link.moved_from != link.issue_key:
        notes.append(
            _("It was %(key)s before; we followed.") % {"key": link.moved_from}
        )
    if link.closed_by_bot:
        notes.append(_("A machine closed it there. The promise stands until you say."))
    notes += [
        f"{LABELS.get(name, name)}: {why}" for name, why in sorted(link.waiting.items())
    ]
    if link.state == LinkState.REJECTED:
        notes += [
            f"{name}: {said}".lstrip(": ") for name, said in link.messages.items()
        ]
    return notes


# --- Two versions ---------------------------------------------------------------------


def _versions_of(link: IssueLink) -> list[Version]:
    return [
        Version(
            name,
            str(LABELS[name]),
            _in_words(name, link.versions[name]["ours"]),
            link.versions[name].get("theirs_name")
            or _in_words(name, link.versions[name]["theirs"]),
        )
        for name in FIELDS
        if name in link.versions
    ]


def _in_words(name: str, value: Any) -> str:
    if name == "status" and value in ActionStatus.values:
        return str(ActionStatus(value).label)
    if name == "assignee":
        return value or _("nobody")
    if name == "due_on":
        return (
            date_format(date.fromisoformat(value), "j F Y") if value else _("no date")
        )
    return value or _("nothing")
