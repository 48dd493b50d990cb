"""Suggestions by their forms: sent, shown, decided, and refused in every way."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from postmortems.models import Postmortem, Suggestion
from postmortems.operations import deciding, incidents
from tests.drafting import Writer, at, events, html, only, said, writer
from tests.fixtures import NOW, SMALLEST, AddRow, fresh, kind
from tests.publishing import publish
from tests.submitting import Form, form_for
from tests.suggesting import correction, entry, wording, write

KINDS = sorted(SMALLEST)
MOST_QUERIES = 30


@pytest.fixture
def reader(viewer: User, postmortem: Postmortem) -> Writer:
    """A viewer at the report's forms."""
    return writer(viewer, postmortem)


@pytest.fixture
def editor(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


def the_one(report: Postmortem) -> Suggestion:
    return report.suggestions.select_related("by", "decided_by").get()


def decide(editor: Writer, suggestion: Suggestion, verb: str, **values: Any) -> Any:
    return editor.post(f"suggestions/{suggestion.pk}/{verb}/", **values)


def take(editor: Writer, suggestion: Suggestion, **values: Any) -> Any:
    return decide(editor, suggestion, "take-over", as_suggested="on", **values)


# --- Suggesting -----------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_viewer_suggests_a_row_by_the_form_of_an_edit(
    name: str, add: AddRow, reader: Writer, postmortem: Postmortem
) -> None:
    row = add(name)
    answer = reader.save(
        f"suggest/rows/{name}/{row.pk}/", htmx=False, **said(name, "Better")
    )
    assert answer.status_code == 302
    suggestion = the_one(postmortem)
    field = next(iter(said(name, "")))
    assert (suggestion.kind, suggestion.object_id) == ("correction", row.pk)
    assert isinstance(suggestion.proposed, dict)
    assert suggestion.proposed[field] == "Better"


def test_a_viewer_suggests_an_entry_with_a_reason(
    reader: Writer, postmortem: Postmortem
) -> None:
    reader.save(
        "suggest/rows/timeline/add/",
        htmx=False,
        occurred="09:30",
        text="Alert fired",
        suggestion_reason="The pager log says so.",
    )
    suggestion = the_one(postmortem)
    assert (suggestion.kind, suggestion.reason) == ("entry", "The pager log says so.")
    page = html(reader.get())
    assert "Your suggestions" in page
    assert "Waits for those who write this report" in page
    assert "The pager log says so." in page


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    reader: Writer, postmortem: Postmortem
) -> None:
    answer = reader.save(
        "suggest/rows/timeline/add/",
        htmx=False,
        occurred="half past",
        text="Alert fired",
        suggestion_reason="Because",
    )
    assert answer.status_code == 422
    page = html(answer)
    assert 'aria-invalid="true"' in page
    assert "Alert fired" in page
    assert "Because" in page
    assert not postmortem.suggestions.exists()


def test_a_reason_that_is_too_long_is_told(
    reader: Writer, postmortem: Postmortem
) -> None:
    answer = reader.save(
        "suggest/rows/lessons/add/?kind=went_well",
        htmx=False,
        text="Seen at once",
        suggestion_reason="x" * 1_001,
    )
    assert answer.status_code == 422
    assert "Seen at once" in html(answer)


def test_a_viewer_suggests_other_words(
    reader: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    section = write(postmortem, facilitator, "An engineer forgot the topic.")
    reader.save(
        f"suggest/sections/{section.pk}/",
        htmx=False,
        wanted="Nothing checked the topic.",
    )
    suggestion = the_one(postmortem)
    assert suggestion.stood == {"body": "An engineer forgot"}
    assert suggestion.proposed == {"body": "Nothing checked"}


def test_a_wording_is_made_from_the_text_that_was_shown(
    reader: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    section = write(postmortem, facilitator, "Seen at nine. Support called.")
    address = f"suggest/sections/{section.pk}/"
    form = reader.open(address)
    write(postmortem, facilitator, "Seen at nine. Support called twice.")
    reader.send(address, form, htmx=False, wanted="Seen at ten. Support called.")
    assert the_one(postmortem).proposed == {"body": "ten."}


def test_a_viewer_suggests_another_fact(reader: Writer, postmortem: Postmortem) -> None:
    reader.save("suggest/fields/started/", htmx=False, value="2026-03-05 09:05")
    suggestion = the_one(postmortem)
    assert isinstance(suggestion.proposed, dict)
    assert suggestion.part == "field:started"
    assert suggestion.proposed["at"] == "2026-03-05T09:05:00+00:00"


@pytest.mark.parametrize(
    "address", ["suggest/fields/title/", "suggest/rows/lessons/{}/"]
)
def test_what_stands_there_already_is_told(
    address: str, add: AddRow, reader: Writer, postmortem: Postmortem
) -> None:
    answer = reader.save(address.format(add("lessons").pk), htmx=False)
    assert answer.status_code == 422
    assert "That is what stands there already." in html(answer)
    assert not postmortem.suggestions.exists()


def test_a_row_that_was_saved_meanwhile_is_shown_beside(
    add: AddRow, reader: Writer, editor: Writer, postmortem: Postmortem
) -> None:
    row = add("lessons")
    address = f"suggest/rows/lessons/{row.pk}/"
    form = reader.open(address)
    editor.save(at(row, "lessons"), text="Theirs")
    answer = reader.send(address, form, htmx=False, text="Mine")
    assert answer.status_code == 409
    assert "Theirs" in html(answer)
    assert "Mine" in html(answer)


def test_whoever_may_edit_suggests_instead(
    add: AddRow, editor: Writer, postmortem: Postmortem
) -> None:
    row: Any = add("lessons")
    form = editor.open(at(row, "lessons"))
    address = f"suggest/rows/lessons/{row.pk}/"
    answer = editor.send(address, form, text="Perhaps so")
    assert answer.headers["X-Saved-At"]
    assert events(answer)["changed"]["parts"] == ["suggestions"]
    assert only(postmortem, "lessons").text == row.text
    assert the_one(postmortem).proposed == {"kind": "went_well", "text": "Perhaps so"}


@pytest.mark.parametrize(
    "address",
    ["suggest/rows/timeline/add/", "suggest/fields/title/", "suggest/sections/{}/"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_published_report_says_to_comment_instead(
    method: str,
    address: str,
    reader: Writer,
    postmortem: Postmortem,
    facilitator: User,
) -> None:
    publish(postmortem, facilitator)
    pk = postmortem.sections.get(key="summary").pk
    answer = getattr(reader, method)(address.format(pk))
    assert answer.status_code == 409
    assert "Comment on it instead" in html(answer)


def test_a_published_report_offers_no_suggestions(
    reader: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    assert "Suggest an entry" in html(reader.get())
    publish(postmortem, facilitator)
    assert "suggest/" not in html(reader.get())


def test_the_draft_says_where_to_suggest(
    add: AddRow, reader: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    section = write(postmortem, facilitator, "Seen at nine.")
    rows = {name: add(name).pk for name in KINDS}
    page = html(reader.get())
    found = set(re.findall(r'href="suggest/([^"?]+)', page))
    assert found >= {
        f"rows/timeline/{rows['timeline']}/",
        f"rows/lessons/{rows['lessons']}/",
        f"rows/actions/{rows['actions']}/",
        f"rows/follow_ups/{rows['follow_ups']}/",
        f"sections/{section.pk}/",
        "rows/timeline/add/",
        "rows/factors/add/",
        "fields/title/",
        "fields/started/",
    }
    for address in found:
        assert reader.get(f"suggest/{address}").status_code == 200, address


# --- In the margin --------------------------------------------------------------------


def test_the_margin_lists_what_waits(
    add: AddRow, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    row = add("lessons", text="Seen at nine")
    correction(postmortem, viewer, "lessons", row, text="Seen at ten")
    entry(postmortem, viewer, reason="The log says so.")
    page = html(editor.get("parts/?part=suggestions"))
    assert "Vera Blick" in page
    assert "<del>nine</del>" in page
    assert "<ins>ten</ins>" in page
    assert "The log says so." in page
    assert page.count("data-suggestion") == 2


def test_what_was_decided_is_not_in_the_margin(
    editor: Writer, postmortem: Postmortem, viewer: User, facilitator: User
) -> None:
    suggestion = entry(postmortem, viewer)
    deciding.take_over(postmortem.pk, suggestion.pk, by=facilitator, at=NOW)
    assert "data-suggestion" not in html(editor.get("parts/?part=suggestions"))


def test_others_do_not_see_what_somebody_suggested(
    postmortem: Postmortem, viewer: User, member: User
) -> None:
    entry(postmortem, viewer, text="Only for those who write")
    page = html(writer(member, postmortem).get())
    assert "Only for those who write" not in page


@pytest.mark.parametrize("path", ["", "edit/", "parts/?part=suggestions"])
def test_a_page_asks_as_much_for_many_as_for_few(
    path: str, add: AddRow, editor: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    def suggest_some() -> None:
        factor = add("factors")
        for name in KINDS:
            entry(postmortem, facilitator, name)
            correction(postmortem, facilitator, name, add(name), **said(name, "Better"))
        correction(postmortem, facilitator, "actions", add("actions"), factors=[factor])

    suggest_some()
    editor.get(path)  # drawn for the first time, it asks more
    suggest_some()
    few = queries(editor, path)
    suggest_some()
    assert queries(editor, path) == few <= MOST_QUERIES


def queries(editor: Writer, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert editor.get(path).status_code == 200
    return len(asked)


# --- Deciding -------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_one_key_takes_over(
    name: str, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    answer = take(editor, entry(postmortem, viewer, name))
    assert answer.headers["X-Saved-At"]
    assert "suggestions" in events(answer)["changed"]["parts"]
    assert only(postmortem, name)


def test_the_next_one_gets_the_focus(
    editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    first, second = entry(postmortem, viewer), entry(postmortem, viewer)
    answer = take(editor, first)
    assert events(answer)["focusing"]["id"] == f"suggestion-{second.pk}"


def test_whoever_suggested_it_reads_who_took_it_over(
    reader: Writer, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    take(editor, entry(postmortem, viewer, text="Pager rang"))
    page = html(reader.get())
    assert "Taken over by Maren Holt" in page
    assert page.count("Pager rang") >= 2
    assert "Suggested by Vera Blick" in html(reader.get("history/"))


def test_a_row_that_changed_since_asks_which_version(
    add: AddRow, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    row = add("lessons", text="Seen at nine")
    suggestion = correction(postmortem, viewer, "lessons", row, text="Suggested")
    editor.save(at(row, "lessons"), text="Theirs")
    answer = take(editor, suggestion)
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == f"#lesson-{row.pk}"
    assert "Suggested" in html(answer)
    assert "Theirs" in html(answer)


@pytest.mark.parametrize("name", KINDS)
def test_a_version_that_is_kept_is_taken_over_with_its_credit(
    name: str, add: AddRow, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    row = add(name)
    suggestion = correction(postmortem, viewer, name, row, **said(name, "Suggested"))
    editor.save(at(row, name), **said(name, "Theirs"))
    answer = take(editor, suggestion)
    assert answer.status_code == 409
    path = f"suggestions/{suggestion.pk}/take-over/"
    form = form_in(answer, editor, path)
    assert editor.send(path, form, resolution="mine").headers["X-Saved-At"]
    assert getattr(only(postmortem, name), next(iter(said(name, "")))) == "Suggested"
    last = postmortem.history.filter(part=f"row:{name}").latest("id")
    assert last.note == "Suggested by Vera Blick"
    assert the_one(postmortem).state == "taken"


def test_keeping_what_stands_leaves_the_suggestion_open(
    add: AddRow, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    row = add("lessons")
    suggestion = correction(postmortem, viewer, "lessons", row, text="Suggested")
    editor.save(at(row, "lessons"), text="Theirs")
    path = f"suggestions/{suggestion.pk}/take-over/"
    form = form_in(take(editor, suggestion), editor, path)
    editor.send(path, form, resolution="theirs")
    assert only(postmortem, "lessons").text == "Theirs"
    assert the_one(postmortem).is_open


@pytest.mark.parametrize("name", KINDS)
def test_a_new_row_is_changed_first(
    name: str, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer, name, **said(name, "Suggested"))
    path = f"suggestions/{suggestion.pk}/take-over/"
    shown = editor.get(path, htmx=True)
    assert "Suggested" in html(shown)
    assert shown.headers["HX-Retarget"].startswith("#slot-")
    answer = editor.save(path, **said(name, "Changed first"))
    assert answer.headers["X-Saved-At"]
    field = next(iter(said(name, "")))
    assert getattr(only(postmortem, name), field) == "Changed first"
    assert the_one(postmortem).state == "taken"


FACTS = [
    ("title", {"value": "Stale prices"}),
    ("tldr", {"value": "In short"}),
    ("kind", {"value": "near_miss"}),
    ("services", {"value": "ProductService (API)\nCheckout"}),
    ("detected", {"value": "2026-03-05 09:05", "approximate": "on"}),
]


@pytest.mark.parametrize(("name", "typed"), FACTS)
def test_a_fact_is_taken_over_or_changed_first(
    name: str,
    typed: dict[str, str],
    reader: Writer,
    editor: Writer,
    postmortem: Postmortem,
) -> None:
    reader.save(f"suggest/fields/{name}/", htmx=False, **typed)
    suggestion = the_one(postmortem)
    path = f"suggestions/{suggestion.pk}/take-over/"
    assert editor.save(path).headers["X-Saved-At"]
    line = postmortem.history.get(part=f"field:{name}")
    assert line.after == suggestion.proposed
    assert line.note == "Suggested by Vera Blick"


def test_a_fact_that_was_saved_since_asks_which(
    reader: Writer, editor: Writer, postmortem: Postmortem
) -> None:
    reader.save("suggest/fields/title/", htmx=False, value="Suggested title")
    editor.save("fields/title/edit/", value="Their title")
    suggestion = the_one(postmortem)
    answer = take(editor, suggestion)
    assert answer.status_code == 409
    path = f"suggestions/{suggestion.pk}/take-over/"
    form = form_in(answer, editor, path)
    assert editor.send(path, form, resolution="mine").headers["X-Saved-At"]
    assert fresh(postmortem).incident.title == "Suggested title"


def test_words_are_changed_first(
    editor: Writer, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    write(postmortem, facilitator, "An engineer forgot the topic.")
    suggestion = wording(postmortem, viewer, "An engineer forgot", "Nobody checked")
    path = f"suggestions/{suggestion.pk}/take-over/"
    assert editor.save(path, words="Nothing checked").headers["X-Saved-At"]
    section = postmortem.sections.get(key="summary")
    assert section.body == "Nothing checked the topic."


def test_words_whose_place_is_gone_are_offered_to_copy(
    editor: Writer, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    write(postmortem, facilitator, "An engineer forgot the topic.")
    suggestion = wording(postmortem, viewer, "An engineer forgot", "Nothing checked")
    write(postmortem, facilitator, "Written anew.")
    answer = take(editor, suggestion)
    assert answer.status_code == 409
    assert "not there any more" in html(answer)
    assert "Nothing checked" in html(answer)
    assert answer.headers["HX-Retarget"] == f"#slot-suggestion-{suggestion.pk}"


def test_a_row_that_is_gone_is_told(
    add: AddRow, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    row = add("lessons")
    suggestion = correction(postmortem, viewer, "lessons", row, text="Suggested")
    editor.post(at(row, "lessons", "delete/"))
    assert take(editor, suggestion).status_code == 409
    assert the_one(postmortem).is_open


def test_what_somebody_else_decided_is_told(
    editor: Writer, postmortem: Postmortem, viewer: User, responder: User
) -> None:
    suggestion = entry(postmortem, viewer)
    deciding.take_over(postmortem.pk, suggestion.pk, by=responder, at=NOW)
    for answer in (
        take(editor, suggestion),
        decide(editor, suggestion, "decline", note="No"),
        editor.get(f"suggestions/{suggestion.pk}/take-over/"),
    ):
        assert answer.status_code == 409
        assert "Priya Raman decided on this already" in html(answer)


def test_declining_needs_a_reason(
    editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    assert decide(editor, suggestion, "decline").status_code == 422
    assert the_one(postmortem).is_open


def test_whoever_suggested_it_reads_why_it_was_declined(
    reader: Writer, editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    path = f"suggestions/{suggestion.pk}/decline/"
    assert editor.save(path, note="That was a test alert.").headers["X-Saved-At"]
    page = html(reader.get())
    assert "Declined by Maren Holt" in page
    assert "That was a test alert." in page


def test_ones_own_is_withdrawn(
    reader: Writer, postmortem: Postmortem, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    path = f"suggestions/{suggestion.pk}/withdraw/"
    assert reader.post(path, htmx=False).status_code == 302
    assert the_one(postmortem).state == "withdrawn"
    assert "Withdrawn" in html(reader.get())


def test_the_same_request_takes_over_once(
    editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    for _time in range(2):
        assert take(editor, suggestion, request_key="once").headers["X-Saved-At"]
    assert kind("timeline").rows(postmortem).count() == 1


def test_without_scripts_every_step_is_a_page(
    editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    suggestion = entry(postmortem, viewer)
    for verb in ("take-over", "decline"):
        page = html(editor.get(f"suggestions/{suggestion.pk}/{verb}/"))
        assert "<!doctype html>" in page.lower()
    answer = editor.post(
        f"suggestions/{suggestion.pk}/take-over/", htmx=False, as_suggested="on"
    )
    assert answer.status_code == 302


def test_what_is_suggested_is_text(
    editor: Writer, postmortem: Postmortem, viewer: User
) -> None:
    entry(postmortem, viewer, "lessons", text="<img src=x onerror=alert(1)>")
    page = html(editor.get("edit/"))
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_restricted_report_takes_suggestions_of_its_people_only(
    restricted: Postmortem, facilitator: User, viewer: User, member: User
) -> None:
    incidents.set_part(restricted.pk, viewer, "reader", by=facilitator, at=NOW)
    address = "suggest/rows/timeline/add/"
    assert writer(viewer, restricted).get(address).status_code == 200
    assert writer(member, restricted).get(address).status_code == 404


def form_in(answer: Any, editor: Writer, path: str) -> Form:
    return form_for(html(answer), editor.address(path))
