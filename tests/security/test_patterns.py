"""No pattern of ours takes long, whatever it is asked to look at."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from itertools import chain

import pytest

from config.limits import LIMITS
from tests.security.sources import APPS, FILES, name_of

SHORT, LONG = 10_000, 40_000
"""Characters; texts are longer than most fields may be."""
BUDGET = 0.05
"""Seconds of work on the shorter text."""
GROWTH = 4 * 1.5
"""Four times the text may take this many times as long."""
NOTICEABLE = 0.01

PUMPS = (
    "a",
    " ",
    "\n",
    "1",
    "-",
    "*",
    "[",
    "(",
    "<",
    "\\",
    "_ ",
    "a ",
    "1:",
    "09:30 ",
    "- ",
    "* **a",
    "[a](",
    "[a](b) ",
    "<a ",
    "&amp;",
    "http://a",
    "INC-2026-",
    "2026-03-05 ",
    "# ",
    "|a",
    "```\n",
    '"a ',
    "é",
    "\u0301",
    "a\n\n",
    "@a.",
    ", ",
    " - ",
    "**",
    "x=1;",
    "/",
)


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every compiled pattern at the top of a module or a class of ours."""
    for app in APPS:
        package = importlib.import_module(app)
        for found in pkgutil.walk_packages(package.__path__, f"{app}."):
            if ".migrations" in found.name or found.name == "config.asgi":
                continue
            module = importlib.import_module(found.name)
            classes = [one for one in vars(module).values() if isinstance(one, type)]
            for name, value in chain(
                vars(module).items(), *(vars(one).items() for one in classes)
            ):
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield f"{found.name}.{name}", value


PATTERNS = {pattern.pattern: (name, pattern) for name, pattern in patterns()}


USES = ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split")


def uses_of(name: str) -> set[str]:
    """The methods by which our code asks the pattern of that name.

    A private one is asked in its own module only; other modules have namesakes.
    """
    module, _dot, short = name.rpartition(".")
    asked = re.compile(rf"\b{re.escape(short)}\.({'|'.join(USES)})\b")
    own = [path for path in FILES if name_of(path) == f"{module.replace('.', '/')}.py"]
    places = own if short.startswith("_") and own else FILES
    found = {use for path in places for use in asked.findall(path.read_text())}
    return found or {"match"}


def seconds(pattern: re.Pattern[str], uses: set[str], text: str) -> float:
    """What asking costs, of two tries the better; waiting is not work."""
    tries = []
    for _time in range(2):
        began = time.process_time()
        for use in uses & {"match", "fullmatch", "search"}:
            getattr(pattern, use)(text)
        if uses - {"match", "fullmatch", "search"}:
            for _match in pattern.finditer(text):
                pass
        tries.append(time.process_time() - began)
        if tries[0] < NOTICEABLE:
            break
    return min(tries)


@pytest.mark.parametrize("name", sorted(name for name, _p in PATTERNS.values()))
def test_a_pattern_takes_time_in_step_with_the_text(name: str) -> None:
    pattern = next(p for n, p in PATTERNS.values() if n == name)
    uses = uses_of(name)
    slow = {}
    for pump in PUMPS:
        for end in ("", "!"):
            text = (pump * SHORT)[:SHORT] + end
            took = seconds(pattern, uses, text)
            if took > NOTICEABLE:
                longer = seconds(pattern, uses, (pump * LONG)[:LONG] + end)
                if took > BUDGET or longer > GROWTH * took:
                    slow[pump + end] = (round(took, 3), round(longer, 3))
    assert slow == {}


def test_there_are_patterns_to_look_at() -> None:
    assert len(PATTERNS) > 20
    assert LIMITS.entry < LONG
