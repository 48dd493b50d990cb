"""Signing in as a person would, and counters of tries that no other test shares."""

import re
from collections.abc import Iterator
from socket import socket
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from accounts.models import User

PASSWORD = "a-long-password"
"""What `tests.fixtures.person` gives everybody."""


@pytest.fixture
def own_counters(settings: Any) -> None:
    """Rate limits that begin at nothing, in the real Redis."""
    own = {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {**settings.CACHES, "default": own}


@pytest.fixture
def redis_hangs(settings: Any) -> Iterator[None]:
    """Redis takes connections and never answers."""
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        hanging = {**settings.CACHES["default"], "LOCATION": address}
        settings.CACHES = {**settings.CACHES, "default": hanging}
        yield


@pytest.fixture
def redis_away(settings: Any) -> None:
    """Redis refuses connections."""
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "default": away}


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in/", {"login": email, "password": password}, **more)


def signed_in(user: User) -> Client:
    """A browser of its own in which `user` typed address and password."""
    client = Client()
    assert sign_in(client, user.email).status_code == 302
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def text_of(response: Any) -> str:
    """The page without what differs each time: tokens and nonces."""
    page = response.content.decode()
    return re.sub(r'(value|nonce|X-CSRFToken)(=|": )"[\w-]{20,}"', r"\1", page)


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password was hashed."""

    algorithm = "counting"
    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.hashed += 1
        return super().encode(password, salt)


@pytest.fixture
def counting_hasher(settings: Any) -> type[CountingHasher]:
    settings.PASSWORD_HASHERS = ["tests.signing.CountingHasher"]
    CountingHasher.hashed = 0
    return CountingHasher
