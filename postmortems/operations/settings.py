"""What administrators edit: the severity scale, the catalogue, the checklists."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.access import organisation
from accounts.models import Team, User
from postmortems import permissions
from postmortems.models import (
    ChecklistItem,
    ChecklistTick,
    Postmortem,
    Service,
    Severity,
)


@transaction.atomic(durable=True)
def save_severity(severity: Severity | None, *, by: User, **values: Any) -> Severity:
    permissions.check_administers(by)
    severity = severity or Severity()
    for name in ("label", "rank", "definition"):
        setattr(severity, name, values[name])
    severity.save()
    return severity


@transaction.atomic(durable=True)
def retire_severity(severity: Severity, *, by: User, at: datetime) -> None:
    """Offer it no longer; reports that carry it keep it."""
    permissions.check_administers(by)
    severity.retired_at = None if severity.retired_at else at
    severity.save(update_fields=["retired_at"])


@transaction.atomic(durable=True)
def save_service(
    service: Service | None,
    *,
    name: str,
    description: str,
    owner: Team | None,
    by: User,
) -> Service:
    permissions.check_administers(by)
    service = service or Service()
    service.name, service.description, service.owner = name, description, owner
    service.save()
    return service


@transaction.atomic(durable=True)
def retire_service(service: Service, *, by: User, at: datetime) -> None:
    permissions.check_administers(by)
    service.retired_at = None if service.retired_at else at
    service.save(update_fields=["retired_at"])


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
