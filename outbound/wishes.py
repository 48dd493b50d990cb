"""What people are told by which channel where they have not said otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

from outbound.models import Channel, NoticeKind

ONLY_BY_MAIL = {NoticeKind.MENTION}
"""Kinds that no notice is written for: their mails are made elsewhere."""


def channels_of(kind: str) -> tuple[Channel, ...]:
    """By which channels a kind of notice can be told at all."""
    return (Channel.MAIL,) if kind in ONLY_BY_MAIL else tuple(Channel)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The wishes that some people have uttered; the rest is as by default: yes."""

    said: Mapping[tuple[int, str, str], bool]

    def __call__(self, user_id: int, kind: str, channel: str) -> bool:
        possible = channel in channels_of(kind)
        return possible and self.said.get((user_id, kind, channel), True)
