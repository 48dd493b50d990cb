"""Connect a tracker, change how, pause it, remove it: administrators only."""

import secrets as random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Role, Team, User
from integrations.models import Connection, PersonLink, ProjectMapping
from integrations.trackers.adapter import KEEP, Keep
from outbound.secrets import seal
from postmortems import policies
from postmortems.models import Service
from postmortems.permissions import check_administers

OVERLAP = timedelta(hours=24)
"""How long webhooks may still be signed with the secret before a rotation."""


class AnotherAccount(policies.Refusal):
    """A person is one account of a tracker."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a tracker is reached; `secret` is KEEP where it stays as it is."""

    name: str
    base_url: str
    account: str = ""
    secret: str | Keep = field(default=KEEP, repr=False)
    restricted_too: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


def host_of(address: str) -> str:
    """Name and port, whatever their case."""
    return urlsplit(address).netloc.casefold()


def new_hook_secret() -> str:
    return random.token_urlsafe(32)


def connect(kind: str, terms: Terms, *, by: User, at: datetime) -> Connection:
    """A new connection, with an address for webhooks that nobody can guess."""
    check_administers(by)
    with transaction.atomic():
        token = random.token_urlsafe(32)
        bot = User.objects.create_user(
            f"tracker-{random.token_hex(8)}@bots.invalid",
            None,
            name=terms.name,
            role=Role.VIEWER,
            active=False,
        )
        connection = Connection(
            kind=kind, bot=bot, hook_token=token, created_at=at, created_by=by
        )
        _agree(connection, terms)
        connection.poll_at = at
        connection.save(force_insert=True)
    return connection


def change(connection: Connection, terms: Terms, *, by: User) -> Connection:
    """New terms. A new host takes all secrets away: they were given to the other one.

    The view asks for the administrator's password before the host changes (BAR I10).
    """
    check_administers(by)
    with transaction.atomic():
        found = _locked(connection)
        if host_of(found.base_url) != host_of(terms.base_url):
            found.secret = found.hook_secret = found.hook_secret_before = ""
            found.hook_secret_before_until = None
            found.cursor = ""
        _agree(found, terms)
        found.forbidden_since = found.wait_until = None
        found.bot.name = terms.name
        found.bot.save(update_fields=["name"])
        found.save()
    return found


def _agree(connection: Connection, terms: Terms) -> None:
    connection.name = terms.name
    connection.base_url = terms.base_url.rstrip("/")
    connection.account = terms.account
    connection.restricted_too = terms.restricted_too
    connection.options = dict(terms.options)
    if not isinstance(terms.secret, Keep):
        connection.secret = seal(terms.secret) if terms.secret else ""


def rotate_hook_secret(connection: Connection, *, by: User, at: datetime) -> str:
    """A new secret for webhooks, returned once; the one before is good for a day."""
    check_administers(by)
    secret = new_hook_secret()
    set_hook_secret(connection, secret, by=by, at=at)
    return secret


def set_hook_secret(
    connection: Connection, secret: str, *, by: User, at: datetime
) -> None:
    """One that the tracker chose itself (Linear does)."""
    check_administers(by)
    with transaction.atomic():
        found = _locked(connection)
        found.hook_secret_before = found.hook_secret
        found.hook_secret_before_until = at + OVERLAP if found.hook_secret else None
        found.hook_secret = seal(secret)
        found.save()


def pause(connection: Connection, *, by: User, at: datetime) -> None:
    """Ask nothing and take nothing until it is resumed; nothing is forgotten."""
    _set(connection, by, paused_at=at)


def resume(connection: Connection, *, by: User, at: datetime) -> None:
    """Go on; what happened there meanwhile is asked for first."""
    _set(
        connection,
        by,
        paused_at=None,
        wait_until=None,
        delayed_since=None,
        failures=0,
        poll_at=at,
    )


def remove(connection: Connection, *, by: User, at: datetime) -> None:
    """For good, with its secrets. Links stay, to be followed by hand."""
    _set(
        connection,
        by,
        removed_at=at,
        secret="",
        hook_secret="",
        hook_secret_before="",
        hook_secret_before_until=None,
        poll_at=None,
    )


def note_tried(connection: Connection, *, by: User, at: datetime) -> None:
    """A test of the connection went well: everything may be asked again."""
    _set(
        connection,
        by,
        last_ok_at=at,
        failures=0,
        delayed_since=None,
        forbidden_since=None,
        wait_until=None,
    )


def _set(connection: Connection, by: User, **values: Any) -> None:
    check_administers(by)
    Connection.objects.filter(pk=connection.pk, removed_at=None).update(**values)


def _locked(connection: Connection) -> Connection:
    return (
        Connection.objects.select_for_update(of=("self",))
        .select_related("bot")
        .get(pk=connection.pk, removed_at=None)
    )


@dataclass(frozen=True, slots=True)
class Destination:
    """Where issues go, and how statuses are read."""

    project: str
    issue_type: str = ""
    labels: Sequence[str] = ()
    team: Team | None = None
    service: Service | None = None
    status_map: Mapping[str, str] = field(default_factory=dict)
    status_out: Mapping[str, str] = field(default_factory=dict)


def map_project(
    connection: Connection,
    to: Destination,
    *,
    by: User,
    instead_of: ProjectMapping | None = None,
) -> ProjectMapping:
    """Where actions of a team or a service go; says so anew where it was said."""
    check_administers(by)
    with transaction.atomic():
        if instead_of is not None:
            instead_of.delete()
        mapping, _new = ProjectMapping.objects.update_or_create(
            connection=connection,
            team=to.team,
            service=to.service,
            defaults={
                "project": to.project,
                "issue_type": to.issue_type,
                "labels": list(to.labels),
                "status_map": dict(to.status_map),
                "status_out": dict(to.status_out),
            },
        )
    return mapping


def unmap_project(mapping: ProjectMapping, *, by: User) -> None:
    """Issues that exist stay where they are."""
    check_administers(by)
    mapping.delete()


def confirm_person(
    link: PersonLink, user: User | None, *, by: User, at: datetime
) -> PersonLink:
    """Say who an account is here; nobody: it belongs to none of us.

    What waited for the answer is looked at anew. Raises AnotherAccount.
    """
    check_administers(by)
    try:
        with transaction.atomic():
            link.user, link.confirmed_by, link.confirmed_at = user, by, at
            link.save()
    except IntegrityError as error:
        raise AnotherAccount(
            _("%(name)s has another account there.") % {"name": user}
        ) from error
    link.connection.issue_links.filter(waiting__has_key="assignee").update(
        due_at=at, checked_at=None
    )
    return link
