"""Time zones as people look for them, and as they are stored."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

AREAS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)
UTC = "UTC"


@cache
def offered_zones() -> tuple[str, ...]:
    """UTC, then every zone that is named after a place, in order."""
    places = (name for name in available_timezones() if name.startswith(AREAS))
    return (UTC, *sorted(places))


def find_zone(typed: str) -> str | None:
    """The IANA name that was meant: whole, an older alias, or only its city.

    Case and spaces do not matter; a city that two zones share finds nothing.
    """
    wanted = typed.strip().casefold().replace(" ", "_")
    if wanted in _by_folded_name():
        return _by_folded_name()[wanted]
    cities = [
        name for name in offered_zones() if name.rpartition("/")[2].casefold() == wanted
    ]
    return cities[0] if len(cities) == 1 else None


def zone_named(name: str) -> ZoneInfo:
    """UTC where the zone has left the database since it was chosen."""
    return ZoneInfo(name if name in available_zones() else UTC)


@cache
def available_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _by_folded_name() -> dict[str, str]:
    return {name.casefold(): name for name in available_zones() if name != "localtime"}
