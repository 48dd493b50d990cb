"""What happened, in order; who or what did it; and what shows it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from postmortems.models.postmortem import Postmortem
from postmortems.models.rows import Row, RowQuerySet
from postmortems.vocabulary import Importance, Known, Marker, Precision


class TimelineEntry(Row):
    """One line of the timeline.

    `actors` is a list of {"kind", "name"} in order. `evidence` is a list of {"uid",
    "kind", "label", "url", "trace_id", "text"}; its uid is stable while it lives.
    Entries of one moment keep the order of `position`, which people may change.
    """

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="timeline")
    occurred_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    precision = models.CharField(
        max_length=20, choices=Precision, default=Precision.EXACT
    )
    recorded_at = models.DateTimeField(null=True, blank=True)
    text = models.TextField(_("what happened"))
    markers = ArrayField(
        models.CharField(max_length=20, choices=Marker), default=list, blank=True
    )
    actors = models.JSONField(default=list, blank=True)
    evidence = models.JSONField(default=list, blank=True)
    known = models.CharField(max_length=10, choices=Known, default=Known.THEN)
    importance = models.CharField(
        max_length=20, choices=Importance, default=Importance.STORY
    )

    objects = RowQuerySet["TimelineEntry"].as_manager()

    class Meta:
        indexes = [
            models.Index(
                "postmortem", "occurred_at", "position", "id", name="timeline_order"
            ),
        ]
        constraints = [
            models.CheckConstraint(name="entry_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="entry_markers_are_known",
                condition=Q(markers__contained_by=list(Marker.values)),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def ends_before_it_begins(self) -> bool:
        return self.ended_at is not None and self.ended_at < self.occurred_at
