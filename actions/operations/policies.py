"""What administrators settle: policies in their order, and days off.

Every one of these holds the organisation's row, so that two administrators who move
policies at the same moment end with an order; and all plans are made anew.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.operations.organisations import locked_organisation
from accounts.permissions import check_administers
from actions import access
from actions.models import DayOff, Policy, PolicySubject
from actions.operations.planning import plan_anew
from actions.policies import shipped
from config.limits import LIMITS
from postmortems.access import severities
from postmortems.policies import Refusal, TooMany

CONDITIONS = ("severities", "teams", "services")
"""Columns that name rows of other tables."""


class ChangedMeanwhile(Refusal):
    """Another administrator has saved the policy since it was opened."""


class StillOn(Refusal):
    """A policy that is in force is switched off before it is deleted."""


@transaction.atomic(durable=True)
def adopt_shipped(subject: PolicySubject, *, by: User) -> None:
    """Copy the shipped rules into policies that can be changed; once."""
    check_administers(by)
    locked_organisation()
    if Policy.objects.filter(subject=subject).exists():
        return
    by_rank = {severity.rank: severity for severity in severities()}
    for position, rule in enumerate(shipped(subject), start=1):
        known = [by_rank[rank] for rank in rule.ranks if rank in by_rank]
        if len(known) == len(rule.ranks):
            rule.policy.position = position
            rule.policy.save()
            rule.policy.severities.set(known)
    plan_anew()


@transaction.atomic(durable=True)
def add_policy(
    subject: PolicySubject, values: Mapping[str, Any], *, by: User
) -> Policy:
    """Add one before all others, switched off. Raises TooMany."""
    check_administers(by)
    locked_organisation()
    others = list(Policy.objects.filter(subject=subject).order_by("position", "pk"))
    if len(others) >= LIMITS.policies:
        raise TooMany(
            _("There are %(count)s policies, which is the most there can be.")
            % {"count": len(others)}
        )
    policy = Policy(subject=subject, enabled=False)
    _write(policy, values)
    _put_in_order([policy, *others])
    return policy


@transaction.atomic(durable=True)
def change_policy(
    pk: int, values: Mapping[str, Any], *, version: int, by: User
) -> Policy:
    """Raises ChangedMeanwhile where another version is the newest one."""
    check_administers(by)
    policy = _held(pk)
    if policy.version != version:
        raise ChangedMeanwhile(_("Somebody else has saved this policy meanwhile."))
    policy.version += 1
    _write(policy, values)
    plan_anew()
    return policy


@transaction.atomic(durable=True)
def move_policy(pk: int, *, up: bool, by: User) -> None:
    """Let it be asked before, or after, the one beside it."""
    check_administers(by)
    policy = _held(pk)
    order = list(
        Policy.objects.filter(subject=policy.subject).order_by("position", "pk")
    )
    at = order.index(policy)
    to = max(at - 1, 0) if up else min(at + 1, len(order) - 1)
    order.insert(to, order.pop(at))
    _put_in_order(order)
    plan_anew()


@transaction.atomic(durable=True)
def switch_policy(pk: int, *, on: bool, by: User) -> Policy:
    """Let it hold, or let it rest. Saying it twice changes nothing."""
    check_administers(by)
    policy = _held(pk)
    if policy.enabled != on:
        policy.enabled = on
        policy.save(update_fields=["enabled"])
        plan_anew()
    return policy


@transaction.atomic(durable=True)
def delete_policy(pk: int, *, by: User) -> None:
    """Raises StillOn for one that is in force."""
    check_administers(by)
    policy = _held(pk)
    if policy.enabled:
        raise StillOn(_("Switch the policy off before you delete it."))
    policy.delete()


@transaction.atomic(durable=True)
def save_holidays(place: str, *, by: User) -> None:
    """Whose public holidays count for everybody who has not named others."""
    check_administers(by)
    locked_organisation()
    Organisation.objects.filter(pk=1).update(holidays=place)
    plan_anew()


@transaction.atomic(durable=True)
def add_day_off(on: date, name: str, *, by: User) -> None:
    """A day that is there already gets the new name. Raises TooMany."""
    check_administers(by)
    locked_organisation()
    if DayOff.objects.count() >= LIMITS.days_off:
        raise TooMany(_("There are too many days off. Delete past ones first."))
    DayOff.objects.update_or_create(on=on, defaults={"name": name})
    plan_anew()


@transaction.atomic(durable=True)
def delete_day_off(pk: int, *, by: User) -> None:
    check_administers(by)
    access.day_off(pk).delete()
    plan_anew()


def _held(pk: int) -> Policy:
    locked_organisation()
    return access.policy(pk)


def _write(policy: Policy, values: Mapping[str, Any]) -> None:
    columns = {name: value for name, value in values.items() if name not in CONDITIONS}
    for name, value in columns.items():
        setattr(policy, name, value)
    policy.save()
    for name in CONDITIONS:
        getattr(policy, name).set([*values[name], *_hidden(policy, name)])


def _hidden(policy: Policy, name: str) -> Iterable[Any]:
    """Conditions that no form shows: services that only restricted reports name."""
    return policy.services.filter(restricted_origin=True) if name == "services" else ()


def _put_in_order(policies: Iterable[Policy]) -> None:
    for position, policy in enumerate(policies, start=1):
        if policy.position != position:
            policy.position = position
            policy.save(update_fields=["position"])
