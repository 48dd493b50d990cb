"""What trackers send in: kept as it came, answered at once, read later (BAR §6.J)."""

from datetime import datetime
from typing import Self

from django.db import models

from integrations.models.connection import Connection

MOST_ATTEMPTS = 5
"""Times that an event is read before somebody has to look at it (BAR J13)."""


class InboundEventQuerySet(models.QuerySet["InboundEvent"]):
    def to_read(self, now: datetime) -> Self:
        return self.filter(processed_at=None, dead_at=None, due_at__lte=now)

    def dead(self) -> Self:
        return self.exclude(dead_at=None).filter(processed_at=None)


class InboundEvent(models.Model):
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="events")
    event_key = models.CharField(max_length=200)
    """The provider's id of the delivery, or the SHA-256 of its raw body."""
    provider_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=120, blank=True)
    """What kind of event its headers said it was."""
    raw = models.BinaryField()
    """For administrators only, and for 30 days."""
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    processed_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)
    """The last failure in our words."""

    objects = InboundEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "event_key"], name="event_is_kept_once"
            ),
        ]
        indexes = [
            models.Index(
                "due_at",
                name="events_to_read",
                condition=models.Q(processed_at=None, dead_at=None),
            ),
            models.Index(fields=["connection", "-received_at"], name="events_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'event'} {self.pk}"
