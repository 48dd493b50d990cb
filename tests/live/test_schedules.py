"""Random schedules through the real server, Redis and database end with all equal.

The name of a test tells its seed; AFTERWORD_SEEDS=12,17 runs some alone.
AFTERWORD_SCHEDULES says how many are run as a drill.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.models import User
from live.models import LiveUpdate
from postmortems import markup
from postmortems.models import Postmortem, Section
from tests.drills.proxy import Wire
from tests.drills.visitor import Visitor
from tests.live.conftest import Opened, Web, session_of
from tests.live.garbling import garbling
from tests.live.scheduling import Schedule, readable

Together = Callable[..., Any]
SHORT = range(4)
LONG = range(4, 4 + int(os.environ.get("AFTERWORD_SCHEDULES", "500")))
given = [int(n) for n in os.environ.get("AFTERWORD_SEEDS", "").split(",") if n]
SEEDS: list[Any] = given or [
    *SHORT,
    *(pytest.param(seed, marks=pytest.mark.drill) for seed in LONG),
]


@pytest.fixture(scope="session")
def garbled(django_db_setup: None) -> Iterator[Web]:
    """A web process that hears some hints twice, some late, and some not at all."""
    redis = urlsplit(settings.REDIS_URL)
    wire = Wire([redis.port or 6379], mangle=garbling(1))
    who, at, _place = redis.netloc.rpartition("@")
    netloc = f"{who}{at}127.0.0.1:{wire.port}"
    web = Web(REDIS_URL=redis._replace(netloc=netloc).geturl())
    try:
        yield web.wait()
    finally:
        web.stop()
        wire.close()


@pytest.fixture(scope="session")
def mortal(django_db_setup: None) -> Iterator[Web]:
    """A web process that schedules kill and start again."""
    web = Web()
    try:
        yield web.wait()
    finally:
        web.stop()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_schedule_ends_with_everybody_reading_the_same(
    together: Together,
    webs: tuple[Web, Web],
    deaf: Web,
    garbled: Web,
    mortal: Web,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    seed: int,
) -> None:
    people = (facilitator, responder)
    written = (Section.Key.SUMMARY, Section.Key.SURPRISE)
    sections = list(postmortem.sections.filter(key__in=written))
    sessions = [session_of(facilitator), session_of(responder), session_of(facilitator)]
    places = (webs[0], deaf, garbled, mortal)
    schedules: list[Schedule] = []

    async def story(page: Opened) -> dict[str, str]:
        order = [places[(seed + turn) % len(places)] for turn in range(3)]
        pages = [
            await page(web, session).ready()
            for web, session in zip(order, sessions, strict=True)
        ]
        schedule = Schedule(seed, pages, places, mortal, postmortem, sections, people)
        schedules.append(schedule)
        await schedule.run()
        return await schedule.come_together()

    try:
        stored = together(story)
        assert schedules[0].kept() == readable(stored)
        for web in (webs[0], garbled):
            check_pages(web, sessions[0], postmortem, readable(stored))
    except BaseException:
        print(f"seed {seed}: {schedules and schedules[0].took}")  # noqa: T201
        raise
    versions = LiveUpdate.objects.order_by("version").values_list("version", flat=True)
    assert list(versions) == list(range(1, len(versions) + 1))


def check_pages(
    web: Web, session: str, report: Postmortem, texts: dict[str, str]
) -> None:
    """The pages that people open show these texts; readers, once it was published,
    keep what was."""
    reference = report.incident.reference
    shown = ["edit"] if report.publications.exists() else ["edit", "read"]
    for name in shown:
        address = reverse(f"postmortems:{name}", args=[reference])
        answer = Visitor([web.port], session).get(address)
        assert answer.status == 200
        for text in texts.values():
            assert markup.render(text, reference) in answer.text, f"{name}: {text}"
