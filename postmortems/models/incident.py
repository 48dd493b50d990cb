"""The disruption: what it was called, when it was, what it touched."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from postmortems.document import Time
from postmortems.vocabulary import Certainty, Kind, Milestone


class Severity(models.Model):
    """One step of the scale that administrators edit; rank 1 is the most severe."""

    label = models.CharField(_("label"), max_length=50)
    rank = models.PositiveSmallIntegerField(_("rank"), unique=True)
    definition = models.CharField(_("definition"), max_length=300)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("label"), name="severity_labels_are_unique"),
            models.CheckConstraint(
                name="severity_ranks_from_one", condition=Q(rank__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Service(models.Model):
    """A thing of the organisation that can break."""

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=500, blank=True)
    owner = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="services"
    )
    restricted_origin = models.BooleanField(default=False)
    """Typed in a restricted report only: not offered to anybody else (BAR R7)."""
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="service_names_are_unique"),
            models.CheckConstraint(name="service_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class ReferenceDay(models.Model):
    """How many references a UTC day has given out. It outlives what they named."""

    day = models.DateField(primary_key=True)
    last_number = models.PositiveIntegerField(default=0)


class GivenReference(models.Model):
    """A reference that was given out once, and so never again."""

    reference = models.CharField(max_length=24, primary_key=True)


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: User) -> Self:
        """The incidents that exist for `user`: all but uninvited restricted ones.

        Administrators are outsiders of a restricted incident like anybody else.
        """
        invited = Participation.objects.filter(
            postmortem__incident=OuterRef("pk"), user_id=user.pk
        )
        return self.filter(Q(restricted=False) | Exists(invited))

    def not_in_trash(self) -> Self:
        return self.filter(deleted_at=None)

    def hidden_from(self, user: User) -> Self:
        """All that `visible_to` and `not_in_trash` together leave out; commonly few."""
        invited = Participation.objects.filter(
            postmortem__incident=OuterRef("pk"), user_id=user.pk
        )
        uninvited = Q(restricted=True) & ~Exists(invited)
        return self.filter(Q(deleted_at__isnull=False) | uninvited)


def _milestone_constraint(milestone: Milestone) -> models.CheckConstraint:
    at, certainty = f"{milestone}_at", f"{milestone}_certainty"
    return models.CheckConstraint(
        name=f"{milestone}_is_known_or_not",
        condition=(
            Q(**{f"{at}__isnull": True, certainty: Certainty.NOT_RECORDED})
            | Q(
                **{
                    f"{at}__isnull": False,
                    f"{certainty}__in": [Certainty.RECORDED, Certainty.APPROXIMATE],
                }
            )
        ),
    )


def _moment() -> "models.DateTimeField[Any, datetime | None]":
    return models.DateTimeField(null=True, blank=True)


def _certainty() -> "models.CharField[Any, str]":
    return models.CharField(
        max_length=20, choices=Certainty, default=Certainty.NOT_RECORDED
    )


class Incident(models.Model):
    reference = models.CharField(max_length=24, unique=True)
    """INC-YYYY-MM-DD-NNN: given once, never changed and never reused."""
    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=20, choices=Kind, default=Kind.INCIDENT
    )
    severity = models.ForeignKey(
        Severity, models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    severity_note = models.CharField(max_length=300, blank=True)
    """A definition that came with an import and differs from the scale's."""
    severity_label = models.CharField(max_length=50, blank=True, db_default="")
    """A severity as an import names it, where the scale has no such label."""
    restricted = models.BooleanField(_("restricted"), default=False)

    started_at, started_certainty = _moment(), _certainty()
    detected_at, detected_certainty = _moment(), _certainty()
    acknowledged_at, acknowledged_certainty = _moment(), _certainty()
    mitigated_at, mitigated_certainty = _moment(), _certainty()
    resolved_at, resolved_certainty = _moment(), _certainty()

    services = models.ManyToManyField(Service, through="AffectedService")

    sorts_at = models.DateTimeField()
    """The start, else the detection, else the moment of writing: the order of lists."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = IncidentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("sorts_at", "id", name="incident_list_order"),
            models.Index("severity", "sorts_at", "id", name="incident_by_severity"),
            GinIndex(SearchVector("title", config="english"), name="incident_by_title"),
            models.Index(
                "id",
                name="incident_hidden_from_some",
                condition=Q(deleted_at__isnull=False) | Q(restricted=True),
            ),
        ]
        constraints = [
            *(_milestone_constraint(milestone) for milestone in Milestone),
            models.CheckConstraint(name="incident_has_a_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="incident_reference_form",
                condition=Q(reference__regex=r"^INC-\d{4}-\d\d-\d\d-\d{3,}$"),
            ),
            models.CheckConstraint(
                name="incident_kind_is_known", condition=Q(kind__in=Kind.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def moment(self, milestone: Milestone) -> Time:
        return Time(
            getattr(self, f"{milestone.value}_at"),
            Certainty(getattr(self, f"{milestone.value}_certainty")),
        )

    def set_moment(self, milestone: Milestone, time: Time) -> None:
        """Assign, and keep the order of lists in step; the caller saves."""
        setattr(self, f"{milestone.value}_at", time.at)
        setattr(self, f"{milestone.value}_certainty", time.certainty)
        self.sorts_at = self.started_at or self.detected_at or self.sorts_at

    def since_start(self, milestone: Milestone) -> timedelta | None:
        """Time from the start; None while either is not recorded or out of order."""
        at = self.moment(milestone).at
        if at is None or self.started_at is None or at < self.started_at:
            return None
        passed: timedelta = at - self.started_at
        return passed

    @property
    def duration(self) -> timedelta | None:
        """From start to resolution; computed, never typed."""
        return self.since_start(Milestone.RESOLVED)

    @property
    def time_to_detect(self) -> timedelta | None:
        return self.since_start(Milestone.DETECTED)


class AffectedService(models.Model):
    """That an incident touched a service, with what the report says of it."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="affected")
    service = models.ForeignKey(Service, models.PROTECT, related_name="affected")
    note = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "service"], name="service_affected_once"
            ),
        ]


class Participation(models.Model):
    """Who takes part in a report, and as what. In a restricted one: who is invited."""

    class Part(models.TextChoices):
        FACILITATOR = "facilitator", _("Facilitator")
        CONTRIBUTOR = "contributor", _("Contributor")
        READER = "reader", _("Reader")

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", models.CASCADE, related_name="participations"
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="participations")
    part = models.CharField(max_length=20, choices=Part)
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "user"], name="takes_part_once"
            ),
            models.CheckConstraint(
                name="participation_part_is_known",
                condition=Q(part__in=["facilitator", "contributor", "reader"]),
            ),
        ]
