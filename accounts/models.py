"""People, teams, invitations, and the organisation they belong to."""

from datetime import datetime, time
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.addresses import normal_address
from accounts.zones import zone_named


class Role(models.TextChoices):
    """What somebody may do anywhere; the rest is decided report by report."""

    VIEWER = "viewer", _("Viewer")
    MEMBER = "member", _("Member")
    ADMINISTRATOR = "administrator", _("Administrator")


class Theme(models.TextChoices):
    SYSTEM = "system", _("System")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


def monday_to_friday() -> list[int]:
    return [1, 2, 3, 4, 5]


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **extra: Any
    ) -> "User":
        """Write an account whose address is unique whatever its case."""
        user = self.model(email=normal_address(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normal_address(username or ""))


class User(AbstractBaseUser):
    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)
    shortcuts = models.BooleanField(_("keyboard shortcuts"), default=True)
    morning = models.TimeField(_("reminders come at"), default=time(9))
    """Local time of the first message of a day."""
    quiet_from = models.TimeField(_("quiet from"), default=time(18))
    """Local time after which nothing is sent until the next morning."""
    working_days = ArrayField(
        models.PositiveSmallIntegerField(), default=monday_to_friday
    )
    """1 is Monday, 7 is Sunday (ISO 8601)."""
    holidays = models.CharField(_("public holidays"), max_length=12, blank=True)
    """Country and part of it: "DE", "DE-BE"; empty: those of the organisation."""
    active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="one_account_for_each_address"
            ),
            models.CheckConstraint(
                name="user_role_is_known", condition=Q(role__in=Role.values)
            ),
            models.CheckConstraint(
                name="user_works_on_some_day",
                condition=Q(working_days__len__gte=1)
                & Q(working_days__contained_by=[1, 2, 3, 4, 5, 6, 7]),
            ),
            models.CheckConstraint(
                name="user_is_quiet_after_the_morning",
                condition=Q(morning__lt=models.F("quiet_from")),
            ),
            models.CheckConstraint(name="user_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Django's and allauth's word for `active`."""
        return self.active

    @property
    def zone(self) -> ZoneInfo:
        return zone_named(self.time_zone)

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def colour(self) -> int:
        """1 to 6: which of the design's person colours stands for this account."""
        return (self.pk or 0) % 6 + 1

    @property
    def administers(self) -> bool:
        return self.active and self.role == Role.ADMINISTRATOR

    @property
    def may_write(self) -> bool:
        """Whether this account may create and join reports at all."""
        return self.active and self.role in {Role.MEMBER, Role.ADMINISTRATOR}


class Team(models.Model):
    """People who own services and actions together; may act in a timeline."""

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=500, blank=True)
    lead = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="teams_led"
    )
    manager = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="teams_managed"
    )
    members = models.ManyToManyField(User, related_name="teams", blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="team_names_are_unique",
                violation_error_message=_("There is a team of this name already."),
            ),
            models.CheckConstraint(name="team_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        words = self.name.split()
        if len(words) == 1:
            return self.name[:2].upper()
        return (words[0][0] + words[-1][0]).upper() if words else "?"


MOST_ATTEMPTS = 5
"""How often a mail is tried before somebody has to look at it."""


class LetterQuerySet(models.QuerySet[Any]):
    """What invitations and reset mails share: a row is the intent to send."""

    def to_send(self, now: datetime) -> Self:
        """Neither sent nor given up, and its turn has come."""
        return self.filter(sent_at=None, due_at__lte=now, attempts__lt=MOST_ATTEMPTS)


class InvitationQuerySet(LetterQuerySet):
    def outstanding(self) -> Self:
        """Neither taken up nor withdrawn; they may have expired."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def open(self, now: datetime) -> Self:
        """Invitations that can still be taken up."""
        return self.outstanding().filter(expires_at__gt=now)


class Invitation(models.Model):
    """A mail link that lets one address in, once, for seven days (BAR A19)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        UNDELIVERED = "undelivered", _("Could not be sent")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

        @property
        def opens(self) -> bool:
            """Whether the link still lets somebody in."""
            return self.value in {"waiting", "undelivered", "sent"}

        @property
        def may_repeat(self) -> bool:
            """Whether another link to the same address makes sense."""
            return self.value in {"undelivered", "sent", "expired"}

        @property
        def mark(self) -> str:
            """The design's square: full, half, warn or empty."""
            marks = {"accepted": "full", "sent": "half", "undelivered": "warn"}
            return marks.get(self.value, "")

    email = models.EmailField(_("e-mail address"), max_length=254)
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True)
    token = models.CharField(max_length=64, blank=True)
    """Random; needed in clear until the mail has gone out, then only its hash stays."""
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    due_at = models.DateTimeField()
    """When the mail may next be tried."""
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_outstanding_invitation_for_each_address",
            ),
            models.CheckConstraint(
                name="invitation_role_is_known", condition=Q(role__in=Role.values)
            ),
            models.CheckConstraint(
                name="sent_invitation_keeps_no_token",
                condition=Q(sent_at=None) | Q(token=""),
            ),
            models.CheckConstraint(
                name="invitation_has_one_end",
                condition=Q(accepted_at=None) | Q(withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"

    def state(self, now: datetime) -> State:
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.withdrawn_at:
            return self.State.WITHDRAWN
        if self.expires_at <= now:
            return self.State.EXPIRED
        if self.sent_at:
            return self.State.SENT
        given_up = self.attempts >= MOST_ATTEMPTS
        return self.State.UNDELIVERED if given_up else self.State.WAITING


class PasswordReset(models.Model):
    """Somebody asked to reset the password of an address, known to us or not.

    The request that asks does the same work for every address, so that neither its
    answer nor its time tells who has an account; the worker looks the account up.
    """

    email = models.EmailField(max_length=254)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = LetterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"reset {self.pk}"


class Organisation(models.Model):
    """The one organisation of this installation, and its settings."""

    name = models.CharField(_("name"), max_length=120, default="Afterword")
    first_run_token_hash = models.CharField(max_length=64, blank=True)
    default_time_zone = models.CharField(max_length=64, default="UTC")
    holidays = models.CharField(_("public holidays"), max_length=12, blank=True)
    """Country and part of it, as of a person: "DE-BE"."""
    readiness = models.JSONField(default=dict, blank=True)
    """Rules of the readiness list that are not simply on: {rule: "off"|"required"}."""

    class Meta:
        constraints = [
            models.CheckConstraint(name="one_organisation", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return self.name
