"""What our records and the wire say after a drill, held against what should be."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from actions.models import ActionItem
from outbound.composing import MOST_ITEMS
from outbound.models import Channel, Delivery, DeliveryState, Notice
from tests.drills.post_office import AMBIGUOUS, Letter, PostOffice
from tests.drills.promises import Organisation, Told


def told(org: Organisation) -> set[Told]:
    """What was written down; each once, as the database has it."""
    ids = {promise.action_id for promise in org.promises}
    rows = Notice.objects.values_list("about", "recipient_id", "kind", "day")
    found = [
        Told(int(about.removeprefix("action:")), user, kind, day)
        for about, user, kind, day in rows
        if about.startswith("action:")
    ]
    mine = [one for one in found if one.action_id in ids]
    assert len(mine) == len(set(mine)), "a notice is there twice"
    return set(mine)


def check_notices(org: Organisation, expected: set[Told]) -> None:
    found = told(org)
    assert not expected - found, f"forgotten: {_some(expected - found)}"
    assert not found - expected, f"not due: {_some(found - expected)}"


def check_settled(unknown: Iterable[str] = ()) -> None:
    """Nothing waits; every notice is in one message of each channel at most; none
    failed but those to addresses that do not exist."""
    assert not Notice.objects.filter(gathered_at=None).exists()
    waiting = [DeliveryState.PENDING, DeliveryState.SENDING]
    left = Delivery.objects.filter(state__in=waiting)
    assert not left.exists(), list(left.values_list("key", "attempts", "error"))[:5]
    failed = Delivery.objects.filter(state=DeliveryState.FAILED)
    wrong = failed.exclude(channel=Channel.MAIL, recipient__email__in=list(unknown))
    assert not wrong.exists(), list(wrong.values_list("key", "attempts", "error"))[:5]
    for channel in Channel:
        of_channel = Delivery.objects.filter(channel=channel)
        carried = Counter(of_channel.values_list("notices", flat=True))
        twice = [pk for pk, times in carried.items() if pk and times > 1]
        assert not twice, f"notices in two messages by {channel}: {twice[:5]}"


def check_wire(office: PostOffice) -> int:
    """One Message-ID for each mail in our records; a copy more for each send whose end
    nobody could know, at most. Returns how many copies there were."""
    deliveries = {
        (one.message_id, one.to): list(same) for one, same in _same(office.letters)
    }
    lost = dict(Delivery.objects.values_list("key", "lost"))
    repeats = 0
    for (named, to), copies in deliveries.items():
        key = next((key for key in lost if f"{key}@" in named), "")
        assert key, f"{named} is of no delivery"
        unclear = sum(letter.way in AMBIGUOUS for letter in copies) + lost[key]
        assert len(copies) - 1 <= unclear, f"{named} to {to}: {len(copies)} copies"
        repeats += len(copies) - 1
    return repeats


def _of_a_day(letter: Letter) -> bool:
    """Not a weekly or monthly report, which names actions, too."""
    return letter.message_id.startswith("<digest-")


def _same(letters: list[Letter]) -> Iterable[tuple[Letter, list[Letter]]]:
    found: dict[tuple[str, str], list[Letter]] = {}
    for letter in letters:
        found.setdefault((letter.message_id, letter.to), []).append(letter)
    return [(same[0], same) for same in found.values()]


def check_told_on_the_wire(
    org: Organisation, office: PostOffice, expected: set[Told]
) -> None:
    """Each notice stands in as many different mails as there are such notices.

    A mail names MOST_ITEMS at most, so nobody may have more to be told on a day.
    """
    most = max(Counter((one.user_id, one.day) for one in expected).values(), default=0)
    assert most <= MOST_ITEMS, f"{most} notices for one mail: too many to be checked"
    titles = dict(ActionItem.objects.values_list("pk", "description"))
    people = {user.pk: user.email for user in org.people}
    wanted = Counter((people[one.user_id], titles[one.action_id]) for one in expected)
    mails = [same[0] for _one, same in _same(office.letters) if _of_a_day(same[0])]
    by_person: dict[str, list[str]] = {}
    for letter in mails:
        by_person.setdefault(letter.to, []).append(letter.text)
    for (to, title), times in wanted.items():
        found = sum(title in text for text in by_person.get(to, []))
        assert found == times, f"{title} to {to}: in {found} mails instead of {times}"


def taken_at(letter: Letter) -> datetime:
    return letter.at


def written_at(letter: Letter) -> datetime:
    """By the clock of the worker that wrote it."""
    return parsedate_to_datetime(letter.header("Date"))


def check_no_night(
    org: Organisation, office: PostOffice, when: Callable[[Letter], datetime] = taken_at
) -> None:
    people = {user.email: user for user in org.people}
    for letter in office.letters:
        user = people[letter.to]
        local = when(letter).astimezone(ZoneInfo(user.time_zone))
        assert local.isoweekday() in user.working_days, f"{letter} on {local:%A}"
        assert user.morning <= local.time() < user.quiet_from, f"{letter} at {local}"


def forget(org: Organisation, now: datetime) -> None:
    """What a drill leaves is nobody's business in the next."""
    ActionItem.objects.filter(postmortem=org.report).update(deleted_at=now)
    Delivery.objects.all().delete()
    Notice.objects.all().delete()


def _some(found: set[Told]) -> str:
    first = sorted(found, key=lambda one: (one.day, one.action_id))[:5]
    return f"{len(found)}, as {first}"
