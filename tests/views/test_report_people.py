"""Who takes part in a report, and who may see it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from postmortems.models import Participation, Postmortem
from postmortems.operations import incidents
from tests.drafting import Writer, html, writer
from tests.fixtures import NOW, fresh, person
from tests.submitting import form_for


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


def part_of(report: Postmortem, user: User) -> str | None:
    part: str | None = (
        report.participations.filter(user=user).values_list("part", flat=True).first()
    )
    return part


def test_everybody_who_sees_a_report_sees_who_wrote_it(
    postmortem: Postmortem, viewer: User
) -> None:
    page = html(writer(viewer, postmortem).get("people/"))
    assert "Maren Holt" in page
    assert "Facilitator" in page
    assert "<select" not in page


def test_a_facilitator_invites_somebody(
    maren: Writer, member: User, postmortem: Postmortem
) -> None:
    page = html(maren.get("people/"))
    assert f'<option value="{member.pk}">' in page
    maren.post("people/set/", htmx=False, user=member.pk, part="contributor")
    assert part_of(postmortem, member) == "contributor"


def test_whoever_takes_part_is_not_offered_again(
    maren: Writer, responder: User
) -> None:
    assert f'<option value="{responder.pk}">' not in html(maren.get("people/"))


def test_a_part_is_changed_and_taken_away(
    maren: Writer, responder: User, postmortem: Postmortem
) -> None:
    form = form_for(html(maren.get("people/")), maren.address("people/set/"))
    assert form.values["user"]
    maren.post("people/set/", htmx=False, user=responder.pk, part="facilitator")
    assert part_of(postmortem, responder) == "facilitator"
    maren.post("people/set/", htmx=False, user=responder.pk, part="")
    assert part_of(postmortem, responder) is None


def test_the_last_facilitator_stays(
    maren: Writer, facilitator: User, postmortem: Postmortem
) -> None:
    answer = maren.post("people/set/", htmx=False, user=facilitator.pk, part="")
    assert answer.status_code == 409
    assert "Nothing was changed." in html(answer)
    assert part_of(postmortem, facilitator) == Participation.Part.FACILITATOR


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"user": "somebody", "part": "contributor"},
        {"user": "²", "part": "contributor"},
        {"user": "1", "part": "owner"},
    ],
)
def test_what_is_no_choice_is_refused(
    values: dict[str, str], maren: Writer, postmortem: Postmortem
) -> None:
    before = postmortem.participations.count()
    answer = maren.post("people/set/", htmx=False, **values)
    assert answer.status_code == 422
    assert "Choose a person" in html(answer)
    assert postmortem.participations.count() == before


def test_a_report_is_restricted_and_opened_again(
    maren: Writer, postmortem: Postmortem, member: User, responder: User
) -> None:
    outside, inside = writer(member, postmortem), writer(responder, postmortem)
    maren.post("restrict/", htmx=False, restricted="on")
    assert fresh(postmortem).incident.restricted
    assert outside.get("people/").status_code == 404
    assert inside.get("people/").status_code == 200
    assert "only invited people know" in html(inside.get("edit/"))
    maren.post("restrict/", htmx=False, restricted="off")
    assert outside.get("people/").status_code == 200


def test_leaving_a_restricted_report_leads_out_of_it(
    restricted: Postmortem, facilitator: User, member: User
) -> None:
    incidents.set_part(restricted.pk, member, "facilitator", by=facilitator, at=NOW)
    leaving = writer(member, restricted)
    answer = leaving.post("people/set/", htmx=False, user=member.pk, part="")
    assert answer.headers["Location"] == "/incidents/"
    assert leaving.get("people/").status_code == 404


def test_nobody_joins_a_restricted_report(
    postmortem: Postmortem, maren: Writer, responder: User
) -> None:
    maren.post("restrict/", htmx=False, restricted="on")
    page = html(writer(responder, postmortem).get("people/"))
    assert "Join as contributor" not in page


def test_only_a_facilitator_decides_who_takes_part(
    postmortem: Postmortem, responder: User, member: User, viewer: User
) -> None:
    for user in (responder, member, viewer):
        other = writer(user, postmortem)
        assert other.post("people/set/", user=user.pk, part="").status_code == 403
        assert other.post("restrict/", restricted="on").status_code == 403


def test_outsiders_do_not_learn_who_takes_part(
    restricted: Postmortem, administrator: User
) -> None:
    outside = writer(administrator, restricted)
    assert outside.get("people/").status_code == 404
    assert outside.post("people/set/", user=1, part="").status_code == 404
    assert outside.post("restrict/", restricted="off").status_code == 404


def test_the_page_costs_the_same_with_many_people(
    maren: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    counts = []
    for round_ in range(2):
        with CaptureQueriesContext(connection) as queries:
            maren.get("people/")
        counts.append(len(queries))
        for number in range(5):
            user = person(f"Person {round_} {number}")
            incidents.set_part(
                postmortem.pk, user, "contributor", by=facilitator, at=NOW
            )
    assert counts[0] == counts[1]
    assert counts[0] <= 30
