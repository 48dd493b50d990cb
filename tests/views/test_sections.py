"""Prose of a report: written, saved while it is written, added, deleted, and joined."""

from typing import Any

import pytest

from accounts.models import User
from postmortems.models import Postmortem, Section
from tests.drafting import Writer, events, html, writer
from tests.publishing import publish
from tests.submitting import form_for

FIXED = [key for key in Section.Key.values if key != "free"]


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


@pytest.fixture
def priya(responder: User, postmortem: Postmortem) -> Writer:
    return writer(responder, postmortem)


def at(report: Postmortem, key: str = "summary", verb: str = "edit/") -> str:
    return f"sections/{report.sections.get(key=key).pk}/{verb}"


def body(report: Postmortem, key: str = "summary") -> str:
    text: str = report.sections.get(key=key).body
    return text


@pytest.fixture
def free(maren: Writer, postmortem: Postmortem) -> Section:
    maren.save("sections/add/?after=cause", heading="Glossary", body="Terms")
    return postmortem.sections.get(key="free")


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("key", FIXED)
def test_a_section_is_written(
    key: str, htmx: bool, maren: Writer, postmortem: Postmortem
) -> None:
    answer = maren.save(at(postmortem, key), htmx=htmx, body="It *was* stale.")
    assert answer.status_code == (200 if htmx else 302)
    assert body(postmortem, key) == "It *was* stale."
    assert "<em>was</em>" in html(maren.get("edit/"))


def test_a_free_section_stands_where_it_was_added(free: Section, maren: Writer) -> None:
    page = html(maren.get("edit/"))
    assert free.after == "cause"
    assert page.index('id="whys"') < page.index("Glossary") < page.index('id="lessons"')


def test_a_free_section_needs_a_heading(maren: Writer, postmortem: Postmortem) -> None:
    answer = maren.save("sections/add/", heading="", body="A text without one")
    assert answer.status_code == 422
    assert "A text without one" in html(answer)
    assert not postmortem.sections.filter(key="free").exists()


def test_a_fixed_section_keeps_its_heading_and_cannot_be_deleted(
    maren: Writer, postmortem: Postmortem
) -> None:
    form = html(maren.get(at(postmortem), htmx=True))
    assert 'name="heading"' not in form
    assert "delete/" not in form


def test_a_free_section_is_deleted_and_brought_back(
    maren: Writer, free: Section, postmortem: Postmortem
) -> None:
    undo = events(maren.post(at(postmortem, "free", "delete/")))["undo"]
    assert "Glossary" in undo["sentence"]
    assert "Glossary" not in html(maren.get("edit/"))
    maren.client.post(undo["url"])
    assert "Glossary" in html(maren.get("edit/"))


def test_without_a_script_a_deletion_is_undone_by_a_form(
    maren: Writer, free: Section, postmortem: Postmortem
) -> None:
    maren.post(at(postmortem, "free", "delete/"), htmx=False)
    restore = maren.address(at(postmortem, "free", "restore/"))
    assert f'action="{restore}"' in html(maren.get("edit/"))


def test_saving_while_writing_tells_the_new_version_and_nothing_else(
    maren: Writer, postmortem: Postmortem
) -> None:
    answer = maren.save(at(postmortem), body="So far", autosave="on")
    assert (answer.headers["X-Version"], answer.content) == ("2", b"")
    assert "focusing" not in events(answer)
    assert body(postmortem) == "So far"


def test_a_late_save_shows_both_versions(
    maren: Writer, priya: Writer, postmortem: Postmortem
) -> None:
    form = maren.open(at(postmortem))
    priya.save(at(postmortem), body="From Priya")
    answer = maren.send(at(postmortem), form, body="From Maren")
    assert answer.status_code == 409
    (pair,) = answer.context["conflict"].pairs
    assert (pair.mine, pair.theirs) == ("From Maren", "From Priya")
    assert body(postmortem) == "From Priya"


def settle(
    maren: Writer, priya: Writer, way: str, *, mine: str, theirs: str
) -> tuple[str, Any]:
    path = at(maren.report)
    form = maren.open(path)
    priya.save(path, body=theirs)
    late = maren.send(path, form, body=mine)
    again = form_for(html(late), maren.address(path))
    return path, maren.send(path, again, resolution=way)


@pytest.mark.parametrize(("way", "kept"), [("mine", "Mine"), ("theirs", "Theirs")])
def test_one_version_is_kept(
    way: str, kept: str, maren: Writer, priya: Writer, postmortem: Postmortem
) -> None:
    settle(maren, priya, way, mine="Mine", theirs="Theirs")
    assert body(postmortem) == kept


def test_both_versions_are_put_in_with_what_they_share_once(
    maren: Writer, priya: Writer, postmortem: Postmortem
) -> None:
    path, answer = settle(
        maren,
        priya,
        "both",
        mine="It began at nine.\n\nMaren saw graphs.\n\nIt ended.",
        theirs="It began at nine.\n\nPriya read logs.\n\nIt ended.",
    )
    maren.send(path, form_for(html(answer), maren.address(path)))
    assert body(postmortem).split("\n\n") == [
        "It began at nine.",
        "Priya read logs.",
        "Maren saw graphs.",
        "It ended.",
    ]


def test_what_was_typed_into_a_deleted_section_comes_back_with_it(
    maren: Writer, priya: Writer, free: Section, postmortem: Postmortem
) -> None:
    path = at(postmortem, "free")
    form = maren.open(path)
    priya.post(at(postmortem, "free", "delete/"))
    late = maren.send(path, form, body="More terms")
    assert late.status_code == 409
    assert "More terms" in html(late)
    maren.send(path, form_for(html(late), maren.address(path)), resolution="bring-back")
    section = postmortem.sections.get(key="free")
    assert (section.body, section.deleted_at) == ("More terms", None)


def test_the_same_form_sent_twice_adds_one_section(
    maren: Writer, postmortem: Postmortem
) -> None:
    form = maren.open("sections/add/")
    for _time in range(2):
        maren.send("sections/add/", form, heading="Glossary")
    assert postmortem.sections.filter(key="free").count() == 1


def test_a_published_report_says_so_and_keeps_what_was_typed(
    maren: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    form = maren.open(at(postmortem))
    publish(postmortem, facilitator)
    answer = maren.send(at(postmortem), form, body="Too late")
    assert answer.status_code == 409
    assert "Too late" in html(answer)


def test_a_text_that_is_too_long_is_kept(maren: Writer, postmortem: Postmortem) -> None:
    answer = maren.save(at(postmortem), body="a" * 500_001)
    assert answer.status_code == 422
    assert "a" * 500_001 in html(answer)


def test_a_section_of_another_report_does_not_exist_here(
    maren: Writer, restricted: Postmortem
) -> None:
    path = at(restricted)
    assert maren.get(path).status_code == 404
    assert maren.post(path, body="Mine").status_code == 404


def test_outsiders_see_no_section_of_a_restricted_report(
    restricted: Postmortem, member: User
) -> None:
    outside = writer(member, restricted)
    assert outside.get(at(restricted, verb="")).status_code == 404
    assert outside.post(at(restricted), body="Mine").status_code == 404


def test_whoever_has_not_joined_reads_and_does_not_write(
    postmortem: Postmortem, member: User, viewer: User
) -> None:
    for user in (member, viewer):
        outside = writer(user, postmortem)
        assert outside.get(at(postmortem, verb="")).status_code == 200
        assert outside.get(at(postmortem)).status_code == 403
        assert outside.post(at(postmortem), body="Mine").status_code == 403
