"""The panel of comments: threads as notes beside the report."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from accounts.http import UserRequest
from live.anchors import Anchor, words_at
from postmortems import access, permissions
from postmortems.models import Comment, Postmortem, Thread
from postmortems.subjects import anchor_of, anchor_of_section, facts
from postmortems.topics import topic_of
from postmortems.views.replies import base_address, this_second


@dataclass(frozen=True, slots=True)
class Note:
    """A thread as the panel shows it."""

    thread: Thread
    said: list[Comment]
    """Its comments; a deleted one only where others stand around it."""
    anchor: str
    """The id on the page of what it is about; empty where that is gone."""
    gone: bool
    """Whether the words or the row are not there any more."""
    may_settle: bool

    @property
    def key(self) -> str:
        """The shared text in which its words stand; empty where none are marked."""
        marked = self.thread.anchor_start is not None
        return f"section-{self.thread.object_id}" if marked else ""

    @property
    def start(self) -> str:
        return b64encode(bytes(self.thread.anchor_start or b"")).decode()

    @property
    def end(self) -> str:
        return b64encode(bytes(self.thread.anchor_end or b"")).decode()


def panel_context(
    request: UserRequest, postmortem: Postmortem, *, find_words: bool = True
) -> dict[str, Any]:
    """What the panel shows. A page with the editor finds the marked words itself."""
    threads = access.threads(postmortem)
    gone = access.subjects_gone(postmortem, threads)
    if find_words:
        gone |= _words_gone(postmortem, threads)
    notes = [_note(request, postmortem, thread, gone) for thread in threads]
    return {
        "base": base_address(postmortem),
        "notes": [note for note in notes if note.thread.resolved_at is None],
        "resolved_notes": [n for n in notes if n.thread.resolved_at is not None],
        "commented_facts": facts(),
        "commented_sections": [
            (section, anchor_of_section(section))
            for section in access.sections(postmortem)
        ],
        "utc_today": this_second().astimezone(UTC).date(),
    }


def _note(
    request: UserRequest, postmortem: Postmortem, thread: Thread, gone: set[int]
) -> Note:
    said: list[Comment] = thread.said  # type: ignore[attr-defined]  # access.threads
    return Note(
        thread,
        _without_deleted_ends(said),
        anchor_of(thread),
        thread.pk in gone,
        permissions.can_settle_thread(request.user, postmortem, thread),
    )


def _without_deleted_ends(said: list[Comment]) -> list[Comment]:
    """A deleted comment leaves a line only where something was answered to it."""
    present = [at for at, comment in enumerate(said) if comment.deleted_at is None]
    return said[: present[-1] + 1]


def _words_gone(postmortem: Postmortem, threads: list[Thread]) -> set[int]:
    marked = [
        (
            thread.pk,
            Anchor(
                f"section-{thread.object_id}",
                bytes(thread.anchor_start),
                bytes(thread.anchor_end),
            ),
        )
        for thread in threads
        if thread.anchor_start is not None and thread.anchor_end is not None
    ]
    words = words_at(topic_of(postmortem.pk), [anchor for _pk, anchor in marked])
    found = zip(marked, words, strict=True)
    return {pk for (pk, _anchor), standing in found if not standing}
