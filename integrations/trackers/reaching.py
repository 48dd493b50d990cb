"""The adapter of a connection, with its secret; the only place that unseals it."""

from datetime import datetime

from integrations.models import Connection
from integrations.trackers.adapter import Adapter, Site, kind_of
from outbound.secrets import unseal


def adapter_of(connection: Connection) -> Adapter:
    """Raises CannotUnseal, and KeyError for a kind that this version does not know."""
    return _made(connection, unseal(connection.secret) if connection.secret else "")


def adapter_without_secret(connection: Connection) -> Adapter:
    """To read what was sent and typed; asks nothing. Raises KeyError as above."""
    return _made(connection, "")


def _made(connection: Connection, secret: str) -> Adapter:
    site = Site(
        connection.base_url, connection.account, secret, dict(connection.options)
    )
    return kind_of(connection.kind).make(site)


def hook_secrets_of(connection: Connection, now: datetime) -> list[str]:
    """What webhooks may be signed with: one, or two while a rotation is under way."""
    until = connection.hook_secret_before_until
    sealed = [connection.hook_secret]
    if until is not None and now < until:
        sealed.append(connection.hook_secret_before)
    return [unseal(one) for one in sealed if one]
