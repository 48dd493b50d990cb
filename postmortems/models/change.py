"""Who changed what, and when; append-only, and the database sees to that."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from postmortems.models.postmortem import Postmortem


class Change(models.Model):
    """One line of the history, with what stood there before and after.

    A trigger refuses to update or delete these rows, but for the trash being emptied.
    """

    class What(models.TextChoices):
        CREATED = "created", _("Created")
        ADDED = "added", _("Added")
        CHANGED = "changed", _("Changed")
        MOVED = "moved", _("Moved")
        DELETED = "deleted", _("Deleted")
        BROUGHT_BACK = "brought_back", _("Brought back")
        RESTORED = "restored", _("Restored")
        IMPORTED = "imported", _("Imported")
        PEOPLE = "people", _("People")
        STATUS = "status", _("Status")

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="history")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    what = models.CharField(max_length=20, choices=What)
    part = models.CharField(max_length=40)
    """"field:title", "section:summary", "row:timeline", "status", "people"."""
    object_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["postmortem", "-id"], name="history_newest_first"),
            models.Index("postmortem", "part", "object_id", name="history_of_a_part"),
        ]


class Request(models.Model):
    """A mutation that was carried out, so that sending it again changes nothing more.

    Kept for a day (BAR K13).
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of address and body: the same key with another body is refused."""
    outcome = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"], name="request_carried_out_once"
            )
        ]
        indexes = [models.Index("created_at", name="request_age")]
