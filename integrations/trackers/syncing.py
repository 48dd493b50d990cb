"""One visit to a tracker: read what it sent, bring issues into step, ask for changes.

A visit holds the connection's lease, so each tracker has one worker at a time and a
slow one holds up no other. Everything that is asked of a tracker happens outside any
transaction; what is known is kept before and after, so that a process may die anywhere
and the next visit goes on (docs/trackers.md).
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.models import Connection, IssueLink
from integrations.models.issue import LinkState
from integrations.trackers.adapter import (
    Adapter,
    BadHook,
    Deleted,
    Forbidden,
    NotFound,
    RateLimited,
    Receipt,
    Rejected,
    TrackerError,
)
from integrations.trackers.in_step import ChangedMeanwhile, bring_into_step
from integrations.trackers.operations import keeping_step, receiving
from integrations.trackers.reaching import adapter_of
from outbound.secrets import CannotUnseal

logger = logging.getLogger(__name__)

SECONDS = 120.0
"""How long one visit goes on; the rest waits for the next."""
PAGES = 10
"""Pages of changed issues that are asked for in one visit."""
SOON = timedelta(seconds=10)
BUG = timedelta(minutes=30)
"""How long something waits that we cannot deal with, so that all else goes on."""


class Over(Exception):
    """The tracker wants no more for now; why is written down."""


@dataclass
class Visit:
    connection: Connection
    adapter: Adapter
    now: datetime
    until: float
    """By time.monotonic()."""
    answered: bool = False

    @property
    def time_left(self) -> bool:
        return time.monotonic() < self.until


def sync_connection(pk: int, now: datetime) -> bool:
    """Visit one tracker; False where nobody may now, or another worker is there."""
    connection = keeping_step.claim_connection(pk, now)
    if connection is None:
        return False
    try:
        adapter = adapter_of(connection)
        visit = Visit(connection, adapter, now, time.monotonic() + SECONDS)
        _go_round(visit)
    except (CannotUnseal, KeyError):
        # The key of the secret is gone, or the kind is not known to this version.
        keeping_step.note_refused(connection, now)
    finally:
        keeping_step.give_back(connection)
    return True


def _go_round(visit: Visit) -> None:
    try:
        read_events(visit)
        keeping_step.check_some(visit.connection, visit.now)
        sync_links(visit)
        if visit.time_left:
            poll(visit)
            sync_links(visit)
    except Over:
        return


# --- What was sent --------------------------------------------------------------------


def read_events(visit: Visit) -> None:
    """Asks the tracker nothing: what is said to have changed becomes due."""
    for event in receiving.events_to_read(visit.connection, visit.now):
        receipt = Receipt(event.provider_id, event.name)
        try:
            told = visit.adapter.read_hook(receipt, bytes(event.raw))
        except BadHook:
            receiving.note_unread(event, "It cannot be read.", at=visit.now)
        except Exception as error:
            logger.exception("event %s not read", event.pk)
            receiving.note_unread(event, type(error).__name__, at=visit.now)
        else:
            receiving.carry_out(event, told, at=visit.now)


# --- Links ----------------------------------------------------------------------------


def sync_links(visit: Visit) -> None:
    while visit.time_left:
        if not _next_link(visit):
            return


def _next_link(visit: Visit) -> bool:
    """Bring one link into step; False where none is due."""
    link = keeping_step.claim_link(visit.connection, visit.now)
    if link is None:
        return False
    try:
        _attend(visit, link)
    except TrackerError as error:
        _in_trouble(visit, link, error)
    except ChangedMeanwhile:
        keeping_step.put_back(link, visit.now, wait=SOON)
    except Exception:
        logger.exception("link %s not synced", link.pk)
        keeping_step.put_back(link, visit.now, wait=BUG)
    return True


def _attend(visit: Visit, link: IssueLink) -> None:
    try:
        if bring_into_step(link, visit.adapter, visit.now):
            _answered(visit)
        keeping_step.done_with(link)
    except Deleted:
        _rest(visit, link, LinkState.DELETED)
    except NotFound:
        _rest(visit, link, LinkState.HIDDEN)
    except Rejected as error:
        link.messages = error.messages
        _rest(visit, link, LinkState.REJECTED)


def _rest(visit: Visit, link: IssueLink, state: LinkState) -> None:
    """Nothing more is tried until somebody, or the action, changes something."""
    _answered(visit)
    link.state = state
    keeping_step.done_with(link)


def _answered(visit: Visit) -> None:
    if not visit.answered:
        visit.answered = True
        keeping_step.note_answer(visit.connection, visit.now)
        visit.connection.failures = 0
        visit.connection.delayed_since = visit.connection.forbidden_since = None


def _in_trouble(visit: Visit, link: IssueLink, error: TrackerError) -> None:
    """Is it this issue, or the whole tracker? A call that always works tells."""
    trouble = _whole_trouble(visit, error)
    if trouble is None and isinstance(error, Forbidden):
        _rest(visit, link, LinkState.FORBIDDEN)
    elif trouble is None:
        keeping_step.put_back(link, visit.now)
    else:
        wait = _note_trouble(visit, trouble)
        keeping_step.put_back(link, visit.now, wait=wait)
        raise Over from error


def _whole_trouble(visit: Visit, error: TrackerError) -> TrackerError | None:
    if isinstance(error, RateLimited):
        return error
    return _failing(visit.adapter.whoami)


def _failing(call: Callable[[], object]) -> TrackerError | None:
    try:
        call()
    except TrackerError as error:
        return error
    return None


def _note_trouble(visit: Visit, error: TrackerError) -> timedelta:
    connection, now = visit.connection, visit.now
    if isinstance(error, RateLimited):
        keeping_step.note_busy(connection, error.seconds, now)
    elif isinstance(error, Forbidden):
        keeping_step.note_refused(connection, now)
    else:
        keeping_step.note_silence(connection, now)
    return (connection.wait_until or now) - now


# --- What changed there ---------------------------------------------------------------


def poll(visit: Visit) -> None:
    """Ask what changed since the last time; webhooks are faster, but get lost."""
    connection = visit.connection
    if connection.poll_at is None or connection.poll_at > visit.now:
        return
    projects = sorted(_projects_of(connection))
    try:
        for page in range(PAGES):
            if not projects:
                keeping_step.note_polled(connection, "", visit.now, more=False)
                return
            found = visit.adapter.changed_since(projects, connection.cursor)
            for issue in found.issues:
                keeping_step.look_again(
                    connection, issue.remote_id, issue.updated_at, visit.now
                )
            last = not found.more or page == PAGES - 1 or not visit.time_left
            keeping_step.note_polled(
                connection, found.cursor, visit.now, more=found.more
            )
            _answered(visit)
            if last:
                return
    except (Rejected, NotFound, Deleted):
        # A project that is gone must not be asked for every minute.
        keeping_step.note_polled(connection, connection.cursor, visit.now, more=False)
    except TrackerError as error:
        _note_trouble(visit, _whole_trouble(visit, error) or error)
        raise Over from error


def _projects_of(connection: Connection) -> set[str]:
    """Where issues of ours are, and where they will be."""
    mapped = connection.mappings.values_list("project", flat=True)
    linked = connection.issue_links.exclude(project="").values_list(
        "project", flat=True
    )
    return {*mapped, *linked.distinct()}
