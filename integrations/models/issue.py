"""An issue of a tracker that stands for an action, and how far both are in step."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from actions.models import ActionItem
from integrations.models.connection import Connection

FIELDS = ("title", "description", "status", "assignee", "due_on")
"""What flows. Title and description only from here to there."""
TWO_WAY = frozenset({"status", "assignee", "due_on"})


class LinkState(models.TextChoices):
    TO_CREATE = "to_create", _("Issue is being made")
    TO_LINK = "to_link", _("Being linked")
    LINKED = "linked", _("In step")
    TWO_VERSIONS = "two_versions", _("Changed on both sides")
    DELETED = "deleted", _("Deleted there")
    HIDDEN = "hidden", _("Deleted there, or hidden from us")
    FORBIDDEN = "forbidden", _("Not ours to see any more")
    REJECTED = "rejected", _("The tracker says no")
    NOT_ALLOWED = "not_allowed", _("Held back: the incident is restricted")
    CUT = "cut", _("Not linked any more")


LIVE = frozenset(
    {"to_create", "to_link", "linked", "two_versions", "rejected", "not_allowed"}
)
"""States in which a sync is tried when one is due; the others wait for somebody."""

NEEDS_SOMEBODY = ("two_versions", "deleted", "hidden", "forbidden", "rejected")
"""States out of which only a person helps."""


class IssueLinkQuerySet(models.QuerySet["IssueLink"]):
    def present(self) -> Self:
        return self.exclude(state=LinkState.CUT)

    def to_sync(self, now: datetime) -> Self:
        """Due and claimed by no worker, or claimed by one that did not come back.

        A claim takes `due_at` away; whatever changes the action sets it anew.
        """
        return self.filter(
            Q(due_at__lte=now, leased_until=None) | Q(leased_until__lt=now),
            state__in=LIVE,
        )


class IssueLink(models.Model):
    """The row is the intent: it is there, with its key, before anything is asked."""

    action = models.ForeignKey(ActionItem, models.CASCADE, related_name="issue_links")
    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="issue_links"
    )
    key = models.CharField(max_length=32, unique=True)
    """Chosen before the first call; the issue carries it, and is found by it."""
    state = models.CharField(max_length=20, choices=LinkState)
    project = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=300, blank=True)
    """Of an issue that was there before: what the adapter finds it by."""
    remote_id = models.CharField(max_length=300, blank=True)
    issue_key = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=2_000, blank=True)
    status_name = models.CharField(max_length=200, blank=True)
    """The issue's status in the tracker's words, when it was last seen."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    pushed = models.JSONField(default=dict, blank=True)
    """{field: what the action said when both were last in step}; texts as a hash."""
    seen = models.JSONField(default=dict, blank=True)
    """{field: what the issue said when both were last in step}; texts as a hash."""
    versions = models.JSONField(default=dict, blank=True)
    """{field: {"ours", "theirs"}} where both sides changed; a person chooses."""
    waiting = models.JSONField(default=dict, blank=True)
    """{field: why it cannot be taken over yet}: a person to confirm, a date too far."""
    messages = models.JSONField(default=dict, blank=True)
    """{field of the tracker: what it said when it refused}."""
    remote_updated_at = models.DateTimeField(null=True, blank=True)
    """By the tracker's clock; what is older changes nothing any more."""
    moved_from = models.CharField(max_length=300, blank=True)
    """What it was called before it was moved or transferred."""
    closed_by_bot = models.BooleanField(default=False)

    due_at = models.DateTimeField(null=True, blank=True)
    """When to sync next. A trigger sets it whenever the action changes."""
    attempts = models.PositiveIntegerField(default=0)
    """Tries since it last went well."""
    delayed_since = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    """When the action's owner was told that it needs somebody; once for each time."""
    checked_at = models.DateTimeField(null=True, blank=True)
    """When the issue was last seen; none: it is looked at with the next sync."""

    objects = IssueLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["action", "connection"], name="one_issue_for_an_action"
            ),
            models.UniqueConstraint(
                fields=["connection", "remote_id"],
                condition=~Q(remote_id=""),
                name="one_action_for_an_issue",
            ),
            models.CheckConstraint(
                name="link_state_is_known", condition=Q(state__in=LinkState.values)
            ),
        ]
        indexes = [
            models.Index(
                "connection",
                "due_at",
                name="links_to_sync",
                condition=Q(due_at__isnull=False),
            ),
            models.Index("connection", "checked_at", name="links_to_check"),
            models.Index(
                "created_at",
                name="links_to_ask_about",
                condition=Q(asked_at=None, state__in=NEEDS_SOMEBODY),
            ),
        ]

    def __str__(self) -> str:
        return self.issue_key or f"issue of action {self.action_id}"

    def agree(self, field: str, ours: Any, theirs: Any) -> None:
        """Both sides are in step in this field as they now are."""
        self.pushed[field], self.seen[field] = ours, theirs
        self.versions.pop(field, None)
        self.waiting.pop(field, None)
