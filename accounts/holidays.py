"""Places whose public holidays are known: as people name them, and as they are kept."""

from functools import cache

import holidays as public
from holidays.registry import COUNTRIES

LONGEST = 12
"""Characters of a code; a few parts of countries go by a name that has more."""


@cache
def offered_places() -> tuple[tuple[str, str], ...]:
    """(code, name) of every country, by name: ("DE", "Germany")."""
    named = ((names[1], key.replace("_", " ").title()) for key, names in _countries())
    return tuple(sorted(named, key=lambda pair: pair[1]))


def find_place(typed: str) -> str | None:
    """The code that was meant: "DE" for “Germany”, "DE-BE" for a part of it."""
    wanted = typed.strip()
    by_name = {name.casefold(): code for code, name in offered_places()}
    if wanted.casefold() in by_name:
        return by_name[wanted.casefold()]
    country, _hyphen, part = wanted.partition("-")
    country, part = country.strip().upper(), part.strip()
    if country not in by_name.values():
        return None
    return country if not part else _part_of(country, part)


def _part_of(country: str, part: str) -> str | None:
    try:
        known = public.country_holidays(country)
    except NotImplementedError:
        return None
    spelled = {one.casefold(): one for one in known.subdivisions}
    found = spelled.get(part.casefold())
    place = f"{country}-{found}"
    return place if found and len(place) <= LONGEST else None


def _countries() -> list[tuple[str, tuple[str, ...]]]:
    return [(key, tuple(names)) for key, names in COUNTRIES.items()]
