"""Prints who would be told what of which action on a day, and why. Changes nothing."""

from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.access import everybody
from accounts.addresses import normal_address
from accounts.models import User
from actions.cases import action_id
from actions.foreseeing import Foreseen, foresee, written
from outbound.models import Notice

LONGEST_TITLE = 60
REASONS = ("role", "slot", "policy")


class Command(BaseCommand):
    help = "Print who would get which reminders on a day, and why; changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            required=True,
            help="the worker sends them; this command only looks",
        )
        parser.add_argument(
            "--on", default="", metavar="DATE", help="YYYY-MM-DD; today if left out"
        )
        parser.add_argument(
            "--person", default="", metavar="ADDRESS", help="this account only"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        person = _person(options["person"])
        day = _day(options["on"], now.date())
        with transaction.atomic():
            lines = [*_told(day, person), *_foreseen(day, now, person)]
            transaction.set_rollback(True)  # whatever is read, nothing is kept
        self.stdout.write(f"{day:%Y-%m-%d}, {day:%A}")
        for (name, address, hours), group in groupby(
            sorted(lines), key=lambda line: line[:3]
        ):
            self.stdout.write(f"\n{name} <{address}>, {hours}")
            for line in group:
                self.stdout.write(f"  {line[3]}")
        if not lines:
            self.stdout.write("Nobody is told anything.")


Line = tuple[str, str, str, str]
"""Name, address, hours, and what is told."""


def _told(day: date, person: User | None) -> Iterable[Line]:
    for notice in written(day):
        if person in (None, notice.recipient):
            yield (*_who(notice.recipient), _as_written(notice))


def _as_written(notice: Notice) -> str:
    why = [f"{name} {notice.why[name]}" for name in REASONS if name in notice.why]
    return (
        f"{notice.kind:<13} action {action_id(notice.about)}"
        f"  written at {notice.created_at:%H:%M} UTC"
        + (f" ({', '.join(why)})" if why else "")
    )


def _foreseen(day: date, now: Any, person: User | None) -> Iterable[Line]:
    for one in foresee(day, now):
        if person in (None, one.case.told.user):
            yield (*_who(one.case.told.user), _what(one))


def _what(one: Foreseen) -> str:
    case = one.case
    action, told = case.action, case.told
    if action.postmortem.incident.restricted:
        title = "in a restricted report"
    else:
        title = action.description[:LONGEST_TITLE]
    due = f"due {action.due_on}" if action.due_on else "without a date"
    team = f" of {told.team.name}" if told.team else ""
    return (
        f"{case.kind:<13} action {action.pk}  {due}  {title}"
        f" ({told.role}{team}, slot {one.slot}, policy {case.policy.name})"
    )


def _who(user: User) -> tuple[str, str, str]:
    return (
        user.name,
        user.email,
        f"{user.morning:%H:%M} to {user.quiet_from:%H:%M} {user.time_zone}",
    )


def _day(typed: str, today: date) -> date:
    """Yesterday is still today somewhere; what is earlier is past everywhere."""
    try:
        day = date.fromisoformat(typed) if typed else today
    except ValueError as error:
        raise CommandError("Give the day as YYYY-MM-DD.") from error
    if (today - day).days > 1:
        raise CommandError("That day is over. Each account's page says what was told.")
    return day


def _person(address: str) -> User | None:
    if not address:
        return None
    found = everybody().filter(email=normal_address(address)).first()
    if found is None:
        raise CommandError(f"No account has the address {address}.")
    return found
