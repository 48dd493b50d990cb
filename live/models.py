"""The log of what people wrote together: append-only, and the only truth.

A topic is what one document belongs to; `live` does not know what that is.
"""

from django.db import models


class LiveDocument(models.Model):
    """One shared document. Appending locks its row, which is why versions are gapless
    and come in the order of commits; so it stays small.
    """

    topic = models.CharField(max_length=64, unique=True)
    epoch = models.PositiveIntegerField(default=1)
    """Counts up where a damaged document is begun anew; pages of before are refused."""
    began_after = models.PositiveBigIntegerField(default=0)
    """The last version that belongs to an earlier epoch."""
    version = models.PositiveBigIntegerField(default=0)
    saved_version = models.PositiveBigIntegerField(default=0)
    """The version whose texts were handed to the domain."""
    frozen = models.BooleanField(default=False)
    """No update is taken; set where the report is published, in that transaction."""
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.topic


class LiveUpdate(models.Model):
    document = models.ForeignKey(LiveDocument, models.CASCADE, related_name="updates")
    version = models.PositiveBigIntegerField()
    payload = models.BinaryField()
    """A Yjs update, encoding 1; of one person, who may have sent it in parts."""
    authors = models.JSONField(default=list)
    """The account that sent it, as the server knows it; none where the server began."""
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "version"], name="live_update_versions_are_unique"
            )
        ]


class LiveSnapshot(models.Model):
    """The document as of one version, so that opening it reads little of the log."""

    document = models.ForeignKey(LiveDocument, models.CASCADE, related_name="snapshots")
    version = models.PositiveBigIntegerField()
    state = models.BinaryField()
    digest = models.CharField(max_length=64)
    """SHA-256 of `state`; one that does not fit is passed over."""
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "version"], name="live_snapshot_once_for_a_version"
            )
        ]


class RefusedUpdate(models.Model):
    """What did not get into the log, or did not apply; kept to be looked into."""

    topic = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    """SHA-256 of the whole; `payload` is its beginning."""
    payload = models.BinaryField()
    reason = models.CharField(max_length=200)
    user_id = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("at", name="live_refused_age")]
