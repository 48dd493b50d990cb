"""One-time tokens: random, shown once, kept as a hash."""

import secrets
from hashlib import sha256

from django.utils.crypto import constant_time_compare


def new_token() -> str:
    """256 random bits that are safe in an address."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored. A plain hash is enough: nobody can guess 256 bits."""
    return sha256(token.encode()).hexdigest()


def matches(token: str, stored_hash: str) -> bool:
    """Whether this is the token; takes the same time whatever is wrong with it."""
    same = constant_time_compare(hash_of(token), stored_hash)
    return bool(stored_hash) and same
