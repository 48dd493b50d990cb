"""By when promises of which kind are due, and who is told when they are not kept."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from postmortems.models import Service, Severity
from postmortems.vocabulary import ActionPriority, ActionType


class PolicySubject(models.TextChoices):
    ACTIONS = "actions", _("Actions")
    REPORTS = "reports", _("Steps of a report")


class DayUnit(models.TextChoices):
    CALENDAR = "calendar", _("calendar days")
    WORKING = "working", _("working days")


class Policy(models.Model):
    """One rule. The first one, in order, whose conditions all agree holds; a condition
    that names nothing agrees with everything. Days are whole days in the owner's zone.
    """

    subject = models.CharField(
        max_length=10, choices=PolicySubject, default=PolicySubject.ACTIONS
    )
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(default=False)
    """A policy can be tried on what there is before it is switched on."""
    version = models.PositiveIntegerField(default=1)

    severities = models.ManyToManyField(Severity, related_name="+", blank=True)
    teams = models.ManyToManyField(Team, related_name="+", blank=True)
    services = models.ManyToManyField(Service, related_name="+", blank=True)
    types = ArrayField(
        models.CharField(max_length=30, choices=ActionType), default=list, blank=True
    )
    priorities = ArrayField(
        models.CharField(max_length=10, choices=ActionPriority),
        default=list,
        blank=True,
    )

    deadline_days = models.PositiveSmallIntegerField(_("due after"), default=60)
    deadline_unit = models.CharField(
        max_length=10, choices=DayUnit, default=DayUnit.CALENDAR
    )
    first_reminder_days = models.PositiveSmallIntegerField(default=2)
    """Days before the due date."""
    repeat_days = models.PositiveSmallIntegerField(default=7)
    """Days between reminders from the due date on, until it is settled."""
    lead_after_days = models.PositiveSmallIntegerField(null=True, blank=True, default=7)
    """Days overdue until the team's lead is told; none: never."""
    manager_after_days = models.PositiveSmallIntegerField(
        null=True, blank=True, default=14
    )
    """Days overdue until the team's manager is told; none: never."""
    in_reports = models.BooleanField(default=True)
    """Whether weekly and monthly reports list what it covers."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="policy_subject_is_known",
                condition=Q(subject__in=PolicySubject.values),
            ),
            models.CheckConstraint(
                name="policy_repeats_after_a_day_at_least",
                condition=Q(repeat_days__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DayOff(models.Model):
    """A day on which the organisation does not work, besides public holidays."""

    on = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=120)

    def __str__(self) -> str:
        return self.name
