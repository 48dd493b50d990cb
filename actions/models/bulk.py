"""One change to many actions, which can be taken back as a whole."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from actions.models.action import ActionItem


class BulkChange(models.Model):
    """What somebody asked for, once for each key; kept for a day."""

    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of what was sent: the same key with another body is refused."""
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["by", "key"], name="bulk_change_carried_out_once"
            )
        ]
        indexes = [models.Index("at", name="bulk_change_age")]

    def __str__(self) -> str:
        return f"bulk change {self.pk}"


class BulkItem(models.Model):
    """What became of one action in it."""

    class Outcome(models.TextChoices):
        CHANGED = "changed"
        AS_IT_IS = "as_it_is"
        """It was that already."""
        STALE = "stale"
        """Somebody changed it since it was chosen."""
        GONE = "gone"
        FORBIDDEN = "forbidden"
        REFUSED = "refused"

    change = models.ForeignKey(BulkChange, models.CASCADE, related_name="items")
    action = models.ForeignKey(ActionItem, models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome)
    before = models.JSONField(default=dict)
    """The columns that were changed, as they stood."""
    version = models.PositiveIntegerField(default=0)
    """The version that the change made."""
    taken_back = models.BooleanField(null=True, blank=True)
    """False where it was not, because somebody changed the action since."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["change", "action"], name="bulk_item_once_in_a_change"
            ),
            models.CheckConstraint(
                name="bulk_outcome_is_known",
                condition=Q(
                    outcome__in=[
                        "changed",
                        "as_it_is",
                        "stale",
                        "gone",
                        "forbidden",
                        "refused",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.action_id}"
