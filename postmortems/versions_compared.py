"""Two versions of a report beside each other: what was added, removed, moved, changed.

Differences are told as lines of the history are, in the same words (`changes.tell`);
nothing here is in the database.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from postmortems.contents import Content, Part, changed_parts, reads_the_same
from postmortems.models import Change
from postmortems.parts import RowKind, row_kinds

What = Change.What

NOT_SHOWN = {"key", "position"}
"""What a section's version has besides what people read."""


def differences(before: Content, after: Content) -> list[Change]:
    """Each part that differs, as a line that the history could have.

    Fields come first, then sections, then rows in the order of their lists.
    """
    moved = moved_rows(before, after)
    found = []
    for part, was, is_now in changed_parts(before, after):
        if reads_the_same(was, is_now) and part not in moved:
            continue
        found.append(
            Change(
                what=_what(part, was, is_now, moved),
                part=part.name,
                object_id=part.object_id,
                before=_shown(part, was),
                after=_shown(part, is_now),
            )
        )
    order = _places(before, after)
    return sorted(found, key=lambda change: order[change.part, change.object_id])


def _what(part: Part, was: Any, is_now: Any, moved: set[Part]) -> What:
    if part.object_id is None:
        return What.CHANGED
    if was is None:
        return What.ADDED
    if is_now is None:
        return What.DELETED
    return What.MOVED if part in moved and reads_the_same(was, is_now) else What.CHANGED


def _shown(part: Part, version: Any) -> Any:
    if not part.name.startswith("section:") or version is None:
        return version
    return {name: value for name, value in version.items() if name not in NOT_SHOWN}


def _places(before: Content, after: Content) -> dict[tuple[str, int | None], Any]:
    """Where each part comes in a list of differences."""
    areas = {"field": 0, "section": 1, "row": 2}
    kinds = {f"row:{kind.name}": index for index, kind in enumerate(row_kinds())}
    found: dict[tuple[str, int | None], Any] = {}
    index = 0
    for content in (after, before):
        for part in _in_order(content):
            area = areas[part.name.partition(":")[0]]
            place = (area, kinds.get(part.name, 0), index)
            found.setdefault((part.name, part.object_id), place)
            index += 1
    return found


def _in_order(content: Content) -> Iterator[Part]:
    for name in content["fields"]:
        yield Part(f"field:{name}")
    sections = content["sections"].items()
    for pk, section in sorted(sections, key=lambda pair: pair[1]["position"]):
        yield Part(f"section:{section['key']}", int(pk))
    for kind in row_kinds():
        rows = content["rows"].get(kind.name, {})
        for pk in sorted(map(int, rows), key=lambda pk: _place(kind, rows, pk)):
            yield Part(f"row:{kind.name}", pk)


def _place(kind: RowKind, rows: Mapping[str, Any], pk: int) -> tuple[Any, ...]:
    row = rows[str(pk)]
    return (row.get("occurred_at", ""), row["position"], pk)


# --- Moved ----------------------------------------------------------------------------


def moved_rows(before: Content, after: Content) -> set[Part]:
    """The fewest rows that were moved, for their lists to be in the order they are in.

    Neighbours whose places were only numbered anew have not moved.
    """
    return {
        Part(f"row:{kind.name}", pk)
        for kind in row_kinds()
        for pk in _moved(
            kind,
            before["rows"].get(kind.name, {}),
            after["rows"].get(kind.name, {}),
        )
    }


def _moved(
    kind: RowKind, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[int]:
    """Within each list: a row in another list now has changed, which is told anyway."""
    lists: dict[tuple[Any, ...], list[int]] = {}
    for pk in before.keys() & after.keys():
        scope = tuple(before[pk][name] for name in kind.scope)
        if scope == tuple(after[pk][name] for name in kind.scope):
            lists.setdefault(scope, []).append(int(pk))
    for pks in lists.values():
        was = sorted(pks, key=lambda pk: (before[str(pk)]["position"], pk))
        rank = {pk: index for index, pk in enumerate(was)}
        is_now = sorted(pks, key=lambda pk: (after[str(pk)]["position"], pk))
        stayed = _longest_rise([rank[pk] for pk in is_now])
        yield from (pk for pk in is_now if rank[pk] not in stayed)


def _longest_rise(numbers: Iterable[int]) -> set[int]:
    """The most of these distinct numbers that already stand in rising order."""
    ends: list[int] = []
    previous: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        previous[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    found: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = previous[last]
    return found
