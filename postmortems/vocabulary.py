"""The fixed words of a report: one meaning each, used by models, exports and pages.

Plain enumerations without a database, so that everything from the Markdown format to
the models can share them. Severities are not here: administrators edit their scale.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    INCIDENT = "incident", _("Incident")
    NEAR_MISS = "near_miss", _("Near miss")


class Status(TextChoices):
    """Where the written account stands."""

    GATHERING = "gathering", _("Gathering data")
    DRAFTING = "drafting", _("Drafting")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    CLOSED = "closed", _("Closed")


class Milestone(TextChoices):
    """The five times that frame an incident, in their usual order."""

    STARTED = "started", _("Started")
    DETECTED = "detected", _("Detected")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    MITIGATED = "mitigated", _("Mitigated")
    RESOLVED = "resolved", _("Resolved")


class Certainty(TextChoices):
    """How well a milestone is known. It is never a zero and never invented."""

    RECORDED = "recorded", _("Recorded")
    APPROXIMATE = "approximate", _("Approximate")
    NOT_RECORDED = "not_recorded", _("Not recorded")


class Marker(TextChoices):
    """What an entry means for the whole incident; the first five are milestones."""

    STARTED = "started", _("Started")
    DETECTED = "detected", _("Detected")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    MITIGATED = "mitigated", _("Mitigated")
    RESOLVED = "resolved", _("Resolved")
    DECISION = "decision", _("Decision")
    COMMUNICATION = "communication", _("Communication")
    CHANGE = "change", _("Change")


class Precision(TextChoices):
    """How exactly the time of a timeline entry is known."""

    EXACT = "exact", _("To the second")
    MINUTE = "minute", _("To the minute")
    APPROXIMATE = "approximate", _("Approximate")
    UNKNOWN = "unknown", _("Unknown")


class ActorKind(TextChoices):
    TEAM = "team", _("Team")
    ROLE = "role", _("Role")
    SYSTEM = "system", _("System")
    PERSON = "person", _("Person")


class EvidenceKind(TextChoices):
    GRAPH = "graph", _("Graph")
    LOG = "log", _("Log")
    TRACE = "trace", _("Trace")
    CHAT = "chat", _("Chat")
    DEPLOY = "deploy", _("Deploy")
    SCREENSHOT = "screenshot", _("Screenshot")
    TICKET = "ticket", _("Ticket")
    OTHER = "other", _("Other")


class Known(TextChoices):
    """Whether responders knew it at the time, or it was learned afterwards."""

    THEN = "then", _("Known then")
    LATER = "later", _("Learned later")


class Importance(TextChoices):
    STORY = "story", _("In the story")
    BACKGROUND = "background", _("Background")


class Category(TextChoices):
    """The six bones of the fishbone (Ishikawa), as the field names them."""

    PEOPLE = "people", _("People")
    PROCESS = "process", _("Process")
    TOOLS = "tools", _("Tools")
    ENVIRONMENT = "environment", _("Environment")
    METHODS = "methods", _("Methods")
    MEASUREMENT = "measurement", _("Measurement")


class LessonKind(TextChoices):
    WENT_WELL = "went_well", _("What went well")
    WENT_WRONG = "went_wrong", _("What went wrong")
    GOT_LUCKY = "got_lucky", _("Where we got lucky")


class ActionType(TextChoices):
    PREVENTATIVE = "preventative", _("Preventative")
    DETECTIVE = "detective", _("Detective")
    CORRECTIVE = "corrective", _("Corrective")
    PROCESS = "process_improvement", _("Process improvement")


class ActionPriority(TextChoices):
    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class ActionStatus(TextChoices):
    OPEN = "open", _("Open")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    WONT_DO = "wont_do", _("Won’t do")


class Place(TextChoices):
    """The part of the report behind which a free section stands."""

    SUMMARY = "summary", _("Summary")
    TIMELINE = "timeline", _("Timeline")
    CAUSE = "cause", _("Root cause analysis")
    LESSONS = "lessons", _("Lessons and actions")
    FOLLOW_UPS = "follow_ups", _("Follow-ups")
