"""The desk at which every change to a report is made.

Opening it locks the report's row and asks who may; what is written at it is recorded
in the history, found by search, and counted in `revision`; leaving it commits. The
same request, sent again, finds its first answer (BAR §2.8).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import F, Func, TextField, Value
from django.db.models.fields.json import JSONField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from accounts.models import User
from live import broadcast
from postmortems import permissions, policies
from postmortems.markup import to_plain
from postmortems.models import Change, Incident, Postmortem, Request, SearchText
from postmortems.topics import topic_of

What = Change.What
May = Callable[[User, Postmortem], None]
"""Raises where somebody may not change that report."""


class UsedKey(policies.Refusal):
    """The key of a request was used before, for something else."""


class Repeated(Exception):
    """The request was carried out before; `outcome` is what it led to."""

    def __init__(self, outcome: dict[str, Any]) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What tells one mutation of a person from the next, chosen by their browser."""

    key: str
    fingerprint: str
    """SHA-256 of address and body."""


@dataclass
class Desk:
    postmortem: Postmortem
    by: User
    at: datetime
    outcome: dict[str, Any] = field(default_factory=dict)
    """What a repeated request is answered from."""
    credit: str = ""
    """Whose idea it was; a note on each line of the history that has none."""
    _search: dict[str, str] = field(default_factory=dict)
    _unsearch: set[str] = field(default_factory=set)
    _columns: set[str] = field(default_factory=set)
    _changes: list[Change] = field(default_factory=list)
    _announced: set[str] = field(default_factory=set)

    @property
    def incident(self) -> Incident:
        return self.postmortem.incident

    def record(
        self,
        what: What,
        part: str,
        *,
        object_id: int | None = None,
        before: Any = None,
        after: Any = None,
        note: str = "",
        first: bool = False,
    ) -> None:
        """Write a line of the history, in this transaction; `first`: before others."""
        self._changes.insert(
            0 if first else len(self._changes),
            Change(
                postmortem=self.postmortem,
                at=self.at,
                by=self.by,
                what=what,
                part=part,
                object_id=object_id,
                before=before,
                after=after,
                note=note or self.credit,
            ),
        )

    def announce(self, part: str) -> None:
        """Let open pages fetch a part that has no line in the history, or not yet."""
        self._announced.add(part)

    def find_by(self, key: str, markdown: str) -> None:
        """Let search find this part of the report by its text; empty: no longer."""
        plain = to_plain(markdown)
        if plain:
            self._unsearch.discard(key)
            self._search[key] = plain
        else:
            self._search.pop(key, None)
            self._unsearch.add(key)

    def touch(self, *columns: str) -> None:
        """Columns of the postmortem to save when the desk is left."""
        self._columns.update(columns)

    def next_version(self, name: str) -> int:
        """Count a single-line field's version up, and return it."""
        version = self.postmortem.version_of(name) + 1
        self.postmortem.field_versions[name] = version
        self.touch("field_versions")
        return version

    def leave(self) -> None:
        """Write down what was gathered; the caller commits."""
        Change.objects.bulk_create(self._changes)
        self.postmortem.revision += 1
        self.postmortem.changed_at = self.at
        self.postmortem.save(
            update_fields=["revision", "changed_at", *sorted(self._columns)]
        )
        if self._search or self._unsearch:
            _update_search(self.postmortem.pk, self._search, self._unsearch)
        self._announce()

    def _announce(self) -> None:
        """Tell open pages, once it is committed, which parts to fetch again."""
        parts = {
            change.part
            if change.object_id is None
            else f"{change.part}:{change.object_id}"
            for change in self._changes
        }
        broadcast.on_commit(
            topic_of(self.postmortem.pk),
            sorted(parts | self._announced),
            self.postmortem.revision,
        )


@contextmanager
def at_desk(
    postmortem_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
    may: May = permissions.check_can_edit,
) -> Iterator[Desk]:
    """Lock the report for one change by somebody who may make it.

    Raises what `may` does (PermissionDenied, `policies.Frozen`), `Repeated` with the
    first outcome, or `UsedKey`. Another `may` is for what lives on after publishing.
    """
    with transaction.atomic(durable=True):
        postmortem = locked(postmortem_id)
        may(by, postmortem)
        request = claim(by, key, at)
        desk = Desk(postmortem, by, at)
        yield desk
        desk.leave()
        settle(request, desk.outcome)


@contextmanager
def beside(
    postmortem_id: int,
    part: str,
    *,
    may: May,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Iterator[Desk]:
    """Lock the report for what is said about it, which changes nothing of it.

    `may` raises where somebody may not; open pages are told to fetch `part` again.
    """
    with transaction.atomic(durable=True):
        postmortem = locked(postmortem_id)
        may(by, postmortem)
        request = claim(by, key, at)
        desk = Desk(postmortem, by, at)
        yield desk
        postmortem.revision += 1  # so that open pages notice, also without a hint
        postmortem.save(update_fields=["revision"])
        broadcast.on_commit(topic_of(postmortem_id), [part], postmortem.revision)
        settle(request, desk.outcome)


def locked(postmortem_id: int) -> Postmortem:
    """The report, locked until the transaction ends, with its incident."""
    return (
        Postmortem.objects.select_for_update(of=("self",))
        .select_related("incident__severity")
        .get(pk=postmortem_id)
    )


def claim(by: User, key: RequestKey | None, at: datetime) -> Request | None:
    """Claim the key for this transaction; a second one waits here, and then repeats."""
    if key is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO postmortems_request"
            " (user_id, key, fingerprint, outcome, created_at)"
            " VALUES (%s, %s, %s, '{}', %s) ON CONFLICT DO NOTHING RETURNING id",
            [by.pk, key.key, key.fingerprint, at],
        )
        claimed = cursor.fetchone()
    if claimed:
        return Request(pk=claimed[0])
    earlier = Request.objects.get(user=by, key=key.key)
    if earlier.fingerprint != key.fingerprint:
        raise UsedKey(
            _("This form was sent before with other content. Reload the page.")
        )
    raise Repeated(earlier.outcome)


def settle(request: Request | None, outcome: dict[str, Any]) -> None:
    """Keep what the request led to, for whoever sends it again."""
    if request is not None and outcome:
        Request.objects.filter(pk=request.pk).update(outcome=outcome)


def _update_search(postmortem_id: int, found: dict[str, str], gone: set[str]) -> None:
    parts = Func(
        F("parts"),
        Value(found, output_field=JSONField()),
        template="(%(expressions)s)",
        arg_joiner=" || ",
        output_field=JSONField(),
    )
    if gone:
        keys = Value(sorted(gone), output_field=ArrayField(TextField()))
        parts = Func(
            parts,
            Cast(keys, ArrayField(TextField())),
            template="(%(expressions)s)",
            arg_joiner=" - ",
            output_field=JSONField(),
        )
    SearchText.objects.filter(postmortem_id=postmortem_id).update(parts=parts)
