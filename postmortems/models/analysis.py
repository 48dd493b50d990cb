"""What made it possible, what was learned, and what stays open."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from postmortems.models.postmortem import Postmortem
from postmortems.models.rows import Row, RowQuerySet
from postmortems.vocabulary import Category, LessonKind


class ContributingFactor(Row):
    """A condition without which it would have been smaller, on its fishbone bone."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="factors")
    text = models.TextField(_("factor"))
    category = models.CharField(
        _("category"), max_length=20, choices=Category, blank=True
    )
    note = models.TextField(_("note"), blank=True)
    same_as = models.CharField(max_length=600, blank=True)
    """As it was named earlier: "INC-2025-11-03-001: No validation before deploy"."""
    earlier = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="later"
    )
    """That earlier factor, where it is in this installation."""

    objects = RowQuerySet["ContributingFactor"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="factor_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="factor_category_is_known",
                condition=Q(category__in=["", *Category.values]),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Why(Row):
    """One question and its answer; questions that follow from it hang below it."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="whys")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="because"
    )
    question = models.CharField(_("question"), max_length=500, blank=True)
    answer = models.TextField(_("answer"))
    primary = models.BooleanField(_("this is the primary root cause"), default=False)

    objects = RowQuerySet["Why"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="why_is_answered", condition=~Q(answer="")),
            models.CheckConstraint(
                name="why_is_not_its_own_cause", condition=~Q(parent=models.F("id"))
            ),
        ]

    def __str__(self) -> str:
        return self.answer


class Lesson(Row):
    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="lessons")
    kind = models.CharField(max_length=20, choices=LessonKind)
    text = models.TextField(_("lesson"))

    objects = RowQuerySet["Lesson"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="lesson_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="lesson_kind_is_known", condition=Q(kind__in=LessonKind.values)
            ),
        ]

    def __str__(self) -> str:
        return self.text


class FollowUp(Row):
    """A longer-term initiative or open question that is not an action item."""

    postmortem = models.ForeignKey(
        Postmortem, models.CASCADE, related_name="follow_ups"
    )
    text = models.TextField(_("follow-up"))

    objects = RowQuerySet["FollowUp"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="follow_up_says_something", condition=~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return self.text


class ImpactMeasure(Row):
    """One measured part of the impact: 15 "% of users" in "EU"."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="measures")
    quantity = models.DecimalField(_("quantity"), max_digits=20, decimal_places=4)
    unit = models.CharField(_("unit"), max_length=120)
    who = models.CharField(_("who or where"), max_length=200, blank=True)
    estimated = models.BooleanField(_("estimated"), default=False)

    objects = RowQuerySet["ImpactMeasure"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="measure_is_not_negative", condition=Q(quantity__gte=0)
            ),
            models.CheckConstraint(name="measure_has_a_unit", condition=~Q(unit="")),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.unit}"
