"""What every tracker can do for us, in one small interface; one module each speaks it.

An adapter knows no action, no database and no clock: it turns what is asked into
requests of its tracker, and answers into the dataclasses below. All of its requests go
through `calling.call`, which turns refusals into the errors below.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Final, Protocol

from django.utils.functional import Promise

from postmortems.vocabulary import ActionStatus


class Keep(Enum):
    """As a change: leave the field as it is (None would empty it)."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Site:
    """Where a tracker is, and as whom we speak to it."""

    base_url: str
    """Without a slash at its end."""
    account: str = ""
    """The e-mail address or app that the secret belongs to, where a tracker asks."""
    secret: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    """What else a kind of tracker needs, by the names of its `AdapterKind.options`."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account of the tracker; `account` is what issues name it by."""

    account: str
    name: str
    email: str = ""
    """Empty where the tracker does not tell it."""


@dataclass(frozen=True, slots=True)
class Status:
    """A status of the tracker, and what it says of an action."""

    id: str
    name: str
    means: ActionStatus
    """By the tracker's own category; a mapping may decide otherwise."""


@dataclass(frozen=True, slots=True)
class Issue:
    remote_id: str
    """What `fetch` and `update` find it by; stays the same while it is not moved."""
    key: str
    """What people call it: PROJ-12, owner/repository#12."""
    url: str
    project: str
    title: str
    status: Status
    updated_at: datetime
    """By the tracker's clock (UTC): orders what it tells, never compared with ours."""
    description: str = ""
    assignee: Person | None = None
    due_on: date | None = None
    has_due_date: bool = True
    """False where this tracker keeps no due dates: none is no change then."""
    labels: tuple[str, ...] = ()
    resolution: str = ""
    """Why it was closed, in the tracker's words: "Fixed", "not planned"."""
    by_bot: bool = False
    """Whether a machine changed its status last."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue that is to be."""

    project: str
    title: str
    description: str
    """Markdown; an adapter turns it into what its tracker shows."""
    issue_type: str = ""
    labels: tuple[str, ...] = ()
    assignee: str = ""
    """The account of a person; empty: nobody."""
    due_on: date | None = None
    status: ActionStatus = ActionStatus.OPEN


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to become of an issue; KEEP leaves a field alone."""

    title: str | Keep = KEEP
    description: str | Keep = KEEP
    status: str | Keep = KEEP
    """A status id of the mapping, or a value of `ActionStatus`: then the adapter finds
    a status of its tracker that means it."""
    assignee: str | Keep = KEEP
    """The account of a person; empty: nobody."""
    due_on: date | Keep | None = KEEP


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of a webhook's request before it is read."""

    event_id: str
    """The provider's own id of this delivery; empty where it gives none."""
    name: str = ""
    """What kind of event its headers say it is; `read_hook` gets it back."""


@dataclass(frozen=True, slots=True)
class HookEvent:
    """What a webhook says happened to one issue."""

    remote_id: str
    issue: Issue | None = None
    """As it is now; none where the webhook does not say all: then it is fetched."""
    deleted: bool = False
    moved_to: str = ""
    """The remote id it has from now on."""
    at: datetime | None = None
    """By the tracker's clock (UTC)."""


@dataclass(frozen=True, slots=True)
class ChangedPage:
    issues: Sequence[Issue]
    cursor: str
    """Where to go on next time; opaque to everybody but the adapter."""
    more: bool = False
    """Whether there is more behind the cursor already."""


class TrackerError(Exception):
    """The tracker did not do what was asked. Carries no address, secret or body."""


class NotFound(TrackerError):
    """There is no such issue, or it is hidden from us; many trackers say the same."""


class Deleted(TrackerError):
    """The tracker says that it was there, and is no more."""


class Moved(TrackerError):
    """It is somewhere else now."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference
        """What `fetch` finds it by from now on."""


class Forbidden(TrackerError):
    """The secret is refused, or may not do this (any more)."""


class RateLimited(TrackerError):
    """Too many requests; nothing is asked of this tracker for `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Unavailable(TrackerError):
    """No answer, a late one, or one of a server in trouble: the outcome is unknown."""


class Refused(TrackerError):
    """The address is none that may be asked from here (outbound/http.py)."""


class Rejected(TrackerError):
    """The tracker understood and said no."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(messages)))
        self.messages = dict(messages)
        """By the tracker's field; "" for what belongs to none. Texts of a machine:
        shown as plain text, cut off."""


class BadSignature(TrackerError):
    """A webhook that does not prove who sent it: 401."""


class BadHook(TrackerError):
    """A webhook that cannot be read: 400."""


class Adapter(Protocol):
    """One tracker at one site. Every call may raise a `TrackerError`."""

    def whoami(self) -> Person:
        """The account that the secret belongs to; for "test connection"."""

    def create(self, draft: Draft, key: str) -> Issue:
        """Make an issue that carries `key`, so that `find_by_key` finds it later.

        Raises Unavailable where it may or may not have been made.
        """

    def find_by_key(self, key: str, project: str) -> Issue | None:
        """The issue that was made with `key`; asked before each try to make it."""

    def fetch(self, reference: str) -> Issue:
        """By remote id, or by what `reference_of` gave."""

    def update(self, remote_id: str, changes: Changes) -> Issue:
        """Change what is not KEEP; returns the issue as it is afterwards."""

    def changed_since(self, projects: Sequence[str], cursor: str) -> ChangedPage:
        """Issues of `projects` that changed, oldest first; no cursor: from now on."""

    def reference_of(self, url: str) -> str | None:
        """What `fetch` finds the issue of this address by; None: not of this site."""

    def people(self, query: str) -> Sequence[Person]:
        """Accounts that may be meant by a name or an e-mail address, likeliest first;
        with an empty query: people who can be assigned, as many as come at once."""

    def statuses(self, project: str) -> Sequence[Status]:
        """What an issue of the project can be."""

    def check_hook(
        self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]
    ) -> Receipt:
        """Verify the raw bytes in constant time; one of `secrets` suffices.

        Header names come in lower case. Raises BadSignature, also where there is no
        secret and the tracker would sign.
        """

    def read_hook(self, receipt: Receipt, raw: bytes) -> Sequence[HookEvent]:
        """What happened; nothing where it does not concern issues. Raises BadHook."""


@dataclass(frozen=True, slots=True)
class AdapterKind:
    """A tracker that can be connected."""

    name: str
    """In addresses and the database: "jira_cloud", "github"."""
    label: str | Promise
    make: Callable[[Site], Adapter]
    default_url: str = ""
    """What the form of a new connection begins with."""
    asks_account: bool = False
    """Whether a secret needs the account it belongs to."""
    secret_label: str | Promise = ""
    secret_hint: str | Promise = ""
    project_label: str | Promise = ""
    project_hint: str | Promise = ""
    has_issue_types: bool = False
    options: Mapping[str, str | Promise] = field(default_factory=dict)
    """Further fields that a site needs, with their labels."""
    hook_needs_secret: bool = True
    """False where the random address is all that proves who sent a webhook."""


_KINDS: dict[str, AdapterKind] = {}


def register(kind: AdapterKind) -> None:
    """Called when the application starts (integrations/apps.py)."""
    _KINDS[kind.name] = kind


def kinds() -> list[AdapterKind]:
    """In the order in which they were registered."""
    return list(_KINDS.values())


def kind_of(name: str) -> AdapterKind:
    """Raises KeyError for a kind that this version does not know."""
    return _KINDS[name]


def kind_or_none(name: str) -> AdapterKind | None:
    return _KINDS.get(name)
