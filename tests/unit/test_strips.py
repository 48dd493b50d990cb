"""What the time strip draws, and what it leaves out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from postmortems.strips import strip_of
from postmortems.vocabulary import Importance
from tests.documents import FULL

FIRST, *REST = FULL.timeline


def test_a_sign_before_the_start_is_drawn() -> None:
    strip = strip_of(FULL)
    assert strip is not None
    assert strip.first_at is not None
    assert [tick.label for tick in strip.ticks][:2] == ["First sign", "Started"]


@pytest.mark.parametrize("days", [0, 330])
def test_background_before_the_start_takes_no_room(days: int) -> None:
    long_ago = replace(
        FIRST,
        occurred_at=FIRST.occurred_at - timedelta(days=days),
        importance=Importance.BACKGROUND,
    )
    strip = strip_of(replace(FULL, timeline=(long_ago, *REST)))
    assert strip is not None
    assert strip.first_at is None
    assert strip == strip_of(replace(FULL, timeline=tuple(REST)))
