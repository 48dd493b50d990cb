"""When a regular job last ended well; the operations page alarms by it."""

from datetime import datetime

from outbound.models import Pulse


def beat(name: str, *, at: datetime, seconds: float) -> None:
    Pulse.objects.update_or_create(
        name=name, defaults={"beat_at": at, "seconds": seconds}
    )
