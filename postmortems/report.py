"""One report with everything on it, loaded in a fixed number of queries."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from django.db.models import Prefetch, prefetch_related_objects

from postmortems.models import (
    AffectedService,
    ContributingFactor,
    FollowUp,
    ImpactMeasure,
    Incident,
    Lesson,
    Participation,
    Postmortem,
    Section,
    TimelineEntry,
    Why,
)
from postmortems.vocabulary import Category, LessonKind, Marker, Milestone

if TYPE_CHECKING:
    from actions.models import ActionItem


@dataclass
class Report:
    """Lists in the order of the page; what pages, rules and exports read."""

    postmortem: Postmortem
    sections: list[Section] = field(default_factory=list)
    timeline: list[TimelineEntry] = field(default_factory=list)
    factors: list[ContributingFactor] = field(default_factory=list)
    whys: list[Why] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    measures: list[ImpactMeasure] = field(default_factory=list)
    affected: list[AffectedService] = field(default_factory=list)
    actions: "list[ActionItem]" = field(default_factory=list)
    people: list[Participation] = field(default_factory=list)

    @classmethod
    def load(cls, postmortem: Postmortem) -> Self:
        in_order = ("position", "pk")
        present = ContributingFactor.objects.present().order_by(*in_order)
        report = cls.load_names(postmortem)
        prefetch_related_objects(
            report.actions, Prefetch("factors", present, to_attr="addressed")
        )
        report.sections = list(
            postmortem.sections.filter(deleted_at=None).order_by(*in_order)
        )
        report.timeline = list(
            postmortem.timeline.present().order_by("occurred_at", *in_order)
        )
        report.factors = list(postmortem.factors.present().order_by(*in_order))
        report.whys = list(postmortem.whys.present().order_by(*in_order))
        report.lessons = list(postmortem.lessons.present().order_by(*in_order))
        report.follow_ups = list(postmortem.follow_ups.present().order_by(*in_order))
        report.measures = list(postmortem.measures.present().order_by(*in_order))
        return report

    @classmethod
    def load_names(cls, postmortem: Postmortem) -> Self:
        """Only what may be called otherwise although nobody changed the report:
        services, owners of actions and people.
        """
        in_order = ("position", "pk")
        affected = postmortem.incident.affected.select_related("service")
        actions = postmortem.action_items.present().select_related(
            "owner_team", "owner_person"
        )
        people = postmortem.participations.select_related("user")
        return cls(
            postmortem=postmortem,
            affected=list(affected.order_by(*in_order)),
            actions=list(actions.order_by(*in_order)),
            people=list(people.order_by("joined_at", "pk")),
        )

    @property
    def incident(self) -> Incident:
        return self.postmortem.incident

    def section(self, key: str) -> Section:
        """A fixed section; every report has each of them."""
        return next(section for section in self.sections if section.key == key)

    def body(self, key: str) -> str:
        return next((s.body for s in self.sections if s.key == key), "")

    def free_sections(self, place: str) -> list[Section]:
        return [s for s in self.sections if s.key == "free" and s.after == place]

    def lessons_of(self, kind: LessonKind) -> list[Lesson]:
        return [lesson for lesson in self.lessons if lesson.kind == kind]

    def factors_of(self, category: Category | str) -> list[ContributingFactor]:
        return [factor for factor in self.factors if factor.category == category]

    @cached_property
    def covered_factor_ids(self) -> set[int]:
        """Factors that at least one action addresses."""
        return {factor.pk for action in self.actions for factor in addressed(action)}

    def entries_marked(self, milestone: Milestone) -> list[TimelineEntry]:
        marker = Marker(milestone.value)
        return [entry for entry in self.timeline if marker in entry.markers]

    def disagreements(self) -> list[tuple[Milestone, datetime, TimelineEntry]]:
        """Entries whose milestone marker says another time than the incident does."""
        found = []
        for milestone in Milestone:
            at = self.incident.moment(milestone).at
            found += [
                (milestone, at, entry)
                for entry in self.entries_marked(milestone)
                if at is not None and entry.occurred_at != at
            ]
        return found

    @cached_property
    def why_tree(self) -> "list[WhyNode]":
        """The whys as a tree; one whose parent is in the trash is left out with it."""
        children: dict[int | None, list[Why]] = {}
        for why in self.whys:
            children.setdefault(why.parent_id, []).append(why)
        return _branches(children, None, 1)


def addressed(action: "ActionItem") -> list[ContributingFactor]:
    """The factors an action of a loaded report addresses; it costs no query."""
    found: list[ContributingFactor] = action.addressed  # type: ignore[attr-defined]
    return found


@dataclass
class WhyNode:
    why: Why
    depth: int
    because: "list[WhyNode]"


DEEPEST = 50


def _branches(
    children: dict[int | None, list[Why]], parent: int | None, depth: int
) -> list[WhyNode]:
    if depth > DEEPEST:
        return []
    return [
        WhyNode(why, depth, _branches(children, why.pk, depth + 1))
        for why in children.get(parent, [])
    ]
