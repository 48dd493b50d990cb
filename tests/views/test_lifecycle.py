"""The pages of a report's steps, with and without htmx."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from postmortems.models import Participation, Postmortem
from postmortems.operations import incidents, settings
from postmortems.vocabulary import Status
from tests.fixtures import NOW, AddRow, fresh
from tests.publishing import client_of, publish, to_review


def address(report: Postmortem, rest: str = "") -> str:
    return f"/incidents/{report.incident.reference}/{rest}"


@pytest.fixture
def client(facilitator: User) -> Client:
    return client_of(facilitator)


@pytest.fixture
def in_review(postmortem: Postmortem, facilitator: User) -> Postmortem:
    to_review(postmortem, facilitator)
    return fresh(postmortem)


def shown_form(client: Client, report: Postmortem) -> dict[str, str]:
    """The hidden fields of the page of publishing, as a browser sends them."""
    page = client.get(address(report, "publish/")).content.decode()
    form = page[page.index(f'action="{address(report, "publish/")}"') :]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return dict(found)


# --- Steps ----------------------------------------------------------------------------


def test_a_step_leads_to_the_report(client: Client, postmortem: Postmortem) -> None:
    answer = client.post(address(postmortem, "status/"), {"to": "drafting"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == address(postmortem)
    assert fresh(postmortem).status == Status.DRAFTING


def test_htmx_is_sent_to_the_report(client: Client, postmortem: Postmortem) -> None:
    answer = client.post(
        address(postmortem, "status/"),
        {"to": "drafting"},
        headers={"HX-Request": "true"},
    )
    assert answer.headers["HX-Redirect"] == address(postmortem)
    assert fresh(postmortem).status == Status.DRAFTING


def test_a_step_clicked_twice_is_answered_twice_the_same(
    client: Client, postmortem: Postmortem
) -> None:
    body = {"to": "drafting", "request_key": "k" * 32}
    answers = [client.post(address(postmortem, "status/"), body) for _n in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]


@pytest.mark.parametrize("to", ["", "done", "published"])
def test_an_unknown_step_does_not_exist(
    client: Client, postmortem: Postmortem, to: str
) -> None:
    answer = client.post(address(postmortem, "status/"), {"to": to})
    assert answer.status_code == 404


def test_an_impossible_step_is_refused_with_a_sentence(
    client: Client, postmortem: Postmortem
) -> None:
    answer = client.post(address(postmortem, "status/"), {"to": "closed"})
    assert answer.status_code == 409
    assert "cannot become" in answer.content.decode()


def test_a_step_of_another_is_forbidden(
    in_review: Postmortem, responder: User, member: User, viewer: User
) -> None:
    for user in (responder, member, viewer):
        client = client_of(user)
        assert client.get(address(in_review, "publish/")).status_code == 403
        answer = client.post(address(in_review, "status/"), {"to": "drafting"})
        assert answer.status_code == 403
    assert fresh(in_review).status == Status.IN_REVIEW


@pytest.mark.parametrize("rest", ["status/?to=drafting", "publish/"])
def test_a_restricted_report_has_no_steps_for_others(
    restricted: Postmortem, member: User, rest: str
) -> None:
    assert client_of(member).get(address(restricted, rest)).status_code == 404


# --- Reopening and closing ------------------------------------------------------------


def test_reopening_asks_for_a_reason(
    client: Client, postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    page = client.get(address(postmortem, "status/?to=drafting"))
    assert "Its readers keep the published text" in page.content.decode()
    answer = client.post(
        address(postmortem, "status/"), {"to": "drafting", "reason": " "}
    )
    assert answer.status_code == 422
    assert "Say why the report is reopened." in answer.content.decode()
    assert fresh(postmortem).status == Status.PUBLISHED


def test_reopening_leads_back_to_drafting(
    client: Client, postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    client.post(
        address(postmortem, "status/"), {"to": "drafting", "reason": "A wrong time"}
    )
    assert fresh(postmortem).status == Status.DRAFTING


def test_a_reason_that_is_too_long_stays_in_the_form(
    client: Client, postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    body = {"to": "drafting", "reason": "a" * 20_001}
    answer = client.post(address(postmortem, "status/"), body)
    assert answer.status_code == 422
    assert "a" * 20_001 in answer.content.decode()


def test_a_published_report_is_closed(
    client: Client, postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    client.post(address(postmortem, "status/"), {"to": "closed"})
    assert "Closed, published" in client.get(address(postmortem)).content.decode()


# --- Publishing -----------------------------------------------------------------------


def test_the_page_shows_the_text_and_what_is_open(
    client: Client, in_review: Postmortem, add: AddRow
) -> None:
    add("lessons", text="The alert was acknowledged at once")
    page = client.get(address(in_review, "publish/")).content.decode()
    assert "The alert was acknowledged at once" in page
    assert "The timeline is empty" in page
    assert re.search(r"Publish with \d+ open", page)


def test_publishing_leads_to_the_published_report(
    client: Client, in_review: Postmortem
) -> None:
    answer = client.post(address(in_review, "publish/"), shown_form(client, in_review))
    assert answer.headers["Location"] == address(in_review)
    assert fresh(in_review).status == Status.PUBLISHED


def test_publishing_works_with_htmx(client: Client, in_review: Postmortem) -> None:
    answer = client.post(
        address(in_review, "publish/"),
        shown_form(client, in_review),
        headers={"HX-Request": "true"},
    )
    assert answer.headers["HX-Redirect"] == address(in_review)


def test_publishing_clicked_twice_publishes_once(
    client: Client, in_review: Postmortem
) -> None:
    body = shown_form(client, in_review)
    answers = [client.post(address(in_review, "publish/"), body) for _n in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert in_review.publications.count() == 1


def test_a_text_that_changed_is_shown_again(
    client: Client, in_review: Postmortem, add: AddRow
) -> None:
    body = shown_form(client, in_review)
    add("lessons", text="Written in the meantime")
    answer = client.post(address(in_review, "publish/"), body)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Nothing was published." in page
    assert "Written in the meantime" in page
    assert body["shown"] not in page
    assert fresh(in_review).status == Status.IN_REVIEW


def test_the_text_that_is_shown_again_can_be_published(
    client: Client, in_review: Postmortem, add: AddRow
) -> None:
    body = shown_form(client, in_review)
    add("lessons")
    client.post(address(in_review, "publish/"), body)
    client.post(address(in_review, "publish/"), shown_form(client, in_review))
    assert fresh(in_review).status == Status.PUBLISHED


def test_the_second_of_two_facilitators_is_told_who_was_first(
    client: Client, in_review: Postmortem, responder: User, facilitator: User
) -> None:
    part = Participation.Part.FACILITATOR
    incidents.set_part(in_review.pk, responder, part, by=facilitator, at=NOW)
    second = client_of(responder)
    first_body, second_body = (
        shown_form(client, in_review),
        shown_form(second, in_review),
    )
    client.post(address(in_review, "publish/"), first_body)
    answer = second.post(address(in_review, "publish/"), second_body)
    assert answer.status_code == 409
    assert "Maren Holt published this report" in answer.content.decode()
    assert in_review.publications.count() == 1


def test_a_required_rule_asks_for_a_reason(
    client: Client, in_review: Postmortem, administrator: User
) -> None:
    settings.save_readiness({"timeline": "required"}, by=administrator)
    body: dict[str, Any] = shown_form(client, in_review)
    answer = client.post(address(in_review, "publish/"), body)
    assert answer.status_code == 422
    assert "Say why it is published although" in answer.content.decode()
    body["reason"] = "The logs are gone"
    client.post(address(in_review, "publish/"), body)
    assert in_review.publications.get().reason == "The logs are gone"


def test_a_published_report_has_no_page_of_publishing(
    client: Client, postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    answer = client.get(address(postmortem, "publish/"))
    assert answer.headers["Location"] == address(postmortem)


def test_a_form_without_a_hash_publishes_nothing(
    client: Client, in_review: Postmortem
) -> None:
    answer = client.post(address(in_review, "publish/"), {})
    assert answer.status_code == 422
    assert fresh(in_review).status == Status.IN_REVIEW
