"""What 20,000 reminders cost by mail: two workers, and beside them a bare loop.

The mail server is a process of its own (bench/post_box.py) that takes everything. The
loop hands over some of the same mails, written beforehand, by Django's own connection:
what is left is what asking, writing and noting cost.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection

from accounts.models import User
from actions.models import ActionItem
from config.celery import app
from devstack.application import AS_ROOT_TOO
from outbound import ticking
from outbound.composing import compose
from outbound.mails import digest_mail
from outbound.models import Channel, Delivery, DeliveryState, Notice
from outbound.sending import MOST_ON_A_CONNECTION
from postmortems.models import Incident, Postmortem

MAILS = 20_000
OF_ONE_REPORT = 50
WORKERS = 2
TRIES = 3_000
"""Mails that the bare loop sends: enough to know how many it sends in a second."""
PATIENCE = 1_800.0
Say = Callable[[str, float, str, float | None], None]


def measure(say: Say, mails: int = MAILS) -> None:
    now = datetime.now(UTC)
    began = time.perf_counter()
    _seed(mails, now)
    say(f"mails: seeding {mails:,} people", _since(began), "s", None)
    began = time.perf_counter()
    while Notice.objects.count() < mails or Notice.objects.to_gather(now).exists():
        ticking.tick(now)
    say("mails: planning and gathering them", _since(began), "s", None)
    Delivery.objects.exclude(channel=Channel.MAIL).delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    with _post_box() as port:
        bare = _bare_loop(port)
        say("mails: a loop that only hands over, one process", bare, "1/s", None)
        rate = _by_workers(port, mails)
    say("mails: sent by two workers", rate, "1/s", None)
    say("mails: two workers, ratio to the loop", rate / bare, "x", None)


def _since(began: float) -> float:
    return time.perf_counter() - began


def _seed(mails: int, now: datetime) -> None:
    """Everybody owns one action that is due today, and is awake."""
    awake = {
        "morning": wall_time(0),
        "quiet_from": wall_time(23, 59, 59),
        "working_days": [1, 2, 3, 4, 5, 6, 7],
    }
    people = User.objects.bulk_create(
        [
            User(email=f"mail-{n}@afterword.example", name=f"Person {n:05d}", **awake)
            for n in range(mails)
        ],
        batch_size=2_000,
    )
    by = User.objects.create(
        email="mails@afterword.example", name="Bench Facilitator", **awake
    )
    reports = [_report(by, number, now) for number in range(-(-mails // OF_ONE_REPORT))]
    ActionItem.objects.bulk_create(
        [
            ActionItem(
                postmortem=reports[number // OF_ONE_REPORT],
                description=f"Validate variables before deployment, part {number}",
                owner_person=user,
                due_on=now.date(),
                created_at=now - timedelta(days=30),
                position=number,
            )
            for number, user in enumerate(people)
        ],
        batch_size=2_000,
    )


def _report(by: User, number: int, now: datetime) -> Postmortem:
    incident = Incident.objects.create(
        reference=f"INC-{now:%Y-%m-%d}-{number + 1:05d}",
        title=f"Stale product data {number}",
        sorts_at=now - timedelta(days=30),
        created_at=now - timedelta(days=30),
        created_by=by,
    )
    return Postmortem.objects.create(incident=incident, created_at=now, changed_at=now)


@contextmanager
def _post_box() -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.post_box"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(15)


def _bare_loop(port: int) -> float:
    """Mails in a second: written before, handed over by as many connections."""
    deliveries = Delivery.objects.select_related("recipient").order_by("pk")
    mails = [_written(delivery) for delivery in deliveries[:TRIES]]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    began = time.perf_counter()
    for start in range(0, len(mails), MOST_ON_A_CONNECTION):
        get_connection().send_messages(mails[start : start + MOST_ON_A_CONNECTION])
    return len(mails) / _since(began)


def _written(delivery: Delivery) -> EmailMultiAlternatives:
    notices = list(delivery.notices.select_related("recipient"))
    message = compose(delivery, notices, delivery.due_at)
    assert message is not None
    return digest_mail(delivery, message)


def _by_workers(port: int, mails: int) -> float:
    """Mails in a second, from the first task to the last mail that is noted as sent."""
    with _workers(port):
        began = time.perf_counter()
        looked = 0.0
        while (sent := _sent()) < mails:
            if _since(began) > looked:
                looked += 10
                for _number in range(WORKERS):
                    app.send_task("outbound.tasks.send")
            if _since(began) > PATIENCE:
                raise SystemExit(f"only {sent} mails were sent")
            time.sleep(0.2)
        return mails / _since(began)


def _sent() -> int:
    return Delivery.objects.filter(state=DeliveryState.SENT).count()


@contextmanager
def _workers(port: int) -> Iterator[None]:
    """Two, of one process each, as an operator starts them."""
    environ = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "LOG_LEVEL": "ERROR",
    }
    command = [
        *(
            sys.executable,
            "-W",
            AS_ROOT_TOO,
            "-m",
            "celery",
            "--quiet",
            "--app",
            "config",
            "worker",
        ),
        *("--concurrency", "1", "--without-gossip", "--without-mingle"),
    ]
    running = [
        subprocess.Popen(  # noqa: S603  our own worker
            [*command, "--hostname", f"bench{number}@%h", "--loglevel", "ERROR"],
            env=environ,
            cwd=Path(settings.BASE_DIR),
        )
        for number in range(WORKERS)
    ]
    try:
        while len(app.control.ping(timeout=1) or []) < WORKERS:
            time.sleep(0.2)
        yield
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(60)
