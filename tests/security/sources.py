"""The files that rules are about: our modules, and our templates without their tags."""

import re
from pathlib import Path

from django.conf import settings

APPS = ("accounts", "actions", "config", "integrations", "outbound", "postmortems")
FILES = sorted(
    path
    for app in APPS
    for path in (settings.BASE_DIR / app).rglob("*.py")
    if "migrations" not in path.parts
)
TEMPLATES = sorted(
    path
    for pattern in ("*.html", "*.txt")
    for path in (settings.BASE_DIR / "templates").rglob(pattern)
)

_TRANSLATED = re.compile(
    r"{%\s*(?:blocktranslate|blocktrans)\b.*?{%\s*(?:endblocktranslate|endblocktrans)"
    r"\s*%}|{%\s*comment\b.*?{%\s*endcomment\s*%}",
    re.DOTALL,
)
_TAG_NAME = re.compile(r"(?<=<){{.*?}}|(?<=</){{.*?}}")
_TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(settings.BASE_DIR).as_posix()


def without_tags(template: str) -> str:
    """What is left of a template: its own HTML and untranslated words."""
    return _TAG.sub(" ", _TAG_NAME.sub("div", _TRANSLATED.sub(" ", template)))
