"""Files that are evidence of a report: pictures, logs, documents."""

import secrets
from typing import Self

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from postmortems.file_addresses import UID_BYTES, address_of
from postmortems.models.postmortem import Postmortem


def new_uid() -> str:
    """Part of the address: nobody guesses it, and it says nothing."""
    return secrets.token_hex(UID_BYTES)


class EvidenceFileQuerySet(models.QuerySet["EvidenceFile"]):
    def present(self) -> Self:
        return self.filter(deleted_at=None)

    def in_trash(self) -> Self:
        return self.filter(deleted_at__isnull=False)


class EvidenceFile(models.Model):
    """One file. Its bytes lie in the storage, under a name that says nothing either.

    Each row has bytes of its own, so that deleting one never takes another's.
    """

    class Type(models.TextChoices):
        PNG = "image/png", _("Picture")
        JPEG = "image/jpeg", _("Picture")
        WEBP = "image/webp", _("Picture")
        TEXT = "text/plain", _("Text")
        PDF = "application/pdf", _("PDF")

    postmortem = models.ForeignKey(
        Postmortem, models.CASCADE, related_name="evidence_files"
    )
    uid = models.CharField(max_length=32, unique=True, default=new_uid, editable=False)
    stored_as = models.CharField(max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(max_length=20, choices=Type)
    size = models.PositiveBigIntegerField()
    """Bytes as they are stored, which for a picture is not what was uploaded."""
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = EvidenceFileQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["postmortem", "-id"], name="files_newest_first"),
        ]
        constraints = [
            models.CheckConstraint(name="file_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(name="file_is_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(
                name="picture_has_a_size",
                condition=Q(width=None, height=None) | Q(width__gt=0, height__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.width is not None

    def address(self, reference: str) -> str:
        """As it is written into a text of the report with that reference."""
        return address_of(reference, self.uid, width=self.width, height=self.height)

    def read(self) -> bytes:
        """Raises FileNotFoundError where the storage has lost it."""
        with default_storage.open(self.stored_as) as file:
            content: bytes = file.read()
            return content
