"""Several lines with times become entries: shown first, then added, all or none."""

import pytest

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.parts import TIMELINE
from tests.drafting import Writer, events, html, writer
from tests.fixtures import AddRow
from tests.publishing import publish
from tests.submitting import form_for

LINES = "09:30 Alert fired\n09:45:10 Metrics looked at\n  and logs\n10:00 Cause found"
PATH = "timeline/paste/"


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


def shown(maren: Writer, text: str = LINES, *, htmx: bool = True) -> str:
    """The page that says what would be added."""
    answer = maren.save(PATH, htmx=htmx, text=text)
    assert answer.status_code == 200
    return html(answer)


@pytest.mark.parametrize("htmx", [True, False])
def test_lines_are_shown_before_they_are_added(
    htmx: bool, maren: Writer, postmortem: Postmortem
) -> None:
    page = shown(maren, htmx=htmx)
    assert "3 entries would be added" in page
    assert "2026-03-05 09:45:10" in page
    assert not postmortem.timeline.exists()


@pytest.mark.parametrize("htmx", [True, False])
def test_what_was_shown_is_added(
    htmx: bool, maren: Writer, postmortem: Postmortem
) -> None:
    form = form_for(shown(maren), maren.address(PATH))
    answer = maren.send(PATH, form, htmx=htmx, confirmed="on")
    assert answer.status_code == (200 if htmx else 302)
    texts = list(postmortem.timeline.order_by("occurred_at").values_list("text"))
    assert texts == [
        ("Alert fired",),
        ("Metrics looked at\nand logs",),
        ("Cause found",),
    ]


def test_the_page_is_told_what_changed(maren: Writer) -> None:
    form = form_for(shown(maren), maren.address(PATH))
    answer = maren.send(PATH, form, confirmed="on")
    assert answer.headers["X-Saved-At"]
    assert "timeline" in events(answer)["changed"]["parts"]


def test_the_same_form_sent_twice_adds_them_once(
    maren: Writer, postmortem: Postmortem
) -> None:
    form = form_for(shown(maren), maren.address(PATH))
    for _time in range(2):
        maren.send(PATH, form, confirmed="on")
    assert postmortem.timeline.count() == 3


def test_lines_without_a_time_stay_to_be_settled(
    maren: Writer, postmortem: Postmortem
) -> None:
    page = shown(maren, "Somebody noticed\n09:30 Alert fired")
    assert "There is no time in this line." in page
    answer = maren.send(PATH, form_for(page, maren.address(PATH)), confirmed="on")
    left = form_for(html(answer), maren.address(PATH))
    assert left.shows("text") == "Somebody noticed"
    assert postmortem.timeline.get().text == "Alert fired"


def test_nothing_to_add_is_said_and_kept(maren: Writer, postmortem: Postmortem) -> None:
    answer = maren.save(PATH, text="No time anywhere", confirmed="on")
    assert answer.status_code == 422
    assert "No time anywhere" in html(answer)
    assert not postmortem.timeline.exists()


def test_times_are_read_in_the_zone_that_is_chosen(
    maren: Writer, postmortem: Postmortem
) -> None:
    maren.save(PATH, text="10:30 Alert fired", zone="Europe/Berlin", confirmed="on")
    assert f"{postmortem.timeline.get().occurred_at:%H:%M}" == "09:30"


def test_a_full_timeline_takes_none_and_keeps_the_text(
    maren: Writer, add: AddRow, postmortem: Postmortem, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("timeline")
    monkeypatch.setitem(TIMELINE.__dict__, "limit", 2)
    answer = maren.save(PATH, text=LINES, confirmed="on")
    assert answer.status_code == 422
    assert "Cause found" in html(answer)
    assert postmortem.timeline.count() == 1


def test_a_published_report_takes_none_and_keeps_the_text(
    maren: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    form = maren.open(PATH)
    publish(postmortem, facilitator)
    answer = maren.send(PATH, form, text=LINES, confirmed="on")
    assert answer.status_code == 409
    assert "Cause found" in html(answer)


def test_whoever_has_not_joined_is_refused(
    postmortem: Postmortem, member: User, viewer: User
) -> None:
    for user in (member, viewer):
        outside = writer(user, postmortem)
        assert outside.get(PATH).status_code == 403
        assert outside.post(PATH, text=LINES, confirmed="on").status_code == 403
