"""As whom we speak to GitHub: somebody's token, or an app that makes one each hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote

import jwt

from integrations.trackers.adapter import Forbidden, Person
from integrations.trackers.calling import call, object_of
from integrations.trackers.values import LONG_AGO, id_of, line_of, moment_of

HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
}
SKEW = timedelta(minutes=1)
"""How far the clocks of both sides may be apart."""
APP_TOKEN_LIFE = timedelta(minutes=9)
"""GitHub takes ten at most."""


class Access(Protocol):
    def token(self) -> str:
        """What stands behind “Bearer”."""

    def forget(self) -> bool:
        """The token was refused; True where another can be had."""

    def whoami(self) -> Person: ...


def headers_of(token: str) -> Mapping[str, str]:
    return {**HEADERS, "Authorization": f"Bearer {token}"}


@dataclass(frozen=True, slots=True)
class ByToken:
    """A fine-grained or classic personal token."""

    api: str
    secret: str

    def token(self) -> str:
        return self.secret

    def forget(self) -> bool:
        return False

    def whoami(self) -> Person:
        answer = call("GET", f"{self.api}/user", headers=headers_of(self.secret))
        found = object_of(answer)
        login = line_of(found.get("login"))
        return Person(login, line_of(found.get("name")) or login)


@dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    until: datetime


_installation_tokens: dict[tuple[str, ...], _Kept] = {}
"""In the memory of this process alone: they live an hour, and are made anew at once."""


@dataclass(frozen=True, slots=True)
class ByApp:
    """An app with its private key, where it is installed."""

    api: str
    app_id: str
    installation_id: str
    private_key: str

    def token(self) -> str:
        kept = _installation_tokens.get(self._name)
        if kept is None or kept.until <= datetime.now(UTC) + SKEW:
            kept = _installation_tokens[self._name] = self._make()
        return kept.token

    def forget(self) -> bool:
        return _installation_tokens.pop(self._name, None) is not None

    def whoami(self) -> Person:
        """Asks for a token of the installation as well, so that a test tries all."""
        answer = call("GET", f"{self.api}/app", headers=headers_of(self._signed()))
        found = object_of(answer)
        self.forget()
        self.token()
        slug = line_of(found.get("slug"))
        return Person(f"{slug}[bot]", line_of(found.get("name")) or slug)

    @property
    def _name(self) -> tuple[str, ...]:
        key = sha256(self.private_key.encode()).hexdigest()
        return (self.api, self.app_id, self.installation_id, key)

    def _make(self) -> _Kept:
        where = quote(self.installation_id, safe="")
        address = f"{self.api}/app/installations/{where}/access_tokens"
        answer = call("POST", address, headers=headers_of(self._signed()))
        found = object_of(answer)
        token, until = id_of(found.get("token")), moment_of(found.get("expires_at"))
        if not token or until == LONG_AGO:
            raise Forbidden
        return _Kept(token, until)

    def _signed(self) -> str:
        now = datetime.now(UTC)
        claims = {
            "iat": now - SKEW,
            "exp": now + APP_TOKEN_LIFE,
            "iss": self.app_id,
        }
        try:
            return jwt.encode(claims, self.private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise Forbidden from error  # no private key, whatever it is
