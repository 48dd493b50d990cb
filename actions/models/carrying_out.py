"""How an action is carried out: its steps, and the actions that it waits for."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from actions.models.action import ActionItem


class Subtask(models.Model):
    """A step of an action, to be ticked off. It has no owner and no date of its own."""

    action = models.ForeignKey(ActionItem, models.CASCADE, related_name="subtasks")
    text = models.CharField(_("step"), max_length=500)
    position = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="subtask_says_something", condition=~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Dependency(models.Model):
    """One action waits for another, of this report or of any."""

    action = models.ForeignKey(ActionItem, models.CASCADE, related_name="dependencies")
    """The one that waits."""
    needs = models.ForeignKey(ActionItem, models.CASCADE, related_name="dependents")
    """The one that it waits for."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["action", "needs"], name="waits_once_for_another_action"
            ),
            models.CheckConstraint(
                name="no_action_waits_for_itself", condition=~Q(action=F("needs"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action_id} waits for {self.needs_id}"
