"""Who is sent a report about promises every week or month, besides teams' managers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from outbound.models import ChatHook
from postmortems.models import SavedView


class Rhythm(models.TextChoices):
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


class Scope(models.TextChoices):
    TEAMS = "teams", _("My teams")
    EVERYTHING = "everything", _("Everything")
    VIEW = "view", _("A saved view")


class Subscription(models.Model):
    """One report that one person gets, and the chat that is told as well."""

    user = models.ForeignKey(User, models.CASCADE, related_name="subscriptions")
    rhythm = models.CharField(_("how often"), max_length=10, choices=Rhythm)
    scope = models.CharField(_("of what"), max_length=10, choices=Scope)
    view = models.ForeignKey(
        SavedView, models.CASCADE, null=True, blank=True, related_name="subscriptions"
    )
    hook = models.ForeignKey(
        ChatHook, models.SET_NULL, null=True, blank=True, related_name="subscriptions"
    )
    """The chat of a team or of everybody where the same report is shown."""
    made_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="subscription_rhythm_is_known",
                condition=Q(rhythm__in=Rhythm.values),
            ),
            models.CheckConstraint(
                name="subscription_scope_is_known",
                condition=Q(scope__in=Scope.values),
            ),
            models.CheckConstraint(
                name="subscription_of_a_view_names_it",
                condition=Q(scope="view", view__isnull=False)
                | (~Q(scope="view") & Q(view=None)),
            ),
            models.UniqueConstraint(
                fields=["user", "rhythm", "scope", "view"],
                name="subscribed_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rhythm} {self.scope} for {self.user_id}"
