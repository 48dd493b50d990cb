"""What administrators edit: the severity scale, the checklists, readiness."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.access import organisation
from accounts.models import User
from postmortems import permissions, policies
from postmortems.models import (
    ChecklistItem,
    ChecklistTick,
    Postmortem,
    Severity,
)


class StepTaken(policies.Refusal):
    """Another step has just been given this label or rank."""


@transaction.atomic(durable=True)
def save_severity(severity: Severity | None, *, by: User, **values: Any) -> Severity:
    """Add a step, or change it. Raises StepTaken."""
    permissions.check_administers(by)
    severity = severity or Severity()
    for name in ("label", "rank", "definition"):
        setattr(severity, name, values[name])
    try:
        with transaction.atomic():
            severity.save()
    except IntegrityError as error:
        raise StepTaken(_("Another step has this label or rank already.")) from error
    return severity


@transaction.atomic(durable=True)
def retire_severity(severity: Severity, *, by: User, at: datetime) -> None:
    """Offer it no longer; reports that carry it keep it."""
    permissions.check_administers(by)
    severity.retired_at = None if severity.retired_at else at
    severity.save(update_fields=["retired_at"])


@transaction.atomic(durable=True)
def save_checklist_item(
    item: ChecklistItem | None, *, kind: str, text: str, by: User
) -> ChecklistItem:
    permissions.check_administers(by)
    if item is None:
        last: int | None = ChecklistItem.objects.filter(kind=kind).aggregate(
            last=Max("position")
        )["last"]
        item = ChecklistItem(position=(last or 0) + 1)
    item.kind, item.text = kind, text
    item.save()
    return item


@transaction.atomic(durable=True)
def retire_checklist_item(item: ChecklistItem, *, by: User, at: datetime) -> None:
    permissions.check_administers(by)
    item.retired_at = None if item.retired_at else at
    item.save(update_fields=["retired_at"])


@transaction.atomic(durable=True)
def save_readiness(chosen: dict[str, str], *, by: User) -> None:
    """Keep which rules are off or required; all others are on."""
    permissions.check_administers(by)
    settings = organisation()
    settings.readiness = chosen
    settings.save(update_fields=["readiness"])


@transaction.atomic(durable=True)
def tick(
    postmortem: Postmortem, item: ChecklistItem, *, ticked: bool, by: User, at: datetime
) -> None:
    """Tick a source off, or take the tick back. Saying it twice changes nothing."""
    permissions.check_can_edit(by, postmortem)
    if ticked:
        ChecklistTick.objects.get_or_create(
            postmortem=postmortem,
            item=item,
            defaults={"ticked_by": by, "ticked_at": at},
        )
    else:
        ChecklistTick.objects.filter(postmortem=postmortem, item=item).delete()
