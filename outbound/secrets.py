"""Secrets at rest: sealed with a key from ENCRYPTION_KEY (Fernet, of cryptography).

What is stored to reach others has to be read again, so that a hash would not do. It is
unsealed where it is used, and stands in no log, repr or page.
"""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

SEALED: dict[str, set[str]] = {}
"""The columns that hold sealed text, by the label of their model."""


class CannotUnseal(ValueError):
    """No key at hand fits: it was sealed with one that is gone, or is damaged."""


def seal(text: str) -> str:
    """Encrypt with the newest key."""
    return _keys().encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """What was sealed with the newest key or one of before; CannotUnseal else."""
    try:
        return _keys().decrypt(text.encode()).decode()
    except InvalidToken:
        raise CannotUnseal("no key fits") from None


def resealed(text: str) -> str:
    """The same secret, sealed with the newest key; CannotUnseal where no key fits."""
    try:
        return _keys().rotate(text.encode()).decode()
    except InvalidToken:
        raise CannotUnseal("no key fits") from None


def register_sealed(model: str, *columns: str) -> None:
    """Called in AppConfig.ready: `manage.py rotate_secrets` reseals these columns.

    `model` is a label as of apps.get_model ("outbound.ChatHook"); empty columns stay.
    """
    SEALED.setdefault(model, set()).update(columns)


def _keys() -> MultiFernet:
    texts = (settings.ENCRYPTION_KEY, *settings.ENCRYPTION_KEY_FALLBACKS)
    return MultiFernet([_key(text) for text in texts])


@cache
def _key(text: str) -> Fernet:
    """A key of the right length from a long random text."""
    derived = HKDF(SHA256(), length=32, salt=None, info=b"afterword sealed columns")
    return Fernet(base64.urlsafe_b64encode(derived.derive(text.encode())))
