"""Every way to type a time, in every field that takes one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from postmortems.models import Incident, TimelineEntry
from tests.corpus import (
    ACCEPTED_TIMES,
    REFUSED_DUE_DATES,
    REFUSED_TIMES,
    ZONED_TIMES,
)
from tests.security.inert import live_content
from tests.submitting import form_for
from tests.worlds import World, undone


class Field:
    """One field for a time: how it is sent, and what it then holds."""

    def __init__(self, world: World, role: str = "contributor") -> None:
        self.world = world
        self.client = world.client(role)
        self.base = f"/incidents/{world.reports['open'].incident.reference}"

    address = ""
    name = "value"

    def data(self, text: str, zone: str) -> dict[str, str]:
        raise NotImplementedError

    def held(self) -> datetime | None:
        raise NotImplementedError

    def send(self, text: str, zone: str = "UTC") -> Any:
        return self.client.post(self.address, self.data(text, zone))


class Milestone(Field):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.address = f"{self.base}/fields/detected/edit/"

    def data(self, text: str, zone: str) -> dict[str, str]:
        return {"value": text, "zone": zone, "version": "0"}

    def held(self) -> datetime | None:
        return Incident.objects.get(
            pk=self.world.reports["open"].incident.pk
        ).detected_at


class Entry(Field):
    name = "occurred"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.address = f"{self.base}/rows/timeline/add/"

    def data(self, text: str, zone: str) -> dict[str, str]:
        return {"occurred": text, "zone": zone, "text": "Alert fired"}

    def held(self) -> datetime | None:
        return TimelineEntry.objects.latest("pk").occurred_at


class Until(Entry):
    name = "ended"

    def data(self, text: str, zone: str) -> dict[str, str]:
        return {"occurred": "09:00", "ended": text, "zone": zone, "text": "x"}

    def held(self) -> datetime | None:
        return TimelineEntry.objects.latest("pk").ended_at


class NewIncident(Field):
    name = "started"

    def __init__(self, world: World) -> None:
        super().__init__(world, "member")
        self.address = "/incidents/new/"

    def data(self, text: str, zone: str) -> dict[str, str]:
        return {"title": "x", "started": text, "zone": zone}

    def held(self) -> datetime | None:
        return Incident.objects.latest("pk").started_at


FIELDS = (Milestone, Entry, Until, NewIncident)
WITHOUT_A_DAY = {"clock", "seconds", "afternoon", "typed zone", "named month"}
"""In a new incident these mean today; there is no day of an incident yet."""


@pytest.mark.parametrize("field", FIELDS)
def test_what_cannot_be_a_time_is_refused_and_stays(
    field: type[Field], world: World
) -> None:
    place = field(world)
    problems = []
    for name, text in REFUSED_TIMES.items():
        with undone():
            answer = place.send(text)
            html = answer.content.decode()
            if answer.status_code != 422:
                problems.append(f"{name}: {answer.status_code}")
                continue
            form = form_for(html, place.address)
            if form.shows(place.name) != text:
                problems.append(f"{name}: comes back as {form.shows(place.name)!r}")
            if place.name not in form.wrong:
                problems.append(f"{name}: the field is not marked")
            problems += [f"{name}: {found}" for found in live_content(html)]
    assert problems == []


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_a_time_is_stored_as_that_moment(
    field: type[Field], world: World
) -> None:
    place = field(world)
    problems = []
    for name, (text, wanted) in ACCEPTED_TIMES.items():
        if field is NewIncident and name in WITHOUT_A_DAY:
            continue
        with undone():
            answer = place.send(text)
            if answer.status_code != 302:
                problems.append(f"{name}: {answer.status_code}")
            elif (held := place.held()) != datetime.fromisoformat(wanted):
                problems.append(f"{name}: {held}")
    assert problems == []


@pytest.mark.parametrize("field", [Milestone, Entry])
@pytest.mark.parametrize("name", ZONED_TIMES)
def test_a_time_is_read_in_the_zone_that_was_chosen(
    name: str, field: type[Field], world: World
) -> None:
    text, zone, wanted = ZONED_TIMES[name]
    place = field(world)
    answer = place.send(text, zone)
    if wanted.isdigit():
        assert answer.status_code == int(wanted)
        assert form_for(answer.content.decode(), place.address).wrong
    else:
        assert answer.status_code == 302
        assert place.held() == datetime.fromisoformat(wanted)


@pytest.mark.parametrize("text", [*REFUSED_TIMES.values(), "", "x" * 5_000])
def test_the_preview_of_a_time_says_what_is_the_matter(text: str, world: World) -> None:
    base = f"/incidents/{world.reports['open'].incident.reference}"
    client = world.client("contributor")
    for address in ("/incidents/moment/", f"{base}/moment/"):
        answer = client.get(address, {"text": text})
        assert answer.status_code == (422 if text else 200)
        assert live_content(answer.content.decode()) == []


@pytest.mark.parametrize("text", REFUSED_DUE_DATES)
@pytest.mark.parametrize("where", ["rows/actions/add/", "settle"])
def test_a_due_date_that_cannot_be_is_refused_and_stays(
    text: str, where: str, world: World
) -> None:
    report = world.reports["open"]
    base = f"/incidents/{report.incident.reference}"
    action = report.action_items.get()
    address = f"{base}/{where}" if where != "settle" else f"/actions/{action.pk}/"
    body = {"description": "x", "due": text, "status": "open", "version": "1"}
    answer = world.client("contributor").post(address, body)
    assert answer.status_code == 422
    assert form_for(answer.content.decode(), address).shows("due") == text


def test_an_odd_order_of_times_is_taken_and_said(world: World) -> None:
    """Where history may be uncertain, it is flagged and not refused."""
    place = Milestone(world)
    assert place.send("2026-03-05 08:30").status_code == 302
    page = place.client.get(f"{place.base}/edit/").content.decode()
    assert "is before" in page
    assert place.held() == datetime(2026, 3, 5, 8, 30, tzinfo=UTC)


def test_two_hundred_entries_of_one_second_keep_their_order(world: World) -> None:
    place = Entry(world)
    lines = "\n".join(f"2026-03-05 09:30:00 Entry {n:03}" for n in range(200))
    answer = place.client.post(
        f"{place.base}/timeline/paste/", {"text": lines, "confirmed": "on"}
    )
    assert answer.status_code == 302
    page = place.client.get(f"{place.base}/edit/").content.decode()
    places = [page.index(f"Entry {n:03}") for n in range(200)]
    assert places == sorted(places)
