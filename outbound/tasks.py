"""What the scheduler starts. Each may run twice, or twice at once, and be killed."""

import time

from celery import shared_task
from django.utils import timezone

from outbound import sending, ticking
from outbound.models import Channel
from outbound.operations.pulses import beat


@shared_task
def tick(**_: object) -> None:
    """Plan what is due and gather it into messages."""
    ticking.tick(timezone.now())


@shared_task
def send(**_: object) -> None:
    """Send mails, and notices to open pages."""
    _sent("send", {Channel.MAIL, Channel.PAGE})


@shared_task
def send_to_chats(**_: object) -> None:
    """Apart from mails, so that a chat that does not answer holds none of them up."""
    _sent("send to chats", {Channel.CHAT})


def _sent(name: str, channels: set[Channel]) -> None:
    began = time.monotonic()
    sending.send_due(timezone.now(), channels)
    beat(name, at=timezone.now(), seconds=time.monotonic() - began)
