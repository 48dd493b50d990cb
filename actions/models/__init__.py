"""Promises, what keeps them in mind, and the rules by which it does."""

from actions.models.action import SETTLED, ActionItem
from actions.models.bulk import BulkChange, BulkItem
from actions.models.calendar import CalendarFeed
from actions.models.carrying_out import Dependency, Subtask
from actions.models.follow_through import DateMove, FollowThrough, Verdict
from actions.models.policy import DayOff, DayUnit, Policy, PolicySubject
from actions.models.subscription import Rhythm, Scope, Subscription

__all__ = [
    "SETTLED",
    "ActionItem",
    "BulkChange",
    "BulkItem",
    "CalendarFeed",
    "DateMove",
    "DayOff",
    "DayUnit",
    "Dependency",
    "FollowThrough",
    "Policy",
    "PolicySubject",
    "Rhythm",
    "Scope",
    "Subscription",
    "Subtask",
    "Verdict",
]
