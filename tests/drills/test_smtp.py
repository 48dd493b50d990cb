"""The mail server refuses, hangs, puts off, does not know somebody, or is away (DR9).

The clock is passed in: attempts of a day take seconds.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outbound import sending, ticking
from outbound.models import Channel, Delivery, DeliveryState
from tests.drills import records
from tests.drills.conftest import Told
from tests.drills.post_office import PostOffice, Way
from tests.drills.promises import Organisation, organisation, should_be_told

pytestmark = pytest.mark.xdist_group("drills")
NOON = datetime(2026, 10, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HANGS_FOR = 0.5
"""Seconds until the sender gives up; ten as shipped."""
A_DAY = timedelta(hours=24, minutes=5)


class Mails:
    """A few mails to a few people, and time that passes."""

    def __init__(self, office: PostOffice) -> None:
        self.office, self.now = office, NOON
        office.now = lambda: self.now
        self.org: Organisation = organisation(
            "Mails", 5, 20, NOON, seed=9, zones=["UTC"]
        )
        # As for people who want to be told at any hour of any day.
        for user in self.org.people:
            user.working_days = [1, 2, 3, 4, 5, 6, 7]
            user.morning, user.quiet_from = MIDNIGHT
            user.save()
        ticking.tick(self.now)
        self.expected = records.told(self.org)
        assert self.expected == should_be_told(
            self.org.promises, NOON, NOON + timedelta(hours=4)
        )

    def until(self, end: datetime) -> None:
        """The worker looks each minute in which there is something to do."""
        while self.now < end:
            sending.send_due(self.now, {Channel.MAIL})
            self.now = min(max(self.now + MINUTE, self._next_due(end)), end)

    def _next_due(self, end: datetime) -> datetime:
        """Also that of a claim that nobody came back from."""
        times = [
            max(filter(None, (one.due_at, one.leased_until)))
            for one in self.deliveries
            if one.state in {DeliveryState.PENDING, DeliveryState.SENDING}
        ]
        return min(times, default=end)

    @property
    def deliveries(self) -> list[Delivery]:
        return list(
            Delivery.objects.filter(channel=Channel.MAIL).select_related("recipient")
        )

    def states(self) -> set[str]:
        return {one.state for one in self.deliveries}

    def check_all_told(self) -> int:
        """Everybody was told once; how many copies came."""
        assert self.states() == {DeliveryState.SENT}
        records.check_told_on_the_wire(self.org, self.office, self.expected)
        return records.check_wire(self.office)


MIDNIGHT = datetime.min.time(), datetime.max.time().replace(microsecond=0)


@pytest.fixture
def mails(transactional_db: None, settings: Any) -> Iterator[Callable[[], Mails]]:
    office = PostOffice()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
    settings.EMAIL_TIMEOUT = HANGS_FOR
    settings.PUBLIC_URL = "https://afterword.example"
    yield lambda: Mails(office)
    office.close()


def attempts(mails: Mails) -> list[int]:
    return sorted(one.attempts for one in mails.deliveries)


def gives_way(mails: Mails, told: Told, minutes: int, way: Way) -> None:
    """One kind of failure for some minutes; then the server is well."""
    mails.office.always(way)
    mails.until(NOON + minutes * MINUTE)
    mails.office.mend()
    mails.until(NOON + timedelta(hours=2))
    copies = mails.check_all_told()
    made = attempts(mails)
    told(
        f"DR9 A mail server that, for {minutes} minutes, has mails {way.value}",
        f"{len(made)} mails, {made[0]} to {made[-1]} attempts each, {copies} copies,"
        " all with the same Message-ID",
    )


@pytest.mark.drill
@pytest.mark.parametrize("way", [way for way in Way if way is not Way.TAKE])
def test_dr9_a_mail_server_fails_in_one_way(
    mails: Callable[[], Mails], told: Told, way: Way
) -> None:
    gives_way(mails(), told, 3, way)


@pytest.mark.drill
def test_dr9_a_mail_server_is_away_for_ten_minutes(
    mails: Callable[[], Mails], told: Told
) -> None:
    it = mails()
    it.office.go_away()
    it.until(NOON + 10 * MINUTE)
    it.office.come_back()
    back = it.now
    it.until(NOON + timedelta(hours=2))
    assert it.check_all_told() == 0
    last = max(letter.at for letter in it.office.letters)
    told(
        "DR9 A mail server away for 10 minutes",
        f"{len(it.deliveries)} mails, each once, the last one"
        f" {(last - back) / MINUTE:.0f} min after it was back",
    )


def test_a_mail_server_drops_the_connection_after_it_took_a_mail(
    mails: Callable[[], Mails], told: Told
) -> None:
    gives_way(mails(), told, 1, Way.DROP)


def test_dr9_an_address_that_does_not_exist_concerns_nobody_else(
    mails: Callable[[], Mails], told: Told
) -> None:
    it = mails()
    unknown = it.deliveries[0].recipient
    assert unknown is not None
    it.office.unknown = {unknown.email}
    it.until(NOON + timedelta(hours=1))
    given_up = [one for one in it.deliveries if one.state == DeliveryState.FAILED]
    assert [one.recipient for one in given_up] == [unknown]
    assert it.office.refused == [unknown.email], "it was tried again"
    assert len(it.office.letters) == len(it.deliveries) - 1
    told(
        "DR9 550 for one address", f"tried once: {given_up[0].error}; others got theirs"
    )


@pytest.mark.drill
def test_dr9_one_address_that_is_put_off_holds_up_nobody_else(
    mails: Callable[[], Mails], told: Told
) -> None:
    it = mails()
    slow = it.deliveries[0].recipient
    assert slow is not None
    it.office.to_one(slow.email, Way.LATER)
    it.until(NOON + 2 * MINUTE)
    assert len(it.office.letters) == len(it.deliveries) - 1
    it.office.mend()
    it.until(NOON + timedelta(hours=1))
    assert it.check_all_told() == 0
    told("DR9 451 for one address", "the others were told at once, that one later")


@pytest.mark.drill
@pytest.mark.parametrize("away", ["refused", "451", "hung"])
def test_dr9_what_cannot_be_sent_for_a_day_is_given_up_and_said(
    mails: Callable[[], Mails], told: Told, away: str
) -> None:
    it = mails()
    if away == "refused":
        it.office.go_away()
    else:
        it.office.always(Way.LATER if away == "451" else Way.HANG_BEFORE)
    it.until(NOON + 23 * timedelta(hours=1))
    assert DeliveryState.FAILED not in it.states() or away == "451"
    it.until(NOON + timedelta(hours=36))
    assert it.states() == {DeliveryState.FAILED}
    made = attempts(it)
    assert all(one.error for one in it.deliveries)
    told(
        f"DR9 A mail server {away} for more than a day",
        f"{made[0]} to {made[-1]} attempts, then given up: {it.deliveries[0].error}",
    )
