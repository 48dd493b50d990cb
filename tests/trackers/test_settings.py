"""Settings, Trackers: connecting, changing, pausing, removing; nothing secret shown."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as db
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from integrations.models import Connection, IssueLink, PersonLink, ProjectMapping
from integrations.trackers.adapter import Receipt
from integrations.trackers.operations import linking, receiving
from outbound.secrets import unseal
from postmortems.models import Postmortem
from tests.fixtures import NOW
from tests.trackers.base import Trouble
from tests.trackers.jira import TOKEN, JiraServer
from tests.trackers.stage import now_is, visit

NEW = {
    "name": "Jira",
    "base_url": "https://jira.example/",
    "account": "bot@jira.example",
    "secret": "very-secret-token",
}


@pytest.fixture
def admin(administrator: User, client: Client) -> Client:
    client.force_login(administrator)
    cache.clear()
    return client


def page(connection: Connection, rest: str = "") -> str:
    return f"/settings/trackers/{connection.pk}/{rest}"


def test_a_tracker_is_connected_and_its_token_sealed(admin: Client) -> None:
    answer = admin.post("/settings/trackers/add/jira_cloud/", NEW, follow=True)
    made = Connection.objects.get()
    assert unseal(made.secret) == NEW["secret"]
    assert made.base_url == "https://jira.example"
    assert NEW["secret"] not in made.secret
    assert NEW["secret"] not in answer.content.decode()
    assert made.hook_token in answer.content.decode()
    assert not made.bot.active
    assert not made.bot.has_usable_password()


@pytest.mark.parametrize(
    "address",
    [
        "jira.example",
        "ftp://jira.example",
        "https://user@jira.example",
        "https://jira.example/?x=1",
        "https://ji ra.example",
        "https://jira.example:port",
        "https://",
        "",
    ],
)
def test_an_address_that_is_none_is_refused_beside_the_field(
    admin: Client, address: str
) -> None:
    data = {**NEW, "base_url": address}
    answer = admin.post("/settings/trackers/add/jira_cloud/", data)
    assert answer.status_code == 422
    assert "id_base_url_error" in answer.content.decode()
    assert NEW["secret"] not in answer.content.decode()
    assert not Connection.objects.exists()


def test_an_unknown_kind_does_not_exist(admin: Client) -> None:
    assert admin.get("/settings/trackers/add/abacus/").status_code == 404


def change(connection: Connection, **data: Any) -> dict[str, Any]:
    known = {
        "name": connection.name,
        "base_url": connection.base_url,
        "account": connection.account,
        "secret": "",
        "password": "",
    }
    return {**known, **data}


def test_another_host_needs_a_password_and_takes_the_secrets_away(
    admin: Client, connection: Connection
) -> None:
    admin.post(page(connection, "secret/"), {"secret": ""})
    data = change(connection, base_url="https://evil.example")
    for password in ("", "wrong"):
        answer = admin.post(page(connection, "change/"), {**data, "password": password})
        assert answer.status_code == 422
    connection.refresh_from_db()
    assert unseal(connection.secret) == TOKEN
    answer = admin.post(
        page(connection, "change/"), {**data, "password": "a-long-password"}
    )
    connection.refresh_from_db()
    assert answer.status_code == 302
    assert connection.secret == connection.hook_secret == ""
    assert connection.hook_secret_before == ""
    assert connection.state() == "no_secret"
    assert not visit(connection)


def test_a_new_token_for_another_host_may_come_with_it(
    admin: Client, connection: Connection
) -> None:
    data = change(
        connection,
        base_url="https://new.example",
        password="a-long-password",
        secret="new-token",
    )
    admin.post(page(connection, "change/"), data)
    connection.refresh_from_db()
    assert unseal(connection.secret) == "new-token"


def test_an_empty_token_leaves_the_one_that_is_stored(
    admin: Client, connection: Connection
) -> None:
    admin.post(page(connection, "change/"), change(connection, name="Jira of Ops"))
    connection.refresh_from_db()
    assert (connection.name, connection.bot.name) == ("Jira of Ops", "Jira of Ops")
    assert unseal(connection.secret) == TOKEN
    assert TOKEN not in admin.get(page(connection, "change/")).content.decode()


def test_a_secret_of_webhooks_is_shown_once(
    admin: Client, connection: Connection
) -> None:
    shown = admin.post(page(connection, "secret/"), {"secret": ""}).content.decode()
    connection.refresh_from_db()
    secret = unseal(connection.hook_secret)
    assert secret in shown
    assert secret not in admin.get(page(connection)).content.decode()
    admin.post(page(connection, "secret/"), {"secret": "their own"})
    connection.refresh_from_db()
    assert unseal(connection.hook_secret) == "their own"
    assert unseal(connection.hook_secret_before) == secret


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (None, "It answers, and knows the account."),
        (Trouble(401, body={"message": "s3cret body"}), "It refuses the token."),
        (Trouble(500, body={"message": "s3cret body"}), "It gives no answer"),
        (Trouble(429), "It is too busy just now."),
        (Trouble(after=True), "It gives no answer"),
    ],
)
def test_a_test_of_the_connection_says_no_more_than_how_it_went(
    admin: Client,
    connection: Connection,
    jira: JiraServer,
    trouble: Trouble | None,
    sentence: str,
) -> None:
    jira.trouble = [trouble] if trouble else []
    answer = admin.post(page(connection, "test/"), follow=True).content.decode()
    assert sentence in answer
    assert "s3cret" not in answer


def test_a_test_is_no_port_scanner(admin: Client, connection: Connection) -> None:
    statuses = [admin.post(page(connection, "test/")).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]


def test_a_connection_is_paused_resumed_and_removed_by_its_name(
    admin: Client, connection: Connection, link: IssueLink
) -> None:
    visit(connection)
    admin.post(page(connection, "pause/"))
    assert b"Paused" in admin.get(page(connection)).content
    admin.post(page(connection, "resume/"))
    assert admin.post(page(connection, "remove/"), {"name": "No"}).status_code == 422
    admin.post(page(connection, "remove/"), {"name": "Jira"})
    connection.refresh_from_db()
    assert (connection.state(), connection.secret) == ("removed", "")
    assert admin.get(page(connection)).status_code == 404
    assert now_is(link).url


def test_projects_are_mapped_changed_and_unmapped(
    admin: Client, connection: Connection
) -> None:
    data = {"project": "WEB", "issue_type": "Bug", "labels": "post mortem, , ops"}
    assert admin.post(page(connection, "projects/add/"), data).status_code == 302
    mapping = ProjectMapping.objects.get()
    assert (mapping.project, mapping.labels) == ("WEB", ["post mortem", "ops"])
    one = f"projects/{mapping.pk}/"
    assert "post mortem, ops" in admin.get(page(connection, one)).content.decode()
    odd = {"project": "", "labels": "x" * 51}
    assert admin.post(page(connection, one), odd).status_code == 422
    admin.post(page(connection, f"{one}remove/"))
    assert not ProjectMapping.objects.exists()


def test_a_status_that_misleads_is_given_its_meaning(
    admin: Client, connection: Connection, jira: JiraServer, link: IssueLink
) -> None:
    mapping = ProjectMapping.objects.get()
    address = page(connection, f"projects/{mapping.pk}/statuses/")
    assert b"In Progress" in admin.get(address).content
    admin.post(address, {"means_1": "open", "set_wont_do": "6"})
    mapping.refresh_from_db()
    assert mapping.status_map == {"3": "open"}
    assert mapping.status_out == {"wont_do": "6"}
    visit(connection)
    jira.someone_changes("OPS-1", status=jira.state.workflow[1])
    visit(connection, 10)
    assert now_is(link).action.status == "open"


def test_statuses_that_cannot_be_asked_for_change_nothing(
    admin: Client, connection: Connection, jira: JiraServer
) -> None:
    mapping = ProjectMapping.objects.get()
    jira.trouble = [Trouble(500)]
    address = page(connection, f"projects/{mapping.pk}/statuses/")
    answer = admin.post(address, {"means_1": "open"})
    assert b"nothing was changed" in answer.content
    mapping.refresh_from_db()
    assert mapping.status_map == {}


def test_an_account_is_confirmed_and_belongs_to_one_person(
    admin: Client, connection: Connection, member: User, administrator: User
) -> None:
    first, second = (
        PersonLink.objects.create(connection=connection, account=account)
        for account in ("1", "2")
    )
    for link in (first, second):
        answer = admin.post(page(connection, f"people/{link.pk}/"), {"user": member.pk})
    assert answer.status_code == 422
    assert b"has another account there" in answer.content
    first.refresh_from_db()
    assert (first.user, first.confirmed_by) == (member, administrator)
    second.refresh_from_db()
    assert second.confirmed_at is None


def test_what_people_of_a_tracker_are_called_is_text(
    admin: Client, connection: Connection
) -> None:
    PersonLink.objects.create(
        connection=connection, account="1", name="<script>alert(1)</script>"
    )
    Connection.objects.update(name="<b>Jira</b>")
    for address in ("/settings/trackers/", page(connection)):
        text = admin.get(address).content.decode()
        assert "<script>alert" not in text
        assert "<b>Jira" not in text


def test_issues_of_reports_that_an_administrator_may_not_see_are_not_there(
    admin: Client,
    connection: Connection,
    link: IssueLink,
    postmortem: Postmortem,
) -> None:
    IssueLink.objects.update(state="two_versions", issue_key="OPS-77")
    assert b"OPS-77" in admin.get(page(connection)).content
    incident = postmortem.incident
    incident.restricted = True
    incident.save()
    assert b"OPS-77" not in admin.get(page(connection)).content
    listed = admin.get("/settings/trackers/")
    assert [one.linked for one, _label in listed.context["connections"]] == [0]


def test_pages_ask_the_database_as_often_for_many_as_for_few(
    admin: Client, connection: Connection, facilitator: User, add: Any
) -> None:
    def fill() -> None:
        pk = PersonLink.objects.count()
        PersonLink.objects.create(
            connection=connection, account=str(pk), user=facilitator
        )
        linking.start_issue(add("actions"), connection, by=facilitator, at=NOW)
        IssueLink.objects.update(state="two_versions")
        receiving.keep_event(connection, Receipt(str(pk)), b"{}", at=NOW)

    def asked(address: str) -> int:
        with CaptureQueriesContext(db) as queries:
            admin.get(address)
        return len(queries)

    addresses = (page(connection), "/settings/trackers/")
    fill()
    few = [asked(address) for address in addresses]
    for _more in range(3):
        fill()
    assert [asked(address) for address in addresses] == few
    assert max(few) <= 20


def test_others_than_administrators_may_nothing(
    client: Client, connection: Connection, facilitator: User
) -> None:
    client.force_login(facilitator)
    assert client.get("/settings/trackers/").status_code == 403
    data = change(connection, base_url="https://evil.example", password="x")
    assert client.post(page(connection, "change/"), data).status_code == 403
    connection.refresh_from_db()
    assert unseal(connection.secret) == TOKEN
