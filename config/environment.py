"""Reads the process's environment and refuses what is unsafe (BAR G11, P1).

Settings are validated once, when the process starts. In production nothing that guards
people has a default: the process says in one sentence what is missing and stops.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

MODES = ("development", "production", "test")
LEAST_SECRET_LENGTH = 50
LEAST_SECRET_VARIETY = 5
WEAK_PASSWORDS = {"", "postgres", "password", "afterword", "app", "changeme", "admin"}


@dataclass(frozen=True, slots=True)
class Guarded:
    """The settings whose wrong value would leave an installation open."""

    mode: str
    debug: bool
    secret_key: str
    encryption_key: str
    public_url: str
    allowed_hosts: list[str]
    database_url: str


def check(settings: Guarded) -> None:
    """Raise ImproperlyConfigured, naming every problem, unless it is safe to start."""
    if settings.mode not in MODES:
        raise ImproperlyConfigured(
            f"AFTERWORD_ENV is “{settings.mode}”; it is one of {', '.join(MODES)}."
        )
    if settings.mode != "production":
        return
    if problems := list(_problems(settings)):
        raise ImproperlyConfigured(
            "Afterword does not start in production: " + " ".join(problems)
        )


def check_or_stop(settings: Guarded) -> None:
    """As `check`, for a process that starts: it says the sentence and ends with 1."""
    try:
        check(settings)
    except ImproperlyConfigured as refusal:
        raise SystemExit(str(refusal)) from None


def _problems(settings: Guarded) -> list[str]:
    url = urlsplit(settings.public_url)
    password = urlsplit(settings.database_url).password or ""
    rules = (
        (settings.debug, "DEBUG is on."),
        *_problems_of("SECRET_KEY", settings.secret_key),
        *_problems_of("ENCRYPTION_KEY", settings.encryption_key),
        (not settings.public_url, "PUBLIC_URL is missing."),
        (
            bool(settings.public_url) and (url.scheme != "https" or not url.hostname),
            "PUBLIC_URL is not an https address.",
        ),
        (not settings.allowed_hosts, "ALLOWED_HOSTS is missing."),
        (
            any(host in {"*", ".", ""} for host in settings.allowed_hosts),
            "ALLOWED_HOSTS lets every host in.",
        ),
        (not settings.database_url, "DATABASE_URL is missing."),
        (
            bool(settings.database_url) and password in WEAK_PASSWORDS,
            "DATABASE_URL carries no password, or a default one.",
        ),
    )
    return [sentence for wrong, sentence in rules if wrong]


def _problems_of(name: str, key: str) -> list[tuple[bool, str]]:
    weak = bool(key) and (
        len(key) < LEAST_SECRET_LENGTH
        or len(set(key)) < LEAST_SECRET_VARIETY
        or key.startswith("django-insecure-")
    )
    return [
        (not key, f"{name} is missing."),
        (weak, f"{name} is weak: {LEAST_SECRET_LENGTH} random characters or more."),
    ]
