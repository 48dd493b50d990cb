"""Calendar feeds, which programs fetch without signing in."""

from django.db import models

from accounts.models import Team, User


class CalendarFeed(models.Model):
    """The right of a calendar program to fetch one list of actions for one person.

    The token lets in to this feed and to nothing else; only its hash is kept.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="calendar_feeds")
    """Whose rights are asked at each fetch."""
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+"
    )
    """Whose actions it lists; none: those of the person."""
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "team"],
                name="one_feed_of_each_list",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"calendar {self.pk}"
