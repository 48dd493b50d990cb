"""Who is named in a comment: “@” and the name, or the address, of an account."""

from collections.abc import Iterable, Iterator
from itertools import islice

from accounts.models import User

_BEFORE = frozenset(" \n\t([{<\"'“‘*_>,;:/")
"""What may stand before an “@” that names somebody; a letter makes it an address."""

MOST_PLACES = 200
"""How many “@” of one text are looked at."""


def named_in(text: str, people: Iterable[User]) -> list[User]:
    """Those of `people` whom the text names, in its order, everybody once.

    The longest name wins: “@Ada Minh” is not “@Ada”. Two accounts of one name are both
    meant by it; by its address, only one is.
    """
    folded = text.casefold()
    places = [*islice(_places(folded), MOST_PLACES)]
    if not places:
        return []
    calls = _calls(people)
    longest_first = sorted(calls, key=len, reverse=True)
    found: dict[int, User] = {}
    for place in places:
        call = next((c for c in longest_first if _says(folded, place, c)), "")
        found |= {user.pk: user for user in calls.get(call, [])}
    return [*found.values()]


def _places(text: str) -> Iterator[int]:
    """Behind each “@” that may name somebody."""
    at = text.find("@")
    while at >= 0:
        if at == 0 or text[at - 1] in _BEFORE:
            yield at + 1
        at = text.find("@", at + 1)


def _calls(people: Iterable[User]) -> dict[str, list[User]]:
    calls: dict[str, list[User]] = {}
    for user in people:
        for call in {user.name.casefold(), user.email.casefold()}:
            calls.setdefault(call, []).append(user)
    return calls


def _says(text: str, place: int, call: str) -> bool:
    end = place + len(call)
    return text.startswith(call, place) and not text[end : end + 1].isalnum()
