"""The link in each mail by which its kinds of mail end, without a sign-in (RFC 8058).

The token names a person and kinds, signed; it lets nobody do anything else (BAR E9).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from accounts.mails import public
from accounts.models import User
from outbound.models import NoticeKind

SALT = "outbound.unsubscribe"
LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Subscription:
    user_id: int
    kinds: list[NoticeKind]


def address(user: User, kinds: Sequence[str]) -> str:
    token = signing.dumps([user.pk, sorted(set(kinds))], salt=SALT)
    return public(reverse("outbound:unsubscribe", args=[token]))


def subscription(token: str) -> Subscription | None:
    """What the token names; None where we did not sign it, or not for this."""
    if len(token) > LONGEST:
        return None
    try:
        user_id, kinds = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    known = [NoticeKind(kind) for kind in kinds if kind in NoticeKind.values]
    return Subscription(user_id, known)
