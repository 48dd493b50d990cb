"""What was promised, by whom, by when, and what became of it."""

from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from postmortems.models import ContributingFactor, Postmortem, Row
from postmortems.models.rows import RowQuerySet
from postmortems.vocabulary import ActionPriority, ActionStatus, ActionType

SETTLED = (ActionStatus.DONE, ActionStatus.WONT_DO)

_UNSETTLED = Q(
    deleted_at=None, status__in=[ActionStatus.OPEN, ActionStatus.IN_PROGRESS]
)


class ActionItemQuerySet(RowQuerySet["ActionItem"]):
    def unsettled(self) -> Self:
        return self.present().exclude(status__in=SETTLED)

    def overdue(self, today: date) -> Self:
        return self.unsettled().filter(due_on__lt=today)


class ActionItem(Row):
    """A promise with an owner and a due date. Its status lives on after publishing."""

    postmortem = models.ForeignKey(
        Postmortem, models.CASCADE, related_name="action_items"
    )
    description = models.TextField(_("what needs to be done"))
    owner_team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="action_items"
    )
    owner_person = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="action_items"
    )
    owner_team_name = models.CharField(max_length=120, blank=True)
    owner_person_name = models.CharField(max_length=120, blank=True)
    """Owners that this installation does not know, as an import named them."""
    due_on = models.DateField(_("due"), null=True, blank=True)
    types = ArrayField(
        models.CharField(max_length=30, choices=ActionType), default=list, blank=True
    )
    priority = models.CharField(
        _("priority"),
        max_length=10,
        choices=ActionPriority,
        default=ActionPriority.MEDIUM,
    )
    status = models.CharField(
        _("status"), max_length=20, choices=ActionStatus, default=ActionStatus.OPEN
    )
    reason = models.TextField(_("why it won’t be done"), blank=True)
    evidence = models.TextField(_("what shows that it is done"), blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    factors = models.ManyToManyField(
        ContributingFactor, related_name="action_items", blank=True
    )

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("owner_team", "status", "due_on", name="actions_of_a_team"),
            models.Index(
                "owner_person", "status", "due_on", name="actions_of_a_person"
            ),
            models.Index("status", "due_on", name="actions_due"),
            models.Index(
                "due_on", "id", name="actions_unsettled", condition=_UNSETTLED
            ),
            models.Index(
                "created_at",
                "id",
                name="actions_unsettled_by_age",
                condition=_UNSETTLED,
            ),
            models.Index(
                F("done_on").desc(nulls_last=True),
                F("id").desc(),
                name="actions_done_lately",
                condition=Q(deleted_at=None, status=ActionStatus.DONE),
            ),
            GinIndex(
                SearchVector("description", config="english"), name="actions_by_words"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="action_says_something", condition=~Q(description="")
            ),
            models.CheckConstraint(
                name="action_status_is_known",
                condition=Q(status__in=ActionStatus.values),
            ),
            models.CheckConstraint(
                name="action_types_are_known",
                condition=Q(types__contained_by=list(ActionType.values)),
            ),
            models.CheckConstraint(
                name="wont_do_has_a_reason",
                condition=~Q(status=ActionStatus.WONT_DO) | ~Q(reason=""),
                violation_error_message=_("Say why it won’t be done."),
            ),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def settled(self) -> bool:
        return self.status in SETTLED

    def late(self, today: date) -> bool:
        return not self.settled and self.due_on is not None and self.due_on < today
