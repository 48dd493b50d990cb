"""What keeps a promise in mind once it is made: when to ask, and what was said."""

from datetime import UTC, date, datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from actions.models.action import ActionItem

PLAN_ANEW = datetime(1970, 1, 1, tzinfo=UTC)
"""As `next_at`: the next tick plans this action, whatever the clock says."""


class Verdict(models.TextChoices):
    """What the owner's team says some time after an action is done."""

    EFFECTIVE = "effective", _("It worked")
    NOT_EFFECTIVE = "not_effective", _("It did not work")
    CANNOT_TELL = "cannot_tell", _("Can’t tell")


class FollowThrough(models.Model):
    """Of one action. A trigger writes the row, and sets `next_at` to PLAN_ANEW
    whenever the action changes, whoever changes it; so none is ever forgotten.
    """

    action = models.OneToOneField(
        ActionItem, models.CASCADE, primary_key=True, related_name="follow_through"
    )
    next_at = models.DateTimeField(null=True, blank=True)
    """When somebody may have to be told next (UTC); none: nothing is left to tell."""
    promised_on = models.DateField(null=True, blank=True)
    """The first due date that the published report promised."""
    snoozed_until = models.DateField(null=True, blank=True)
    """The owner is not reminded before this day."""
    snooze_reason = models.TextField(blank=True)
    snoozed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    check_on = models.DateField(null=True, blank=True)
    """When to ask whether it worked; counted from the day it was done."""
    verdict = models.CharField(max_length=20, choices=Verdict, blank=True)
    verdict_note = models.TextField(blank=True)
    verdict_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verdict_at = models.DateTimeField(null=True, blank=True)
    reopened_by = models.ForeignKey(
        "postmortems.ContributingFactor",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    """The factor of a later incident that asks the question anew."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="snooze_has_a_reason",
                condition=Q(snoozed_until=None) | ~Q(snooze_reason=""),
            ),
            models.CheckConstraint(
                name="verdict_is_known",
                condition=Q(verdict="") | Q(verdict__in=Verdict.values),
            ),
        ]
        indexes = [
            models.Index(
                "next_at",
                name="follow_through_due",
                condition=Q(next_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"follow-through of action {self.pk}"

    def snoozed(self, today: date) -> bool:
        return self.snoozed_until is not None and today < self.snoozed_until

    @property
    def proven(self) -> bool:
        return self.verdict == Verdict.EFFECTIVE


class DateMove(models.Model):
    """A promise that got a later date or none, and why."""

    action = models.ForeignKey(ActionItem, models.CASCADE, related_name="date_moves")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)
    """None: the date was taken away."""
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="date_move_has_a_reason", condition=~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_on} to {self.to_on}"
