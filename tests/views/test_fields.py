"""Single fields of a report: each has its own form, version and conflict."""

from typing import Any

import pytest

from accounts.models import User
from postmortems.models import Postmortem, Severity
from postmortems.vocabulary import Milestone
from tests.drafting import Writer, events, html, writer
from tests.fixtures import AddRow, fresh
from tests.publishing import publish
from tests.submitting import form_for

VALUES: dict[str, tuple[str, str]] = {
    "title": ("Stale prices in the EU", "Old prices in the EU"),
    "tldr": ("Prices stood still for two hours.", "Prices were old."),
    "kind": ("near_miss", "incident"),
    "services": ("ProductService (API)\nKafka", "InventoryService"),
    "resolved": ("2026-03-05 11:15:00", "2026-03-05 11:30:00"),
}
"""Two values that somebody may type into each field."""


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


@pytest.fixture
def priya(responder: User, postmortem: Postmortem) -> Writer:
    return writer(responder, postmortem)


def at(name: str) -> str:
    return f"fields/{name}/edit/"


def stands(writer: Writer, name: str) -> str:
    """What the field's form shows."""
    return writer.open(at(name)).shows("value").replace("\r", "")


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_field_is_saved(name: str, htmx: bool, maren: Writer) -> None:
    value, _other = VALUES[name]
    answer = maren.save(at(name), htmx=htmx, value=value)
    assert answer.status_code == (200 if htmx else 302)
    assert stands(maren, name) == value


@pytest.mark.parametrize("name", VALUES)
def test_a_saved_field_comes_back_in_place_of_its_form(
    name: str, maren: Writer
) -> None:
    answer = maren.save(at(name), value=VALUES[name][0])
    assert f'id="field-{name}"' in html(answer)
    assert "<form" not in html(answer)
    assert answer.headers["X-Saved-At"]
    assert events(answer)["focusing"] == {"id": f"field-{name}"}


def test_a_severity_is_chosen(maren: Writer, postmortem: Postmortem) -> None:
    step = Severity.objects.get(rank=2)
    answer = maren.save(at("severity"), value=step.pk)
    assert step.label in html(answer)
    assert fresh(postmortem).incident.severity == step


@pytest.mark.parametrize("milestone", list(Milestone))
def test_each_time_can_be_typed_and_emptied(
    milestone: Milestone, maren: Writer, postmortem: Postmortem
) -> None:
    maren.save(at(milestone.value), value="10:15:30", approximate="on")
    time = fresh(postmortem).incident.moment(milestone)
    assert (f"{time.at:%H:%M:%S}", time.certainty) == ("10:15:30", "approximate")
    maren.save(at(milestone.value), value="")
    assert fresh(postmortem).incident.moment(milestone).at is None


def test_a_time_is_read_in_the_zone_that_is_chosen(
    maren: Writer, postmortem: Postmortem
) -> None:
    maren.save(at("detected"), value="10:30", zone="Europe/Berlin")
    assert f"{fresh(postmortem).incident.detected_at:%H:%M}" == "09:30"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", ""),
        ("title", "a" * 201),
        ("tldr", "a" * 281),
        ("kind", "outage"),
        ("severity", "99"),
        ("started", "sometime"),
        ("started", "20202-03-05 09:00"),
        ("services", "\n".join(f"Service {n}" for n in range(51))),
        ("services", "a" * 121),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_kept(
    name: str, value: str, maren: Writer
) -> None:
    before = stands(maren, name)
    answer = maren.save(at(name), value=value)
    assert answer.status_code == 422
    assert 'class="error"' in html(answer)
    if name not in {"kind", "severity"}:
        assert value in html(answer)
    assert stands(maren, name) == before


@pytest.mark.parametrize("name", VALUES)
def test_a_late_save_shows_both_versions(
    name: str, maren: Writer, priya: Writer
) -> None:
    theirs, mine = VALUES[name]
    if name == "kind":  # only a value that differs from what stands is a change
        theirs, mine = "near_miss", "incident"
    form = maren.open(at(name))
    priya.save(at(name), value=theirs)
    answer = maren.send(at(name), form, value=mine)
    assert answer.status_code == 409
    assert "Keep Priya’s" in html(answer)
    assert answer.context["conflict"].pairs
    assert stands(maren, name) == theirs


def settle(maren: Writer, priya: Writer, name: str, way: str) -> Any:
    """Two people save a field; Maren, who is late, goes that way out."""
    theirs, mine = VALUES[name]
    form = maren.open(at(name))
    priya.save(at(name), value=theirs)
    late = maren.send(at(name), form, value=mine)
    again = form_for(html(late), maren.address(at(name)))
    return maren.send(at(name), again, resolution=way)


@pytest.mark.parametrize("name", [name for name in VALUES if name != "kind"])
def test_yours_theirs_or_both(name: str, maren: Writer, priya: Writer) -> None:
    theirs, mine = VALUES[name]
    settle(maren, priya, name, "mine")
    assert stands(maren, name) == mine
    maren.save(at(name), value="" if name != "title" else "Other")
    settle(maren, priya, name, "theirs")
    assert stands(maren, name) == theirs


def test_both_texts_are_put_in(maren: Writer, priya: Writer) -> None:
    answer = settle(maren, priya, "tldr", "both")
    form = form_for(html(answer), maren.address(at("tldr")))
    maren.send(at("tldr"), form)
    assert stands(maren, "tldr") == " / ".join(VALUES["tldr"])


def test_the_services_of_both_are_put_in(maren: Writer, priya: Writer) -> None:
    answer = settle(maren, priya, "services", "both")
    maren.send(at("services"), form_for(html(answer), maren.address(at("services"))))
    assert stands(maren, "services").split("\n") == [
        "ProductService (API)",
        "Kafka",
        "InventoryService",
    ]


def test_a_time_keeps_yours_and_says_theirs(maren: Writer, priya: Writer) -> None:
    answer = settle(maren, priya, "resolved", "both")
    assert 'value="2026-03-05 11:30:00"' in html(answer)
    assert "2026-03-05 11:15:00" in html(answer)


def test_two_people_save_two_fields_without_a_conflict(
    maren: Writer, priya: Writer
) -> None:
    form = maren.open(at("tldr"))
    priya.save(at("title"), value="Another title")
    assert maren.send(at("tldr"), form, value="In short").status_code == 200


def test_the_same_form_sent_twice_saves_once(
    maren: Writer, postmortem: Postmortem
) -> None:
    form = maren.open(at("tldr"))
    for _time in range(2):
        answer = maren.send(at("tldr"), form, value="Once")
        assert answer.headers["X-Saved-At"]
    assert postmortem.history.filter(part="field:tldr").count() == 1


def test_a_published_report_says_so_and_keeps_what_was_typed(
    maren: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    form = maren.open(at("tldr"))
    publish(postmortem, facilitator)
    answer = maren.send(at("tldr"), form, value="Too late")
    assert answer.status_code == 409
    assert "Too late" in html(answer)


def test_a_time_that_the_timeline_contradicts_is_flagged(
    maren: Writer, add: AddRow
) -> None:
    add("timeline", markers=["detected"])
    maren.save(at("detected"), value="09:30")
    page = html(maren.get("edit/"))
    assert "the timeline says another time" in page


def test_a_field_that_is_none_does_not_exist(maren: Writer) -> None:
    assert maren.get(at("restricted")).status_code == 404
    assert maren.get("fields/restricted/").status_code == 404


def test_outsiders_see_no_field_of_a_restricted_report(
    restricted: Postmortem, member: User, administrator: User
) -> None:
    for user in (member, administrator):
        outside = writer(user, restricted)
        assert outside.get("fields/title/").status_code == 404
        assert outside.get(at("title")).status_code == 404
        assert outside.post(at("title"), value="Mine").status_code == 404


def test_whoever_has_not_joined_reads_and_does_not_write(
    postmortem: Postmortem, member: User, viewer: User
) -> None:
    for user in (member, viewer):
        outside = writer(user, postmortem)
        assert outside.get("fields/title/").status_code == 200
        assert outside.get(at("title")).status_code == 403
        assert outside.post(at("title"), value="Mine").status_code == 403
