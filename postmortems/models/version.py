"""What a report said at a moment that is worth going back to."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.limits import LIMITS
from postmortems.models.postmortem import Postmortem


class Version(models.Model):
    """The whole content of a report at one moment (`contents.Content`).

    A trigger refuses to update these rows, and to delete any but hourly ones, unless
    the trash is being emptied.
    """

    class Reason(models.TextChoices):
        PUBLISHED = "published", _("Published")
        RESTORED = "restored", _("Restored")
        IMPORTED = "imported", _("Imported")
        HOURLY = "hourly", _("While it was edited")
        BY_HAND = "by_hand", _("Named")
        BEFORE_RESTORE = "before_restore", _("Before restoring")

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    """1, 2, 3 … of this report; one that was thinned out leaves a gap."""
    at = models.DateTimeField()
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    """Nobody for an hourly one."""
    reason = models.CharField(max_length=20, choices=Reason)
    name = models.CharField(_("name"), max_length=LIMITS.name, blank=True)
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    """The number of the version that was restored, whole or in part."""
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    """SHA-256 of `content`."""
    changed = models.JSONField(default=dict)
    """How many parts differ from the version before: {"row:timeline": 3}."""
    revision = models.PositiveBigIntegerField()
    live_version = models.PositiveBigIntegerField(default=0)
    """The version of the shared document with these texts; 0 where there was none."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "number"], name="version_numbers_are_unique"
            ),
            models.CheckConstraint(
                name="only_hourly_versions_are_nobodys",
                condition=Q(reason="hourly", by=None)
                | (~Q(reason="hourly") & Q(by__isnull=False)),
            ),
            models.CheckConstraint(
                name="versions_by_hand_have_a_name",
                condition=~Q(reason="by_hand") | ~Q(name=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
