"""What all rows of a report have in common: order, version, trash."""

from typing import Self, TypeVar

from django.db import models

from accounts.models import User

GAP = 1024
"""Room left between two neighbours, so that a move rewrites one row."""

Row_ = TypeVar("Row_", bound="Row")


class RowQuerySet(models.QuerySet[Row_]):
    def present(self) -> Self:
        return self.filter(deleted_at=None)

    def in_trash(self) -> Self:
        return self.filter(deleted_at__isnull=False)


class Row(models.Model):
    """A line of the report that people add, change, move, delete and bring back."""

    position = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True


TEXT_LIMIT = 4_000
"""Characters of one row's text; a paragraph, not a chapter."""
