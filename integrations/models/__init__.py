"""What is connected, and which issue stands for which action."""

from integrations.models.connection import Connection, PersonLink, ProjectMapping
from integrations.models.inbound import InboundEvent
from integrations.models.issue import FIELDS, TWO_WAY, IssueLink

__all__ = [
    "FIELDS",
    "TWO_WAY",
    "Connection",
    "InboundEvent",
    "IssueLink",
    "PersonLink",
    "ProjectMapping",
]
