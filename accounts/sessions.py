"""How long a sign-in lasts: a while unused, some days at the most (BAR §5.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User

BEGAN = "began_at"
SEEN = "seen_at"
"""Keys of the session; both hold seconds since 1970."""

NOTED_EVERY = timedelta(minutes=1)
"""Use is noted no finer than this, so that most requests write no session."""


@dataclass(frozen=True, slots=True)
class Span:
    unused: timedelta
    longest: timedelta


EVERYBODY = Span(unused=timedelta(hours=12), longest=timedelta(days=7))
ADMINISTRATORS = Span(unused=timedelta(hours=1), longest=timedelta(hours=12))


def begin(session: SessionBase, at: datetime) -> None:
    session[BEGAN] = session[SEEN] = int(at.timestamp())


def is_over(session: SessionBase, user: User, at: datetime) -> bool:
    """Whether the person has to sign in again, by the role that they have now."""
    if BEGAN not in session:
        return False
    span = ADMINISTRATORS if user.administers else EVERYBODY
    now = at.timestamp()
    return bool(
        now - session[SEEN] >= span.unused.total_seconds()
        or now - session[BEGAN] >= span.longest.total_seconds()
    )


def note_use(session: SessionBase, at: datetime) -> None:
    seen = session.get(SEEN)
    if seen is not None and at.timestamp() - seen >= NOTED_EVERY.total_seconds():
        session[SEEN] = int(at.timestamp())


def note_use_of(session_keys: Iterable[str], at: datetime) -> None:
    """Note that these were used without a request, as by somebody who only types."""
    for key in session_keys:
        session = SessionStore(key)
        note_use(session, at)
        if session.modified:
            try:
                session.save()
            except UpdateError:
                continue  # signed out meanwhile: that stands
