"""What people say about a report, beside it: threads of comments, and who is named."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import LetterQuerySet, User
from postmortems.models.postmortem import Postmortem


class Thread(models.Model):
    """Comments about one thing: words of a text, a row, a fact, the whole report."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="threads")
    part = models.CharField(max_length=40)
    """As the history calls it: "section:summary", "row:timeline", "field:title"; or
    "report" for the whole."""
    object_id = models.BigIntegerField(null=True, blank=True)
    """The section or row; none of a field and of the whole report."""
    quote = models.TextField(blank=True)
    """What it is about, in the words of the time when it began."""
    anchor_start = models.BinaryField(null=True, blank=True)
    """The first of the words, and the last, as Yjs' relative positions."""
    anchor_end = models.BinaryField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="thread_is_anchored_at_both_ends",
                condition=Q(anchor_start__isnull=True, anchor_end__isnull=True)
                | Q(anchor_start__isnull=False, anchor_end__isnull=False),
            ),
            models.CheckConstraint(
                name="thread_is_resolved_by_somebody",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
            ),
        ]
        indexes = [models.Index("postmortem", "id", name="threads_of_a_report")]

    def __str__(self) -> str:
        return self.quote or self.part

    @property
    def started_by_id(self) -> int | None:
        """Who said the first thing in it."""
        said: list[Comment] | None = self.__dict__.get("said")
        if said is None:
            said = list(self.comments.order_by("pk")[:1])
        return said[0].by_id if said else None


class Comment(models.Model):
    """What one person said; the first of a thread began it."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="comments")
    text = models.TextField(_("comment"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="comment_says_something", condition=~Q(text="")
            ),
        ]
        indexes = [
            models.Index(
                "deleted_at",
                name="deleted_comments",
                condition=Q(deleted_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.text


class MentionQuerySet(LetterQuerySet):
    def to_send(self, now: datetime) -> Self:
        """As of every letter, and not dropped because they may not see it any more."""
        return super().to_send(now).filter(dropped_at=None)


class Mention(models.Model):
    """Somebody is named in a comment: the intent to tell them by mail.

    Whether they may know of it is asked again when the mail is sent.
    """

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, models.CASCADE, related_name="mentions")
    due_at = models.DateTimeField()
    """When the mail may next be tried."""
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    """When it turned out that they may not, or need not, be told any more."""

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "user"], name="mentioned_once_in_a_comment"
            ),
        ]
        indexes = [
            models.Index(
                "due_at",
                name="mentions_to_send",
                condition=Q(sent_at=None, dropped_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.comment_id}"
