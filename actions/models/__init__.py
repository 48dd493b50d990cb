"""Promises, what keeps them in mind, and the rules by which it does."""

from actions.models.action import SETTLED, ActionItem
from actions.models.calendar import CalendarFeed
from actions.models.carrying_out import Dependency, Subtask
from actions.models.follow_through import DateMove, FollowThrough, Verdict
from actions.models.policy import DayOff, Policy, PolicySubject

__all__ = [
    "SETTLED",
    "ActionItem",
    "CalendarFeed",
    "DateMove",
    "DayOff",
    "Dependency",
    "FollowThrough",
    "Policy",
    "PolicySubject",
    "Subtask",
    "Verdict",
]
