"""What tests of the engine start from."""

from tests.trackers.stage import action, connection, jira, link

__all__ = ["action", "connection", "jira", "link"]
