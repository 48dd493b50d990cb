"""What people are told: their wishes, their chats, and the list of all of it."""

import re
from datetime import time
from typing import Any

import pytest
from django.test import Client

from accounts import waking
from accounts.models import Team, User
from accounts.operations import teams
from outbound.access import wanted
from outbound.models import Channel, ChatHook, NoticeKind, Preference
from outbound.operations.delivering import gather
from outbound.operations.noticing import note
from outbound.secrets import unseal
from outbound.unsubscribing import address
from tests.http_server import Elsewhere
from tests.outbound import NINE, Plain, chat, draft, told
from tests.signing import text_of

SETTINGS = "/settings/notifications/"


@pytest.fixture
def client_of() -> Any:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


HOURS: dict[str, Any] = {
    "morning": "08:00",
    "quiet_from": "17:30",
    "working_days": ["1", "3"],
    "holidays": "Germany",
}


# --- Wishes ---------------------------------------------------------------------------


def test_everything_is_wanted_at_first(member: User, client_of: Any) -> None:
    page = client_of(member).get(SETTINGS).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="\w+-\w+"[^>]*>', page)
    assert len(boxes) == 3 * len(NoticeKind) - 2
    assert all(" checked" in box for box in boxes)


def test_what_is_chosen_is_kept(member: User, client_of: Any) -> None:
    answer = client_of(member).post(SETTINGS, {**HOURS, "reminder-page": "on"})
    assert answer.status_code == 302
    wish = wanted([member.pk])
    assert wish(member.pk, "reminder", Channel.PAGE)
    assert not wish(member.pk, "reminder", Channel.MAIL)
    assert not wish(member.pk, "mention", Channel.MAIL)
    member.refresh_from_db()
    assert (member.morning, member.quiet_from) == (time(8), time(17, 30))
    assert (member.working_days, member.holidays) == ([1, 3], "DE")


def test_saving_twice_keeps_one_wish_of_each(member: User, client_of: Any) -> None:
    client = client_of(member)
    for chosen in ({"reminder-mail": "on"}, {}):
        client.post(SETTINGS, {**HOURS, **chosen})
    assert Preference.objects.filter(kind="reminder", channel="mail").count() == 1
    assert not wanted([member.pk])(member.pk, "reminder", "mail")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"quiet_from": "08:00"}, "This has to be later than the morning."),
        ({"morning": "25:00"}, "Enter a valid time."),
        ({"morning": "zebrafinch"}, "Enter a valid time."),
        ({"working_days": []}, "Choose at least one day."),
        ({"working_days": ["8"]}, "8 is not one of the available choices."),
        ({"holidays": "Atlantis"}, "No holidays are known there."),
        ({"holidays": "x" * 10_000}, "No holidays are known there."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    member: User, client_of: Any, wrong: dict[str, Any], sentence: str
) -> None:
    answer = client_of(member).post(SETTINGS, {**HOURS, **wrong})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    member.refresh_from_db()
    assert (member.morning, member.working_days) == (time(9), [1, 2, 3, 4, 5])
    assert not Preference.objects.exists()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    found: list[int] = []
    monkeypatch.setattr(waking, "_registered", [found.append])
    return found


def test_other_hours_wake_what_is_planned_for_somebody(
    member: User, client_of: Any, woken: list[int]
) -> None:
    client_of(member).post(SETTINGS, HOURS)
    assert woken == [member.pk]


@pytest.mark.parametrize(("zone", "wakes"), [("Asia/Tokyo", True), ("UTC", False)])
def test_another_time_zone_does_too_and_another_name_does_not(
    member: User, client_of: Any, woken: list[int], zone: str, wakes: bool
) -> None:
    profile = {"name": "Lena F", "time_zone": zone, "theme": "dark"}
    client_of(member).post("/profile/", profile)
    assert woken == [member.pk] * wakes


# --- Chats ----------------------------------------------------------------------------

CHAT = {
    "owner": "me",
    "name": "My messages",
    "flavour": "slack",
    "address": "https://hooks.chat.example/services/zebrafinch",
}
ADD = f"{SETTINGS}chats/add/"


def test_a_chat_is_kept_sealed_and_its_address_never_shown(
    member: User, client_of: Any
) -> None:
    client = client_of(member)
    assert client.post(ADD, CHAT).status_code == 302
    hook = ChatHook.objects.get()
    assert (hook.user, hook.host) == (member, "hooks.chat.example")
    assert unseal(hook.address) == CHAT["address"]
    page = text_of(client.get(SETTINGS))
    assert "hooks.chat.example" in page
    assert "zebrafinch" not in page + hook.address + repr(hook)


@pytest.mark.parametrize(
    "wrong",
    [
        "http://hooks.chat.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://2130706433/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://user:pass@hooks.chat.example/x",
        "https://hooks.chat.example:6379/x",
        "javascript:alert(1)",
        "x" * 2_001,
        "",
    ],
)
def test_an_address_that_is_never_called_is_refused_at_once(
    member: User, client_of: Any, wrong: str
) -> None:
    answer = client_of(member).post(ADD, {**CHAT, "address": wrong})
    assert answer.status_code == 422
    assert "My messages" in answer.content.decode()
    assert not ChatHook.objects.exists()


def test_another_chat_takes_the_place_of_the_first(
    member: User, client_of: Any
) -> None:
    client = client_of(member)
    client.post(ADD, CHAT)
    client.post(ADD, {**CHAT, "name": "Elsewhere"})
    assert ChatHook.objects.get().name == "Elsewhere"


@pytest.fixture
def team(viewer: User, administrator: User) -> Team:
    """Led by the viewer."""
    return teams.add_team(
        name="Ops", description="", lead=viewer, manager=None, by=administrator
    )


def test_a_lead_settles_the_chat_of_their_team_and_others_do_not(
    member: User, viewer: User, team: Team, client_of: Any
) -> None:
    wish = {**CHAT, "owner": str(team.pk)}
    assert client_of(member).post(ADD, wish).status_code == 422
    assert client_of(viewer).post(ADD, wish).status_code == 302
    assert ChatHook.objects.get().team == team


def test_only_administrators_settle_the_chats_of_everybody(
    member: User, administrator: User, client_of: Any
) -> None:
    wish = {**CHAT, "owner": "everybody"}
    assert client_of(member).post(ADD, wish).status_code == 422
    assert client_of(administrator).post(ADD, wish).status_code == 302
    assert ChatHook.objects.get().user is None


def test_the_chat_of_somebody_else_does_not_exist(
    member: User, viewer: User, administrator: User, client_of: Any
) -> None:
    hook = chat(member, member, CHAT["address"])
    for somebody in (viewer, administrator):
        for step in ("try", "remove"):
            address = f"{SETTINGS}chats/{hook.pk}/{step}/"
            assert client_of(somebody).post(address).status_code == 404
    assert ChatHook.objects.count() == 1


@pytest.mark.usefixtures("own_counters")
@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (200, "Delivered to Ops."),
        (500, "Ops did not take the message."),
        (302, "Ops did not take the message."),
        (404, "Ops did not take the message."),
    ],
)
def test_trying_says_no_more_than_whether_it_was_taken(
    member: User, client_of: Any, elsewhere: Elsewhere, status: int, sentence: str
) -> None:
    elsewhere.will_answer(status, b"zebrafinch")
    hook = chat(member, member, elsewhere.address)
    answer = client_of(member).post(f"{SETTINGS}chats/{hook.pk}/try/", follow=True)
    assert sentence in text_of(answer)
    assert "zebrafinch" not in text_of(answer)


@pytest.mark.usefixtures("own_counters")
def test_a_closed_port_looks_like_a_refusal(member: User, client_of: Any) -> None:
    hook = chat(member, member, "http://127.0.0.1:1/")
    answer = client_of(member).post(f"{SETTINGS}chats/{hook.pk}/try/", follow=True)
    assert "Ops did not take the message." in text_of(answer)


@pytest.mark.usefixtures("own_counters")
def test_trying_goes_five_times_in_a_minute(
    member: User, client_of: Any, elsewhere: Elsewhere
) -> None:
    hook = chat(member, member, elsewhere.address)
    client = client_of(member)
    statuses = [
        client.post(f"{SETTINGS}chats/{hook.pk}/try/").status_code for _ in range(6)
    ]
    assert statuses == [302] * 5 + [429]
    assert len(elsewhere.got) == 5


def test_a_chat_is_removed(member: User, client_of: Any) -> None:
    hook = chat(member, member, CHAT["address"])
    client_of(member).post(f"{SETTINGS}chats/{hook.pk}/remove/")
    assert not ChatHook.objects.exists()


# --- Ending mails by the link in them (E9) --------------------------------------------

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def path_of(user: User, *kinds: str) -> str:
    return "/unsubscribe/" + address(user, kinds).partition("/unsubscribe/")[2]


def test_looking_at_the_link_changes_nothing(member: User) -> None:
    answer = Client().get(path_of(member, "reminder", "nudge"))
    assert answer.status_code == 200
    assert "Reminders of my actions" in text_of(answer)
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert not Preference.objects.exists()


def test_one_click_ends_these_mails_without_cookie_or_redirect(member: User) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(path_of(member, "reminder", "nudge"), ONE_CLICK)
    assert answer.status_code == 200
    wish = wanted([member.pk])
    assert not wish(member.pk, "reminder", Channel.MAIL)
    assert not wish(member.pk, "nudge", Channel.MAIL)
    assert wish(member.pk, "reminder", Channel.PAGE)
    assert wish(member.pk, "weekly", Channel.MAIL)


def test_a_second_click_is_answered_alike(member: User) -> None:
    path = path_of(member, "reminder")
    assert [Client().post(path, ONE_CLICK).status_code for _ in "ab"] == [200, 200]


@pytest.mark.parametrize("damage", ["cut", "other", "empty"])
def test_a_link_that_we_did_not_sign_does_nothing(member: User, damage: str) -> None:
    whole = path_of(member, "reminder")
    path = {
        "cut": whole[:-5] + "/",
        "other": whole.replace("/unsubscribe/W", "/unsubscribe/V"),
        "empty": "/unsubscribe/x/",
    }[damage]
    answer = Client().post(path, ONE_CLICK)
    assert answer.status_code == 404
    assert not Preference.objects.exists()


def test_the_link_of_an_account_that_is_gone_does_nothing(
    member: User, viewer: User
) -> None:
    path = path_of(member, "reminder")
    member.delete()
    assert Client().post(path, ONE_CLICK).status_code == 404


# --- What you were told ---------------------------------------------------------------


def test_the_list_has_what_way_and_why(
    member: User, teller: Plain, client_of: Any
) -> None:
    told(member, "Alert early")
    page = text_of(client_of(member).get("/notices/"))
    for part in ("Alert early", "You own it.", "9 March 2026", "Mail: waiting"):
        assert part in page


def test_what_was_wanted_by_no_way_is_on_the_list(
    member: User, teller: Plain, client_of: Any
) -> None:
    client = client_of(member)
    client.post(SETTINGS, HOURS)
    told(member, "Alert early")
    page = text_of(client.get("/notices/"))
    assert "Alert early" in page
    assert "By no way, as you wanted" in page


def test_what_is_not_open_any_more_has_no_name(
    member: User, teller: Plain, client_of: Any
) -> None:
    told(member, "Leaked credential")
    teller.restricted.add("thing:Leaked credential")
    page = text_of(client_of(member).get("/notices/"))
    assert "Leaked credential" not in page
    assert "Something that is not open to you any more" in page


def test_nobody_sees_what_others_were_told(
    member: User, viewer: User, teller: Plain, client_of: Any
) -> None:
    told(member, "Alert early")
    assert "Alert early" not in text_of(client_of(viewer).get("/notices/"))


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_costs_the_same_however_long_it_is(
    member: User,
    teller: Plain,
    client_of: Any,
    number: int,
    django_assert_num_queries: Any,
) -> None:
    note([draft(member, f"Thing {n}") for n in range(number)], NINE)
    gather(NINE)
    client = client_of(member)
    client.get("/notices/")
    with django_assert_num_queries(5):
        client.get("/notices/")


@pytest.mark.parametrize("number", [1, 10])
def test_the_settings_cost_the_same_for_many_chats(
    administrator: User, client_of: Any, number: int, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        chat(None, administrator, CHAT["address"])
    client = client_of(administrator)
    client.get(SETTINGS)
    with django_assert_num_queries(5):
        client.get(SETTINGS)
