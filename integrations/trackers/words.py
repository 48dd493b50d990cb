"""What an issue says of its action, and what the history says of an issue."""

from django.utils.translation import gettext as _

from accounts.mails import public
from actions.models import ActionItem
from integrations.models import IssueLink

LONGEST_TITLE = 250
"""Characters; Jira takes 255, the others as many at least."""


def credit_of(link: IssueLink) -> str:
    """As the note of a line in the history: “By Jira, PROJ-12”."""
    names = {"tracker": link.connection.name, "issue": link.issue_key}
    return _("By %(tracker)s, %(issue)s") % names


def address_of(action: ActionItem) -> str:
    """Stands in issues for good, whatever becomes of the names of our routes."""
    return public(path_of(action.pk))


def path_of(action_id: int) -> str:
    return f"/actions/{action_id}/"


def title_of(action: ActionItem) -> str:
    """Its first line; of a restricted incident only which one it is (BAR R13)."""
    if action.postmortem.incident.restricted:
        return _("Action item %(id)s") % {"id": action.pk}
    line = " ".join(action.description.split("\n", 1)[0].split())
    if len(line) <= LONGEST_TITLE:
        return line
    return line[: LONGEST_TITLE - 1].rstrip() + "…"


def description_of(action: ActionItem) -> str:
    """Markdown: the whole promise, where it comes from, and the way back."""
    link = f"[{_('Open in Afterword')}]({address_of(action)})"
    incident = action.postmortem.incident
    if incident.restricted:
        return link
    origin = _("Action item of the postmortem of %(reference)s, “%(title)s”.") % {
        "reference": incident.reference,
        "title": incident.title,
    }
    return f"{action.description}\n\n{origin}\n\n{link}"
