"""Whoever holds a report for long makes the others wait a little, then says so."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations.desk import locked
from tests.concurrency.test_repeated_requests import ROW_FORMS, browser_of
from tests.concurrency.together import at_once

MOST = 2
"""Seconds that anybody may have to wait for a lock."""


def lock_timeout() -> float:
    """Seconds that the settings let a statement wait for a lock."""
    options = connection.settings_dict["OPTIONS"]["options"]
    found = re.search(r"lock_timeout=(\d+)", options)
    assert found is not None
    return int(found[1]) / 1000


@contextmanager
def held(report: Postmortem) -> Iterator[None]:
    """The report's row is locked by another connection."""
    ready, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            locked(report.pk)
            ready.set()
            done.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture
def address(report: Postmortem) -> str:
    return reverse("postmortems:row-add", args=[report.incident.reference, "lessons"])


def test_writers_of_a_locked_report_are_told_in_time(
    report: Postmortem, writers: list[User], address: str
) -> None:
    assert lock_timeout() <= MOST
    browsers = [browser_of(writer) for writer in writers]
    started = time.monotonic()
    with held(report):
        answers = at_once(
            *[
                lambda b=b, n=n: b().post(
                    address, {**ROW_FORMS["lessons"], "request_key": f"key-{n}"}
                )
                for n, b in enumerate(browsers)
            ]
        )
    # A second one in the queue waits for its turn, then for the lock; no third time.
    assert time.monotonic() - started < 2 * lock_timeout() + 2
    assert [answer.status_code for answer in answers] == [503] * 3
    assert all(answer.headers["Retry-After"] for answer in answers)
    assert not report.lessons.exists()


def test_readers_of_a_locked_report_do_not_wait(
    report: Postmortem, writers: list[User]
) -> None:
    browser = browser_of(writers[0])()
    started = time.monotonic()
    with held(report):
        answer = browser.get(
            reverse("postmortems:read", args=[report.incident.reference])
        )
    assert answer.status_code == 200
    assert time.monotonic() - started < lock_timeout()


def test_what_was_refused_can_be_sent_again(
    report: Postmortem, writers: list[User], address: str
) -> None:
    browser = browser_of(writers[0])()
    form = {**ROW_FORMS["lessons"], "request_key": "again"}
    with held(report):
        assert browser.post(address, form).status_code == 503
    assert browser.post(address, form).status_code == 302
    assert report.lessons.count() == 1
