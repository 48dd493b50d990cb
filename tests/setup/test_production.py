"""A process in production starts only when it is set up safely (BAR G11)."""

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

from devstack.var import ROOT

SAFE = {
    "PATH": "/usr/bin:/bin",
    "AFTERWORD_ENV": "production",
    "SECRET_KEY": "hJ4_wq8Zs2Xv6Lk0Pn3Rt7Yb1Mc5Dg9Fa-Te2Ui4Oo6Ws8Ex0Qz",
    "ENCRYPTION_KEY": "kZ3-vb7Qm1Xs9Lp0Wn5Rt2Yc8Jd4Gf6Ha_Te1Ui3Oo5Ws7Ex0Bq",
    "PUBLIC_URL": "https://afterword.example",
    "ALLOWED_HOSTS": "afterword.example",
    "DATABASE_URL": "postgresql://afterword:kept-to-ourselves@127.0.0.1:5432/afterword",
}
MANAGE = (sys.executable, "manage.py")


def run(command: Sequence[str], **environ: str | None) -> tuple[int, str, str]:
    """Exit code, output and errors in production, with these variables changed."""
    changed = {**SAFE, **environ}
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={name: value for name, value in changed.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("AFTERWORD_ENV", "prod", "AFTERWORD_ENV is “prod”"),
        ("DEBUG", "true", "DEBUG is on."),
        ("SECRET_KEY", None, "SECRET_KEY is missing."),
        ("SECRET_KEY", "", "SECRET_KEY is missing."),
        ("SECRET_KEY", "short", "SECRET_KEY is weak"),
        ("SECRET_KEY", "ab" * 30, "SECRET_KEY is weak"),
        ("SECRET_KEY", "django-insecure-" + SAFE["SECRET_KEY"], "SECRET_KEY is weak"),
        ("ENCRYPTION_KEY", None, "ENCRYPTION_KEY is missing."),
        ("ENCRYPTION_KEY", "ab" * 30, "ENCRYPTION_KEY is weak"),
        ("PUBLIC_URL", None, "PUBLIC_URL is missing."),
        ("PUBLIC_URL", "http://afterword.example", "PUBLIC_URL is not an https"),
        ("PUBLIC_URL", "https://", "PUBLIC_URL is not an https"),
        ("ALLOWED_HOSTS", None, "ALLOWED_HOSTS is missing."),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS lets every host in."),
        ("ALLOWED_HOSTS", "afterword.example,*", "ALLOWED_HOSTS lets every host in."),
        ("DATABASE_URL", None, "DATABASE_URL is missing."),
        ("DATABASE_URL", "postgresql://afterword@db/afterword", "no password"),
        ("DATABASE_URL", "postgresql://afterword:postgres@db/x", "or a default one"),
    ],
)
def test_an_unsafe_setting_keeps_it_from_starting(
    variable: str, value: str | None, sentence: str
) -> None:
    code, said, errors = run(
        [sys.executable, "-c", "import config.settings"], **{variable: value}
    )
    assert (code, said) == (1, "")
    assert sentence in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    "command",
    [
        (*MANAGE, "migrate"),
        (sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", "0"),
        (sys.executable, "-m", "celery", "--app", "config", "worker"),
        (sys.executable, "-m", "celery", "--app", "config", "beat"),
    ],
    ids=["migrate", "web", "worker", "scheduler"],
)
def test_no_process_starts_without_its_settings(command: Sequence[str]) -> None:
    code, said, errors = run(command, SECRET_KEY=None, PUBLIC_URL=None)
    assert code == 1
    assert (said + errors).strip() == (
        "Afterword does not start in production:"
        " SECRET_KEY is missing. PUBLIC_URL is missing."
    )


def test_djangos_own_check_finds_nothing_to_warn_of() -> None:
    code, said, errors = run([*MANAGE, "check", "--deploy", "--fail-level", "WARNING"])
    assert (code, errors) == (0, "")
    assert "no issues" in said


def settings_in(**environ: str | None) -> dict[str, object]:
    names = (
        *("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME"),
        *("CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "DEBUG"),
    )
    program = (
        "import json, sys\nfrom django.conf import settings\n"
        "print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))"
    )
    code, said, errors = run(
        [sys.executable, "-c", program, *names],
        DJANGO_SETTINGS_MODULE="config.settings",
        **environ,
    )
    assert code == 0, errors
    found: dict[str, object] = json.loads(said)
    return found


def test_cookies_never_travel_in_the_open_in_production() -> None:
    assert settings_in() == {
        "SESSION_COOKIE_NAME": "__Host-afterword_session",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_NAME": "__Host-afterword_csrf",
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_SSL_REDIRECT": True,
        "DEBUG": False,
    }


def test_development_works_over_plain_http() -> None:
    assert settings_in(AFTERWORD_ENV="development") == {
        "SESSION_COOKIE_NAME": "afterword_session",
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_NAME": "afterword_csrf",
        "CSRF_COOKIE_SECURE": False,
        "SECURE_HSTS_SECONDS": 0,
        "SECURE_SSL_REDIRECT": False,
        "DEBUG": False,
    }
