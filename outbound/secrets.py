"""Secrets at rest: sealed with the keys of AFTERWORD_SECRETS_KEY (Fernet)."""


def seal(text: str) -> str:
    """Encrypt with the newest key."""
    raise NotImplementedError


def unseal(text: str) -> str:
    """What was sealed; CannotUnseal where no key fits."""
    raise NotImplementedError
