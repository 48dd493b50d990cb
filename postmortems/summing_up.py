"""What differs between two versions, in one sentence: “2 sections, 3 entries”."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from postmortems.changes import shift_between
from postmortems.models import Change
from postmortems.versions import label_of
from postmortems.vocabulary import Milestone

COUNTED: dict[str, Any] = {
    "section": ngettext_lazy("%(n)s section", "%(n)s sections", "n"),
    "row:timeline": ngettext_lazy(
        "%(n)s timeline entry", "%(n)s timeline entries", "n"
    ),
    "row:factors": ngettext_lazy(
        "%(n)s contributing factor", "%(n)s contributing factors", "n"
    ),
    "row:whys": ngettext_lazy("%(n)s answer", "%(n)s answers", "n"),
    "row:lessons": ngettext_lazy("%(n)s lesson", "%(n)s lessons", "n"),
    "row:actions": ngettext_lazy("%(n)s action item", "%(n)s action items", "n"),
    "row:follow_ups": ngettext_lazy("%(n)s follow-up", "%(n)s follow-ups", "n"),
    "row:measures": ngettext_lazy("%(n)s number", "%(n)s numbers", "n"),
}


def in_brief(counts: Mapping[str, int]) -> str:
    """Parts by name with how many differ, as people would say it."""
    fields = [name for name in counts if name.startswith("field:")]
    words = [str(label_of(name.removeprefix("field:"))) for name in fields]
    together: Counter[str] = Counter()
    for name, count in counts.items():
        if name not in fields:
            together[_counted_as(name)] += count
    known = [name for name in COUNTED if name in together]
    words += [str(COUNTED[name] % {"n": together[name]}) for name in known]
    rest = sum(count for name, count in together.items() if name not in COUNTED)
    if rest:
        words.append(
            ngettext("%(n)s other item", "%(n)s other items", rest) % {"n": rest}
        )
    return ", ".join(words)


def summary_of(changes: Sequence[Change]) -> str:
    """The same for differences, and how far the five times were moved."""
    shifts = [words for change in changes if (words := _shift(change))]
    times = {f"field:{milestone.value}" for milestone in Milestone}
    counts = Counter(
        change.part
        for change in changes
        if change.part not in times or not _shift(change)
    )
    return ", ".join(filter(None, [in_brief(counts), *shifts]))


def effects_of(changes: Iterable[Change]) -> list[str]:
    """What restoring does, for the differences from now to the version."""
    counts = Counter(change.what for change in changes)
    sentences = {
        Change.What.CHANGED: ngettext_lazy(
            "%(n)s part says again what it said then.",
            "%(n)s parts say again what they said then.",
            "n",
        ),
        Change.What.ADDED: ngettext_lazy(
            "%(n)s item that was deleted since comes back.",
            "%(n)s items that were deleted since come back.",
            "n",
        ),
        Change.What.DELETED: ngettext_lazy(
            "%(n)s item that came later goes to the trash, where it stays for 30 days.",
            "%(n)s items that came later go to the trash, where they stay for 30 days.",
            "n",
        ),
        Change.What.MOVED: ngettext_lazy(
            "%(n)s item goes back to its place.",
            "%(n)s items go back to their places.",
            "n",
        ),
    }
    return [
        str(words % {"n": counts[what]})
        for what, words in sentences.items()
        if counts[what]
    ]


def _counted_as(name: str) -> str:
    return "section" if name.startswith("section:") else name


def _shift(change: Change) -> str:
    """“started 10 min earlier”; empty for anything else, or without a time before."""
    name = change.part.removeprefix("field:")
    if name not in Milestone.values:
        return ""
    shift = shift_between(change.before, change.after)
    words = {"milestone": Milestone(name).label.lower(), "shift": shift}
    return _("%(milestone)s %(shift)s") % words if shift else ""
