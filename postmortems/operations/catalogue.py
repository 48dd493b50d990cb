"""The catalogue of services: typed in reports, edited by administrators.

A service that only restricted reports name is of *restricted origin*: it exists for
nobody else, and its name is free for everybody else.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import Team, User
from postmortems import permissions, policies
from postmortems.models import Incident, Service


class NameTaken(policies.Refusal):
    """Another has just been given this name."""


def service_named(name: str, *, restricted: bool, owner: Team | None = None) -> Service:
    """The service of that name, whatever its case; typing a new name adds it.

    The first open report that types a name takes it into the catalogue.
    """
    found = _namesakes(name).first()
    if found is None:
        # Somebody may be adding it at this moment, in another spelling.
        new = Service(name=name, restricted_origin=restricted, owner=owner)
        Service.objects.bulk_create([new], ignore_conflicts=True)
        found = _namesakes(name).get()
    if found.restricted_origin and not restricted:
        found.restricted_origin = False
        found.save(update_fields=["restricted_origin"])
    return found


@transaction.atomic(durable=True)
def save_service(
    service: Service | None,
    *,
    name: str,
    description: str,
    owner: Team | None,
    by: User,
) -> Service:
    """Add a service, or change it. Raises NameTaken."""
    permissions.check_administers(by)
    hidden = _namesakes(name).filter(restricted_origin=True).first()
    if hidden is not None and service is not None:
        _merge(hidden, service)
    service = service or hidden or Service()
    service.name, service.description, service.owner = name, description, owner
    service.restricted_origin = False
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError as error:
        raise NameTaken(_("There is a service of this name already.")) from error
    return service


@transaction.atomic(durable=True)
def retire_service(service: Service, *, by: User, at: datetime) -> None:
    permissions.check_administers(by)
    service.retired_at = None if service.retired_at else at
    service.save(update_fields=["retired_at"])


def offer_services_of(incident: Incident) -> None:
    """Take what a report that is open now names into the catalogue."""
    incident.services.filter(restricted_origin=True).update(restricted_origin=False)


def hide_services_of(incident: Incident) -> None:
    """Take names that came by this report alone, restricted now, out of the catalogue.

    What an administrator has described, or given an owner, stays.
    """
    elsewhere = Incident.objects.filter(restricted=False).exclude(pk=incident.pk)
    kept = Service.objects.filter(affected__incident__in=elsewhere).values("pk")
    incident.services.filter(owner=None, description="").exclude(pk__in=kept).update(
        restricted_origin=True
    )


def _namesakes(name: str) -> QuerySet[Service]:
    """By the very expression of the unique index."""
    return Service.objects.alias(folded=Lower("name")).filter(folded=Lower(Value(name)))


def _merge(hidden: Service, service: Service) -> None:
    """Let hidden reports that name `hidden` name `service` instead."""
    both = Incident.objects.filter(services=service).values("pk")
    hidden.affected.filter(incident__in=both).delete()
    hidden.affected.update(service=service)
    hidden.delete()
