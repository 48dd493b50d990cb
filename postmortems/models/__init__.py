"""The domain's tables. Rules that one row must always obey are constraints here."""

from postmortems.models.analysis import (
    ContributingFactor,
    FollowUp,
    ImpactMeasure,
    Lesson,
    Why,
)
from postmortems.models.change import Change, Request
from postmortems.models.discussion import Comment, Mention, Thread
from postmortems.models.evidence_file import EvidenceFile
from postmortems.models.incident import (
    AffectedService,
    GivenReference,
    Incident,
    Participation,
    ReferenceDay,
    Service,
    Severity,
)
from postmortems.models.postmortem import (
    Bout,
    ChecklistItem,
    ChecklistTick,
    Postmortem,
    Publication,
    SavedView,
    SearchText,
    Section,
)
from postmortems.models.rows import Row
from postmortems.models.suggestion import Suggestion
from postmortems.models.timeline import TimelineEntry
from postmortems.models.version import Version

__all__ = [
    "AffectedService",
    "Bout",
    "Change",
    "ChecklistItem",
    "ChecklistTick",
    "Comment",
    "ContributingFactor",
    "EvidenceFile",
    "FollowUp",
    "GivenReference",
    "ImpactMeasure",
    "Incident",
    "Lesson",
    "Mention",
    "Participation",
    "Postmortem",
    "Publication",
    "ReferenceDay",
    "Request",
    "Row",
    "SavedView",
    "SearchText",
    "Section",
    "Service",
    "Severity",
    "Suggestion",
    "Thread",
    "TimelineEntry",
    "Version",
    "Why",
]
