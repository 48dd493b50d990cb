from datetime import timedelta

import pytest

from postmortems.durations import duration_in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (59.6, "1 min"),
        (90, "1 min 30 s"),
        (600, "10 min"),
        (615, "10 min"),
        (1_800, "30 min"),
        (3_600, "1 h"),
        (8_100, "2 h 15 min"),
        (86_400, "1 day"),
        (100_800, "1 day 4 h"),
        (259_200, "3 days"),
        (259_260, "3 days"),
        (-1_800, "−30 min"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert duration_in_words(timedelta(seconds=seconds)) == words
