"""What leaves the house: who is told what, by which way, and what became of it.

A notice is the intent (BAR §2.7): written once for a thing, a person, a kind and a day,
before anything is sent. A delivery is one message by one channel; it carries one notice
or many, and is tried again until it is sent or given up.
"""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User

LEASE = timedelta(minutes=5)
"""How long a worker that claimed a delivery keeps it from the others (BAR §9)."""
MOST_LOST = 5
"""Workers that may be lost with a delivery before it is given up (DR16)."""


class NoticeKind(models.TextChoices):
    REMINDER = "reminder", _("Reminders of my actions")
    ESCALATION = "escalation", _("Overdue actions of the teams I lead or manage")
    EFFECTIVENESS = "effectiveness", _("Whether an action worked")
    REPORT_STEP = "report_step", _("Steps of reports I facilitate")
    NUDGE = "nudge", _("Reminders that somebody sends by hand")
    TRACKER = "tracker", _("Questions about linked issues")
    WEEKLY = "weekly", _("Weekly report")
    MONTHLY = "monthly", _("Monthly report")
    MENTION = "mention", _("Mentions in comments")
    CHAT_ENDED = "chat_ended", _("Chats of mine that do not answer any more")


DAILY = (
    NoticeKind.REMINDER,
    NoticeKind.ESCALATION,
    NoticeKind.EFFECTIVENESS,
    NoticeKind.REPORT_STEP,
    NoticeKind.NUDGE,
    NoticeKind.TRACKER,
    NoticeKind.CHAT_ENDED,
)
"""Kinds that are gathered into one message; each of the others is its own."""


class Channel(models.TextChoices):
    MAIL = "mail", _("Mail")
    CHAT = "chat", _("Chat")
    PAGE = "page", _("Open page")


class ChatFlavour(models.TextChoices):
    SLACK = "slack", _("Slack")
    TEAMS = "teams", _("Microsoft Teams")
    MATTERMOST = "mattermost", _("Mattermost")


class ChatHook(models.Model):
    """An incoming webhook of a chat: of a person, of a team, or of everybody."""

    name = models.CharField(_("name"), max_length=120)
    flavour = models.CharField(_("chat"), max_length=20, choices=ChatFlavour)
    address = models.TextField()
    """Encrypted (outbound/secrets.py): whoever has the address can write there."""
    host = models.CharField(max_length=255)
    """What of the address may be shown."""
    user = models.OneToOneField(
        User, models.CASCADE, null=True, blank=True, related_name="chat_hook"
    )
    team = models.OneToOneField(
        Team, models.CASCADE, null=True, blank=True, related_name="chat_hook"
    )
    created_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    """After 72 h of failures, or when the chat says that it is gone (410)."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="chat_hook_has_one_owner_at_most",
                condition=Q(user=None) | Q(team=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Preference(models.Model):
    """Whether a person wants a kind of notice by a channel, where not as by default."""

    user = models.ForeignKey(User, models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=20, choices=NoticeKind)
    channel = models.CharField(max_length=10, choices=Channel)
    wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "channel"], name="one_wish_for_kind_and_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def to_gather(self, now: datetime) -> Self:
        """Due, and in no message yet."""
        return self.filter(gathered_at=None, due_at__lte=now)


class Notice(models.Model):
    """One thing that one person is told on one day; the key keeps it from being two."""

    kind = models.CharField(max_length=20, choices=NoticeKind)
    about = models.CharField(max_length=60)
    """What it is about: "action:12", "report:7", "view:3"."""
    recipient = models.ForeignKey(User, models.CASCADE, related_name="notices")
    day = models.DateField()
    """The recipient's local day that it is sent for."""
    due_at = models.DateTimeField()
    """When it may be sent: in the recipient's morning, outside their quiet hours."""
    why = models.JSONField(default=dict, blank=True)
    """What led to it: the policy, the slot ("before", "due", "overdue"), the role."""
    created_at = models.DateTimeField()
    gathered_at = models.DateTimeField(null=True, blank=True)
    """When it was put into messages, or found to be wanted by no channel."""

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["about", "recipient", "kind", "day"],
                name="told_once_about_a_thing_in_a_day",
            ),
        ]
        indexes = [
            models.Index(
                "due_at", name="notices_to_gather", condition=Q(gathered_at=None)
            ),
            models.Index(
                fields=["recipient", "-created_at"], name="notices_of_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Could not be sent")
    DROPPED = "dropped", _("Not sent: not wanted or not allowed any more")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def to_send(self, now: datetime) -> Self:
        """Waiting and due, or claimed by a worker whose lease ran out."""
        return self.filter(
            Q(state=DeliveryState.PENDING)
            | Q(state=DeliveryState.SENDING, leased_until__lt=now),
            due_at__lte=now,
        )

    def failed(self) -> Self:
        return self.filter(state=DeliveryState.FAILED)


class Delivery(models.Model):
    """One message by one channel to one person, or to the chat of a team."""

    key = models.CharField(max_length=120, unique=True)
    """Makes the Message-ID, so that a repeat is seen as one (BAR §9)."""
    kind = models.CharField(max_length=20, choices=NoticeKind)
    channel = models.CharField(max_length=10, choices=Channel)
    recipient = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    hook = models.ForeignKey(
        ChatHook, models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    notices = models.ManyToManyField(Notice, related_name="deliveries")
    state = models.CharField(
        max_length=10, choices=DeliveryState, default=DeliveryState.PENDING
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)
    """The last failure in our words, without an address or a secret."""
    lost = models.PositiveSmallIntegerField(default=0)
    """How often a worker that had claimed it was never heard of again."""

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="delivery_has_an_addressee",
                condition=Q(recipient__isnull=False) | Q(hook__isnull=False),
            ),
            models.CheckConstraint(
                name="delivery_state_is_known",
                condition=Q(state__in=DeliveryState.values),
            ),
        ]
        indexes = [
            # With the id, as they are claimed: many that are gathered are due at once.
            models.Index(
                "due_at",
                "id",
                name="deliveries_to_send",
                condition=Q(state__in=["pending", "sending"]),
            ),
            models.Index(fields=["state", "-created_at"], name="deliveries_by_state"),
        ]

    def __str__(self) -> str:
        return self.key


class Pulse(models.Model):
    """When a regular job last ended well; the operations page alarms by it."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    """How long the last run took."""

    def __str__(self) -> str:
        return self.name
