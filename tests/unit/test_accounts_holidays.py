"""Where public holidays are from, as it is typed and as it is kept."""

import pytest

from accounts.forms.fields import HolidaysField
from accounts.holidays import find_place, offered_places


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("DE", "DE"),
        (" de ", "DE"),
        ("germany", "DE"),
        ("United Kingdom", "GB"),
        ("de-be", "DE-BE"),
        ("DE - BE", "DE-BE"),
        ("GB-SCT", "GB-SCT"),
        ("de-augsburg", "DE-Augsburg"),
        ("DE-XX", None),
        ("XX", None),
        ("Berlin", None),
        ("-", None),
    ],
)
def test_a_place_is_found_by_code_or_name(typed: str, place: str | None) -> None:
    assert find_place(typed) == place


def test_every_country_can_be_kept() -> None:
    assert all(find_place(name) == code for code, name in offered_places())


def test_nothing_is_fine() -> None:
    assert HolidaysField().clean("  ") == ""


def test_a_part_too_long_for_its_column_is_not_known() -> None:
    assert find_place("CH-Stadt Zurich") is None
