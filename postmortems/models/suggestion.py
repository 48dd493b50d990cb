"""What somebody who may not edit a report would write into it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from postmortems.models.postmortem import Postmortem


class Suggestion(models.Model):
    """An entry, a correction or a wording that waits for somebody who may edit.

    `stood` and `proposed` are versions as the history keeps them, so that both are
    shown, compared and written as it does. Those of a wording are {"body"}: the words
    that stood there, and those to put in their place.
    """

    class Kind(models.TextChoices):
        ENTRY = "entry", _("New entry")
        CORRECTION = "correction", _("Correction")
        WORDING = "wording", _("Wording")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        TAKEN = "taken", _("Taken over")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    postmortem = models.ForeignKey(
        Postmortem, models.CASCADE, related_name="suggestions"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    part = models.CharField(max_length=40)
    """As the history calls it: "row:timeline", "section:summary", "field:title"."""
    object_id = models.BigIntegerField(null=True, blank=True)
    """The row or section; none for a new row and for a single field."""
    made_from = models.PositiveBigIntegerField(default=0)
    """The version of the row or field that `stood` is."""
    stood = models.JSONField(null=True, blank=True)
    proposed = models.JSONField(null=True)
    around = models.JSONField(default=list, blank=True)
    """The text before and behind the words of a wording, to find them again."""
    reason = models.TextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(blank=True)
    became = models.BigIntegerField(null=True, blank=True)
    """The row or section that it was written into."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="suggestion_is_open_until_decided",
                condition=Q(state="open", decided_at=None)
                | Q(
                    state__in=["taken", "declined", "withdrawn"],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="suggestion_kind_is_known",
                condition=Q(kind__in=["entry", "correction", "wording"]),
            ),
        ]
        indexes = [
            models.Index("postmortem", "state", "id", name="suggestions_by_state"),
            models.Index(
                fields=["postmortem", "by", "-id"], name="suggestions_of_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.part}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
