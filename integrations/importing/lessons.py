"""Reads sections 4 and 5: lessons, actions and follow-ups."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from config.limits import LIMITS
from integrations.importing import words
from integrations.importing.blocks import Block, parts_of
from integrations.importing.causes import CauseReader
from integrations.importing.findings import (
    ASKED_DATE_OR_TYPE,
    MOST_ROWS,
    Findings,
    unknown,
    unplaced,
)
from integrations.importing.sections import Part, Section
from integrations.importing.values import (
    actors_in,
    day_in,
)
from postmortems.document import (
    Action,
    Actor,
    FollowUp,
    Lesson,
)
from postmortems.exporters import grammar
from postmortems.exporters.grammar import unplain
from postmortems.vocabulary import (
    ActorKind,
    LessonKind,
    Place,
)

_OWNER_AND_DATE = re.compile(
    r"\(Owner: (?P<owner>[^(),]+)(?:, Due(?: Date)?: (?P<due>[^(),]+))?\)\.?$",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[/,;]| and ")
_LESSON_SECTIONS = {
    Section.WENT_WELL: LessonKind.WENT_WELL,
    Section.WENT_WRONG: LessonKind.WENT_WRONG,
    Section.GOT_LUCKY: LessonKind.GOT_LUCKY,
}
_COMPUTED = frozenset(
    {
        "duration",
        "time to detect",
        "time to acknowledge",
        "time to mitigate",
        "time to resolve",
    }
)
_TEXTS = frozenset({"reason", "evidence"})
_DATES_AND_TYPES = frozenset({"due date", "due", "done date", "done", "type", "types"})


@dataclass(slots=True)
class _Draft:
    """An action while its fields are being read."""

    number: int
    ref: str
    description: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    addresses: list[int] = field(default_factory=list)


class LessonReader:
    """Collects the lessons, the actions and the follow-ups of sections 4 and 5."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.lessons: list[Lesson] = []
        self.drafts: list[_Draft] = []
        self.addressed: list[tuple[_Draft, Block]] = []
        self.follow_ups: list[FollowUp] = []
        self._by_label: dict[str, Callable[[_Draft, Block, Block], bool]] = {
            "owner": self._read_owner,
            "due date": self._read_due,
            "due": self._read_due,
            "type": self._read_types,
            "types": self._read_types,
            "priority": self._read_priority,
            "status": self._read_status,
            "reason": self._read_reason,
            "evidence": self._read_evidence,
            "done date": self._read_done,
            "done": self._read_done,
            "addresses": self._read_addresses,
        }

    def read(self, block: Block, part: Part) -> None:
        if part.section in _LESSON_SECTIONS:
            self._read_lesson(block, _LESSON_SECTIONS[part.section])
        elif part.section == Section.ACTIONS:
            self._read_action(block)
        elif part.section == Section.FOLLOW_UPS:
            self._read_follow_up(block)
        else:
            why = _("It is not said what kind of lesson this is.")
            self.found.keep(block, Place.LESSONS, why)

    def finish(self, causes: CauseReader) -> dict[str, Any]:
        """The values under the names of their Document fields."""
        self._place_addresses(causes)
        return {
            "lessons": tuple(
                lesson
                for kind in LessonKind
                for lesson in self.lessons
                if lesson.kind == kind
            ),
            "actions": tuple(
                Action(
                    draft.description,
                    addresses=tuple(sorted(set(draft.addresses))),
                    ref=draft.ref,
                    **draft.values,
                )
                for draft in self.drafts
            ),
            "follow_ups": tuple(self.follow_ups),
        }

    def _read_lesson(self, block: Block, kind: LessonKind) -> None:
        text = self.found.text(block).strip()
        if text and self.found.has_room(
            "lessons", self.lessons, MOST_ROWS, block.number
        ):
            self.lessons.append(Lesson(kind, text, self.found.ref_at(block.number)))

    def _read_follow_up(self, block: Block) -> None:
        text = self.found.text(block).strip()
        rows = self.follow_ups
        if text and self.found.has_room("follow_ups", rows, MOST_ROWS, block.number):
            self.follow_ups.append(FollowUp(text, self.found.ref_at(block.number)))

    def _read_action(self, block: Block) -> None:
        label = block.label.casefold()
        if not block.marker:
            self.found.keep(block, Place.LESSONS, _("This is not an action."))
        elif label in self._by_label and self.drafts:
            self._action_field(self.drafts[-1], label, block)
        elif label in self._by_label:
            self.found.keep(block, Place.LESSONS, unplaced(block))
        elif self.found.has_room(
            "actions", self.drafts, LIMITS.action_items, block.number
        ):
            self._add_action(block.value() if label == "description" else block, label)

    def _add_action(self, body: Block, label: str) -> None:
        parts = parts_of(body, grammar.ACTION_FIELDS)
        draft = _Draft(body.number, self.found.ref_at(body.number))
        draft.description = self.found.text(parts.text, grammar.ACTION_FIELDS)
        if not label:
            self._owner_and_date_behind(draft, body)
        for item in parts.fields:
            self._action_field(draft, item.label.casefold(), item)
        # One without a description is looked at again when all its fields are there.
        self.drafts.append(draft)

    def _owner_and_date_behind(self, draft: _Draft, body: Block) -> None:
        """`Do this (Owner: Dev Team A, Due: 2026-04-01).`, as lists are often kept."""
        found = _OWNER_AND_DATE.search(draft.description[-400:])
        if not found:
            return
        draft.description = draft.description[: -len(found[0])].rstrip()
        for label in ("owner", "due"):
            if found[label]:
                text = Block(body.number, [found[label]], "*")
                self._action_value(draft, label, text, text)

    def _action_field(self, draft: _Draft, label: str, item: Block) -> None:
        self._action_value(draft, label, item, item.value())

    def _action_value(
        self, draft: _Draft, label: str, item: Block, value: Block
    ) -> None:
        text = value.line()
        if not text or (label not in _TEXTS and self.found.asked(item, text)):
            return
        if label in _DATES_AND_TYPES and self.found.asked(
            item, text, ASKED_DATE_OR_TYPE
        ):
            return
        if not self._by_label[label](draft, item, value):
            self.found.keep(item, Place.LESSONS, unknown(text))

    def _read_owner(self, draft: _Draft, _item: Block, value: Block) -> bool:
        actors = actors_in(value.line())
        people = [actor for actor in actors if actor.kind == ActorKind.PERSON]
        others = [actor for actor in actors if actor.kind != ActorKind.PERSON]
        if len(people) > 1:
            people, others = [], [Actor(ActorKind.TEAM, unplain(value.line()))]
        if others:
            draft.values["owner_team"] = ", ".join(actor.name for actor in others)
        if people:
            draft.values["owner_person"] = people[0].name
        return True

    def _read_due(self, draft: _Draft, _item: Block, value: Block) -> bool:
        return _put(draft, "due_on", day_in(value.line()))

    def _read_done(self, draft: _Draft, _item: Block, value: Block) -> bool:
        return _put(draft, "done_on", day_in(value.line()))

    def _read_types(self, draft: _Draft, _item: Block, value: Block) -> bool:
        named = _SEPARATORS.split(value.line().casefold())
        named = [name.strip().rstrip(".") for name in named if name.strip()]
        types = [words.TYPES[name] for name in named if name in words.TYPES]
        put = _put(draft, "types", tuple(dict.fromkeys(types)))
        return put and len(types) == len(named)

    def _read_priority(self, draft: _Draft, _item: Block, value: Block) -> bool:
        return _put(draft, "priority", words.PRIORITIES.get(value.line().casefold()))

    def _read_status(self, draft: _Draft, _item: Block, value: Block) -> bool:
        return _put(draft, "status", words.ACTION_STATUSES.get(value.line().casefold()))

    def _read_reason(self, draft: _Draft, _item: Block, value: Block) -> bool:
        draft.values["reason"] = self.found.text(value)
        return True

    def _read_evidence(self, draft: _Draft, _item: Block, value: Block) -> bool:
        draft.values["evidence"] = self.found.text(value)
        return True

    def _read_addresses(self, draft: _Draft, _item: Block, value: Block) -> bool:
        self.addressed.append((draft, value))
        return True

    def _place_addresses(self, causes: CauseReader) -> None:
        for draft, value in self.addressed:
            positions = causes.factor_positions(value)
            if positions is None:
                named = [
                    position
                    for position, factor in enumerate(causes.factors)
                    if factor.text.casefold() == value.text().casefold()
                ]
                if not named:
                    why = _("There is no such factor: %(text)s")
                    text = why % {"text": value.line()[:80]}
                    self.found.keep(value, Place.LESSONS, text)
                positions = named
            draft.addresses += positions
        self.drafts = [
            draft for draft in self.drafts if draft.description or draft.values
        ]
        for draft in self.drafts:
            if not draft.description:
                why = _("This action does not say what is to be done.")
                self.found.tell(draft.number, why, "error")


def _put(draft: _Draft, name: str, value: Any) -> bool:
    """Set a field of the action; whether there was a value."""
    if value:
        draft.values[name] = value
    return bool(value)
