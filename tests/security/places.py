"""Every form there is: who fills it in, what it needs, and where what it kept is seen.

`PLACES` names each route that takes typed text; `WITHOUT_TEXT` the others that are
posted to. A test holds the two against the URL conf.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from accounts.models import Team
from actions.models import Policy
from postmortems.models import ChecklistItem, Comment, Incident, Service, Severity
from tests.fixtures import kind
from tests.views.test_matrix import WHERE
from tests.worlds import World

Seen = Callable[[World], str]
"""The address of the form that shows what was kept."""


@dataclass(frozen=True)
class Place:
    route: str
    role: str
    least: dict[str, str] = field(default_factory=dict)
    """What must be filled in, besides what the form itself offers."""
    texts: tuple[str, ...] = ()
    """The fields for text of any kind."""
    several_lines: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    """Fields whose text is taken apart and put together again when it is kept."""
    seen: Seen | None = None
    renamed: dict[str, str] = field(default_factory=dict)
    """Where the form that shows it calls a field otherwise."""
    query: dict[str, str] = field(default_factory=dict)
    """What the address of the empty form needs."""
    is_name: bool = False
    """One line of a person or team, by the rule of `accounts`."""
    where: dict[str, str] = field(default_factory=dict)
    """Parts of the address that are not those of `World.arguments`."""

    def address(self, world: World) -> str:
        given = world.arguments(WHERE[self.route], world.reports["open"])
        return reverse(self.route, kwargs={**given, **self.where})


def _of_report(route: str, **where: Any) -> Seen:
    def address(world: World) -> str:
        reference = world.reports["open"].incident.reference
        return reverse(route, kwargs={"reference": reference, **where})

    return address


def _newest_row(name: str) -> Seen:
    def address(world: World) -> str:
        row = kind(name).rows(world.reports["open"]).order_by("-pk")[0]
        return _of_report("postmortems:row-change", kind=name, row_id=row.pk)(world)

    return address


def _newest(model: Any, route: str) -> Seen:
    return lambda _world: reverse(route, args=[model.objects.latest("pk").pk])


def _newest_comment(world: World) -> str:
    pk = Comment.objects.latest("pk").pk
    return _of_report("postmortems:comment-change", comment_id=pk)(world)


def _row(name: str, least: dict[str, str], *texts: str, **more: Any) -> list[Place]:
    """A kind of row, added and changed."""
    add = Place(
        "postmortems:row-add",
        "contributor",
        least,
        texts,
        seen=_newest_row(name),
        where={"kind": name},
        **more,
    )
    return [add]


def _action(world: World) -> int:
    return world.reports["open"].action_items.order_by("pk")[0].pk


def _newest_title(_world: World) -> str:
    reference = Incident.objects.latest("pk").reference
    return reverse("postmortems:field-change", args=[reference, "title"])


def _newest_section(world: World) -> str:
    pk = world.reports["open"].sections.latest("pk").pk
    return _of_report("postmortems:section-change", section_id=pk)(world)


def _section(key: str) -> Seen:
    def address(world: World) -> str:
        pk = world.reports["open"].sections.get(key=key).pk
        return _of_report("postmortems:section-change", section_id=pk)(world)

    return address


def _field(name: str, **more: Any) -> Place:
    return Place(
        "postmortems:field-change",
        "contributor",
        texts=("value",),
        seen=_of_report("postmortems:field-change", name=name),
        where={"name": name},
        **more,
    )


LINES = frozenset
PLACES: dict[str, Place] = {
    "new incident": Place(
        "postmortems:new",
        "member",
        {"started": "2026-03-05 09:00"},
        ("title",),
        seen=_newest_title,
        renamed={"title": "value"},
    ),
    **{
        f"add {name}": place
        for name, least, texts, more in (
            (
                "timeline",
                {"occurred": "09:30"},
                ("text", "actors"),
                {"several_lines": LINES({"text"}), "loose": LINES({"actors"})},
            ),
            (
                "factors",
                {},
                ("text", "note", "same_as"),
                {"several_lines": LINES({"text", "note"})},
            ),
            (
                "whys",
                {},
                ("question", "answer"),
                {"several_lines": LINES({"answer"})},
            ),
            (
                "lessons",
                {"kind": "went_well"},
                ("text",),
                {"several_lines": LINES({"text"})},
            ),
            ("follow_ups", {}, ("text",), {"several_lines": LINES({"text"})}),
            ("measures", {"quantity": "15"}, ("unit", "who"), {}),
            (
                "actions",
                {},
                ("description", "owner"),
                {
                    "several_lines": LINES({"description"}),
                    "loose": LINES({"owner"}),
                },
            ),
        )
        for place in _row(name, least, *texts, **more)
    },
    "change a lesson": Place(
        "postmortems:row-change",
        "contributor",
        texts=("text",),
        several_lines=LINES({"text"}),
        seen=lambda world: _of_report(
            "postmortems:row-change",
            kind="lessons",
            row_id=world.reports["open"].lessons.get().pk,
        )(world),
    ),
    "title": _field("title"),
    "TL;DR": _field("tldr"),
    "services": _field(
        "services", several_lines=LINES({"value"}), loose=LINES({"value"})
    ),
    "add a section": Place(
        "postmortems:section-add",
        "contributor",
        {"after": "summary"},
        ("heading", "body"),
        several_lines=LINES({"body"}),
        seen=_newest_section,
    ),
    "change a section": Place(
        "postmortems:section-change",
        "contributor",
        texts=("heading", "body"),
        several_lines=LINES({"body"}),
        seen=_section("free"),
    ),
    "name a version": Place("postmortems:versions", "contributor", texts=("name",)),
    "suggest a row": Place(
        "postmortems:suggest-row-add",
        "viewer",
        {"kind": "went_well"},
        ("text", "suggestion_reason"),
        several_lines=LINES({"text", "suggestion_reason"}),
        where={"kind": "lessons"},
    ),
    "suggest a correction": Place(
        "postmortems:suggest-row",
        "viewer",
        texts=("text",),
        several_lines=LINES({"text"}),
    ),
    "suggest another fact": Place(
        "postmortems:suggest-field", "viewer", texts=("value",)
    ),
    "suggest other words": Place(
        "postmortems:suggest-wording",
        "viewer",
        texts=("wanted",),
        several_lines=LINES({"wanted"}),
    ),
    "change a suggestion first": Place(
        "postmortems:suggestion-take-over",
        "contributor",
        texts=("text",),
        several_lines=LINES({"text"}),
    ),
    "decline a suggestion": Place(
        "postmortems:suggestion-decline",
        "contributor",
        texts=("note",),
        several_lines=LINES({"note"}),
    ),
    "comment": Place(
        "postmortems:comment-add",
        "viewer",
        texts=("text",),
        several_lines=LINES({"text"}),
        seen=_newest_comment,
    ),
    "answer a comment": Place(
        "postmortems:comment-reply",
        "viewer",
        texts=("text",),
        several_lines=LINES({"text"}),
        seen=_newest_comment,
    ),
    "change a comment": Place(
        "postmortems:comment-change",
        "facilitator",
        texts=("text",),
        several_lines=LINES({"text"}),
    ),
    "settle an action": Place(
        "actions:action",
        "contributor",
        {"status": "done"},
        ("evidence",),
        several_lines=LINES({"evidence"}),
        seen=lambda world: reverse("actions:action", args=[_action(world)]),
    ),
    "add a chat": Place(
        "outbound:chat-add",
        "member",
        {
            "owner": "me",
            "flavour": "slack",
            "address": "https://chat.example/hooks/own",
        },
        ("name",),
        is_name=True,
    ),
    "add a policy": Place(
        "actions:policy-add",
        "administrator",
        texts=("name",),
        seen=_newest(Policy, "actions:policy-change"),
    ),
    "change a policy": Place(
        "actions:policy-change",
        "administrator",
        texts=("name",),
        seen=lambda world: reverse("actions:policy-change", args=[world.policy.pk]),
    ),
    "add a day off": Place(
        "actions:days-off",
        "administrator",
        {"on": "2026-12-31"},
        ("name",),
    ),
    "reason of a step": Place(
        "postmortems:status",
        "facilitator",
        {"to": "drafting"},
        ("reason",),
        query={"to": "drafting"},
    ),
    "save a view": Place(
        "postmortems:save-view",
        "member",
        {"query": "mine=on"},
        ("name",),
        query={"mine": "on"},
    ),
    "save a view of actions": Place(
        "actions:save-view",
        "member",
        {"query": "priority=high"},
        ("name",),
        query={"priority": "high"},
    ),
    "profile": Place(
        "accounts:profile",
        "member",
        texts=("name",),
        seen=lambda _world: reverse("accounts:profile"),
        is_name=True,
    ),
    "organisation": Place(
        "accounts:organisation",
        "administrator",
        texts=("name",),
        seen=lambda _world: reverse("accounts:organisation"),
        is_name=True,
    ),
    "add a team": Place(
        "accounts:team-add",
        "administrator",
        texts=("name", "description"),
        seen=_newest(Team, "accounts:team-change"),
        is_name=True,
    ),
    "change a team": Place(
        "accounts:team-change",
        "administrator",
        texts=("name", "description"),
        seen=lambda world: reverse("accounts:team-change", args=[world.team.pk]),
        is_name=True,
    ),
    "accept an invitation": Place(
        "accounts:accept-invitation",
        "anonymous",
        {"password": "a-long-password-of-theirs", "time_zone": "UTC"},
        ("name",),
        is_name=True,
    ),
    "add a severity": Place(
        "postmortems:severity-add",
        "administrator",
        {"rank": "9"},
        ("label", "definition"),
        seen=_newest(Severity, "postmortems:severity-change"),
    ),
    "add a service": Place(
        "postmortems:service-add",
        "administrator",
        texts=("name", "description"),
        seen=_newest(Service, "postmortems:service-change"),
    ),
    "add to a checklist": Place(
        "postmortems:checklist-add",
        "administrator",
        {"kind": "incident"},
        ("text",),
        seen=_newest(ChecklistItem, "postmortems:checklist-change"),
    ),
}

ELSEWHERE: dict[str, str] = {
    "integrations:issue-link": "an address that is kept nowhere, and its errors in"
    " tests/views/test_issue_panel.py",
    "integrations:tracker-add": "tests/trackers/test_settings.py",
    "integrations:tracker-change": "the form of tracker-add",
    "integrations:tracker-mapping-add": "tests/trackers/test_settings.py",
    "integrations:tracker-mapping": "the form of tracker-mapping-add",
    "integrations:tracker-remove": "a name that is typed again, and kept nowhere",
    "integrations:tracker-rotate": "a secret, which is sealed and shown to nobody",
    "integrations:tracker-hook": "tests/trackers/test_inbound.py",
    "actions:holidays": "a code that is looked up, as a time zone is",
    "actions:bulk": "the fields of settling, in tests/views/test_bulk_actions.py",
    "actions:view": "the form of save-view",
    "account_login": "test_odd_credentials",
    "account_reset_password": "test_odd_credentials",
    "account_reset_password_from_key": "test_odd_credentials",
    "account_change_password": "test_odd_credentials",
    "accounts:invitation-add": "test_odd_addresses",
    "outbound:settings": "tests/views/test_notifications.py",
    "actions:step-add": "tests/views/test_action_page.py",
    "actions:step-rename": "tests/views/test_action_page.py",
    "actions:say": "tests/views/test_action_page.py",
    "actions:reply": "tests/views/test_action_page.py",
    "actions:waits-add": "tests/views/test_action_page.py",
    "actions:snooze": "tests/views/test_action_page.py",
    "actions:verdict": "tests/views/test_action_page.py",
    "accounts:welcome": "gone as soon as there is an account",
    "postmortems:severity-change": "the form of severity-add",
    "postmortems:service-change": "the form of service-add",
    "postmortems:checklist-change": "the form of checklist-add",
    "postmortems:files": "tests/unit/test_uploads.py, and the label of evidence",
    "postmortems:paste": "test_pasted_lines",
    "integrations:import": "test_imports",
    "postmortems:publish": "test_published_reasons",
}
"""Forms with text that has rules of its own, and the test that knows them."""
WITHOUT_TEXT = {
    "actions:step-tick",
    "actions:step-move",
    "actions:step-delete",
    "actions:step-restore",
    "actions:waits-remove",
    "actions:remind",
    "actions:feed-reset",
    "actions:feed-remove",
    "actions:team-feed-reset",
    "actions:team-feed-remove",
    "integrations:issue-create",
    "integrations:issue-unlink",
    "integrations:issue-sync",
    "integrations:issue-another",
    "integrations:issue-choose",
    "integrations:tracker-pause",
    "integrations:tracker-resume",
    "integrations:tracker-person",
    "integrations:tracker-event",
    "integrations:tracker-test",
    "integrations:tracker-unmap",
    "integrations:tracker-statuses",
    "actions:bulk-undo",
    "actions:delete-view",
    "postmortems:version-restore",
    "postmortems:version-restore-part",
    "account_logout",
    "accounts:theme",
    "outbound:chat-try",
    "outbound:chat-remove",
    "outbound:unsubscribe",
    "accounts:person-change",
    "accounts:person-deactivate",
    "accounts:person-reactivate",
    "accounts:invitation-resend",
    "accounts:invitation-withdraw",
    "accounts:team-archive",
    "accounts:team-restore",
    "accounts:team-member-add",
    "accounts:team-member-remove",
    "postmortems:delete-view",
    "postmortems:join",
    "postmortems:tick",
    "postmortems:suggestion-withdraw",
    "postmortems:comment-delete",
    "postmortems:comment-restore",
    "postmortems:thread-resolve",
    "postmortems:thread-reopen",
    "postmortems:row-move",
    "postmortems:row-delete",
    "postmortems:row-restore",
    "postmortems:file-delete",
    "postmortems:file-restore",
    "postmortems:section-delete",
    "postmortems:section-restore",
    "postmortems:change-restore",
    "postmortems:people-set",
    "postmortems:restrict",
    "postmortems:trash",
    "postmortems:bring-back",
    "postmortems:severity-retire",
    "postmortems:service-retire",
    "postmortems:checklist-retire",
    "postmortems:readiness",
    "outbound:delivery-retry",
    "actions:subscriptions",
    "actions:subscription-end",
    "actions:policies-adopt",
    "actions:policy-move",
    "actions:policy-switch",
    "actions:policy-delete",
    "actions:day-off-delete",
}
"""Buttons and choices only."""
