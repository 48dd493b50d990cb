"""Time zones as people name them."""

import pytest

from accounts.zones import find_zone, offered_zones, zone_named


def test_utc_is_offered_first_and_then_places() -> None:
    zones = offered_zones()
    assert zones[0] == "UTC"
    assert "Europe/Berlin" in zones
    assert list(zones[1:]) == sorted(zones[1:])
    assert not {"Etc/GMT+5", "EST", "localtime"} & set(zones)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("EUROPE/berlin ", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("Los Angeles", "America/Los_Angeles"),
        ("Indiana/Knox", None),
        ("America/Indiana/Knox", "America/Indiana/Knox"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("utc", "UTC"),
        ("", None),
        ("localtime", None),
        ("right/UTC", None),
        ("../../etc/passwd", None),
        ("Europe", None),
    ],
)
def test_a_zone_is_found_by_name_or_by_city(typed: str, zone: str | None) -> None:
    assert find_zone(typed) == zone


def test_every_zone_that_is_offered_is_found_by_its_own_name() -> None:
    assert all(find_zone(zone) == zone for zone in offered_zones())


def test_a_zone_that_is_no_longer_known_is_utc() -> None:
    assert str(zone_named("Europe/Atlantis")) == "UTC"
    assert str(zone_named("Europe/Berlin")) == "Europe/Berlin"
