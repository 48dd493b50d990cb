"""A tracker that is connected, where its issues go, and who is who in it."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from postmortems.models import Service

MOST_FAILURES = 5
"""Calls in a row that fail before a connection counts as late."""


class ConnectionState(models.TextChoices):
    """How a connection is doing; reckoned, never stored."""

    WORKING = "working", _("In step")
    NEW = "new", _("Not tried yet")
    DELAYED = "delayed", _("Sync delayed")
    FORBIDDEN = "forbidden", _("Permission lost")
    NO_SECRET = "no_secret", _("Needs its token")
    PAUSED = "paused", _("Paused")
    REMOVED = "removed", _("Removed")

    @property
    def mark(self) -> str:
        """The design's square: full, late or empty."""
        marks = {"working": "full", "delayed": "late", "forbidden": "late"}
        return marks.get(self.value, "")


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def present(self) -> Self:
        """Without those that were removed."""
        return self.filter(removed_at=None)

    def in_use(self) -> Self:
        """Those that we speak to and listen to."""
        return self.present().filter(paused_at=None)

    def to_ask(self, now: datetime) -> Self:
        """In use, with a secret, not told to wait, and claimed by no worker."""
        return (
            self.in_use()
            .exclude(secret="")
            .filter(Q(wait_until=None) | Q(wait_until__lte=now))
            .filter(Q(leased_until=None) | Q(leased_until__lt=now))
        )


class Connection(models.Model):
    kind = models.CharField(max_length=30)
    """The name of an `AdapterKind`."""
    name = models.CharField(_("name"), max_length=120)
    base_url = models.CharField(_("address"), max_length=500)
    """Without a slash at its end. A new host takes the secrets with it (BAR I10)."""
    account = models.CharField(_("account"), max_length=254, blank=True)
    options = models.JSONField(default=dict, blank=True)
    """What else a kind needs, as its `AdapterKind.options` names it."""
    secret = models.TextField(blank=True)
    """Sealed (outbound/secrets.py). Never shown."""
    restricted_too = models.BooleanField(default=False)
    """Whether actions of restricted incidents may go there: by id and link only."""
    bot = models.OneToOneField(User, models.PROTECT, related_name="tracker")
    """Whom the history names for what came from there; can never sign in."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    paused_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    hook_token = models.CharField(max_length=64, unique=True)
    """Random: the last part of the address that webhooks come to."""
    hook_secret = models.TextField(blank=True)
    """Sealed; what webhooks are signed with."""
    hook_secret_before = models.TextField(blank=True)
    """Sealed; the one before, which is still good for a while after rotation."""
    hook_secret_before_until = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    """When the last webhook came that proved who sent it."""

    last_ok_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    """Calls in a row that got no answer."""
    delayed_since = models.DateTimeField(null=True, blank=True)
    """Since when it gives no answer, or asks us to wait."""
    forbidden_since = models.DateTimeField(null=True, blank=True)
    """Since when the secret is refused."""
    wait_until = models.DateTimeField(null=True, blank=True)
    """Nothing is asked before: it said so (429), or it gave no answer."""
    leased_until = models.DateTimeField(null=True, blank=True)
    """While one worker speaks to it; so that a slow one holds up no more than that."""
    lease = models.CharField(max_length=32, blank=True)
    """Which claim holds it: a worker that was late gives nothing back."""
    cursor = models.TextField(blank=True)
    poll_at = models.DateTimeField(null=True, blank=True)
    """When to ask next for what changed there; webhooks are faster, but get lost."""

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="connection_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="removed_connection_keeps_no_secret",
                condition=Q(removed_at=None)
                | Q(secret="", hook_secret="", hook_secret_before=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def state(self) -> ConnectionState:
        found = (
            (self.removed_at, ConnectionState.REMOVED),
            (self.paused_at, ConnectionState.PAUSED),
            (not self.secret, ConnectionState.NO_SECRET),
            (self.forbidden_since, ConnectionState.FORBIDDEN),
            (self.delayed_since, ConnectionState.DELAYED),
            (self.last_ok_at is None, ConnectionState.NEW),
        )
        return next((state for holds, state in found if holds), ConnectionState.WORKING)


class ProjectMapping(models.Model):
    """Where issues for actions of a team or service go; neither: all others."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mappings")
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+"
    )
    service = models.ForeignKey(
        Service, models.CASCADE, null=True, blank=True, related_name="+"
    )
    project = models.CharField(_("project"), max_length=200)
    issue_type = models.CharField(_("issue type"), max_length=120, blank=True)
    labels = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    status_map = models.JSONField(default=dict, blank=True)
    """{status id of the tracker: status of an action}, where its category misleads."""
    status_out = models.JSONField(default=dict, blank=True)
    """{status of an action: status id of the tracker}, where there are several."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "team", "service"],
                nulls_distinct=False,
                name="one_project_for_a_team_and_service",
                violation_error_message=_("There is a project for this already."),
            ),
            models.CheckConstraint(
                name="mapping_has_a_project", condition=~Q(project="")
            ),
        ]

    def __str__(self) -> str:
        return self.project


class PersonLink(models.Model):
    """Who an account of the tracker is here; believed once an administrator said so."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="people")
    account = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="+"
    )
    """Proposed by the same e-mail address, until it is confirmed."""
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "account"], name="one_link_for_an_account"
            ),
            models.UniqueConstraint(
                fields=["connection", "user"],
                condition=Q(confirmed_at__isnull=False, user__isnull=False),
                name="one_account_for_a_person",
                violation_error_message=_("This person has another account there."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.account
