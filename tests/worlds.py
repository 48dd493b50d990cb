"""A populated installation that the tests of a module share.

Building it takes longer than asking it, so it is built once; each test works inside
`undone`, which takes back all that was written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.test import Client

from accounts.models import Invitation, Team, User
from accounts.operations import arriving, people, teams
from actions.models import ActionItem, BulkChange, DayOff, Policy, Subscription
from actions.operations import checklists, feeds, reporting
from integrations.models import Connection
from integrations.trackers.adapter import Person as Account
from integrations.trackers.adapter import Receipt
from integrations.trackers.operations import (
    connecting,
    keeping_step,
    linking,
    receiving,
)
from outbound import unsubscribing
from outbound.models import ChatFlavour, ChatHook, Delivery, DeliveryState, NoticeKind
from outbound.operations import hooks
from postmortems.models import ChecklistItem, Postmortem, SavedView, Service, Severity
from postmortems.operations import (
    discussion,
    evidence,
    incidents,
    lifecycle,
    rows,
    saved_views,
    suggesting,
    writing,
)
from postmortems.report import Report
from postmortems.uploads import Upload
from postmortems.vocabulary import Place, Status
from tests.fixtures import NOW, SMALLEST, fresh, kind, open_report, person
from tests.migrated import restore_migrated

ROLES = (
    "anonymous",
    "deactivated",
    "viewer",
    "member",
    "manager",
    "removed",
    "reader",
    "contributor",
    "facilitator",
    "administrator",
)
"""Who asks. “manager” also leads the team that owns the actions; “removed” took part
once; “reader” is a viewer who was invited to read."""
STRANGERS = frozenset({"anonymous", "deactivated"})
SIGNED_IN = frozenset(ROLES) - STRANGERS
INVITED = frozenset({"reader", "contributor", "facilitator"})
OUTSIDERS = SIGNED_IN - INVITED
"""For whom a restricted report does not exist, though they are signed in."""

_addresses = count(1)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written inside, although operations commit durably."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as Django's TestCase
    with block:
        yield
        transaction.set_rollback(True)
    for drawn in ("fragments", "rows"):
        caches[drawn].clear()


@dataclass
class World:
    people: dict[str, User]
    reports: dict[str, Postmortem]
    """open, other, restricted, trashed; the same people take part in each."""
    team: Team
    archived_team: Team
    service: Service
    severity: Severity
    checklist_item: ChecklistItem
    invitation: Invitation
    invitation_token: str
    view: SavedView
    actions_view: SavedView
    bulk: BulkChange
    policy: Policy
    day_off: DayOff
    subscription: Subscription
    delivery: Delivery
    """A message that could not be sent."""
    chat: ChatHook
    feed_token: str
    """Of the facilitator's own calendar."""
    tracker: Connection
    sessions: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    """What every request of these browsers says of how it came."""

    def user(self, role: str) -> User:
        return self.people[role]

    def client(self, role: str, **options: Any) -> Client:
        """A browser of that person's, at an address of its own: limits count those."""
        client = Client(REMOTE_ADDR=_next_address(), **{**self.environ, **options})
        if role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return client

    def arguments(self, where: str, report: Postmortem) -> dict[str, Any]:
        """A value for each part of an address, of that very report."""
        known: dict[str, Any] = {
            "reference": report.incident.reference,
            "kind": "lessons",
            "row_id": report.lessons.order_by("pk")[0].pk,
            "section_id": report.sections.filter(key="free").order_by("pk")[0].pk,
            "name": "title",
            "form": "markdown",
            "number": 1,
            "uid": report.evidence_files.present()[0].uid,
            "suggestion_id": report.suggestions.order_by("pk")[0].pk,
            "change_id": report.history.filter(part="row:lessons")[0].pk,
            "item_id": self.checklist_item.pk,
            "thread_id": self._thread(where, report).pk,
            "comment_id": report.threads.order_by("pk")[0].comments.all()[0].pk,
            "action_id": self._action(report).pk,
            "subtask_id": self._action(report).subtasks.all()[0].pk,
            "other_id": self._action(report).pk,
            "link_id": self._action(report).issue_links.all()[0].pk,
            "feed_token": self.feed_token,
            "tracker": "jira_cloud",
            "hook_token": self.tracker.hook_token,
            "mapping_pk": self.tracker.mappings.all()[0].pk,
            "account_pk": self.tracker.people.all()[0].pk,
            "event_pk": self.tracker.events.all()[0].pk,
            "token": self._token(where),
            "uidb36": user_pk_to_url_str(self.people["member"]),
            "person_pk": self.people["member"].pk,
            "key": default_token_generator.make_token(self.people["member"]),
            "pk": self._pk(where),
        }
        return {
            name: value
            for name, value in known.items()
            if f":{name}>" in where or f"<{name}>" in where
        }

    def _action(self, report: Postmortem) -> Any:
        return report.action_items.order_by("pk")[0]

    def _thread(self, where: str, report: Postmortem) -> Any:
        about = "row:actions" if where.startswith("actions/") else "report"
        return report.threads.get(part=about)

    def _token(self, where: str) -> str:
        if not where.startswith("unsubscribe/"):
            return self.invitation_token
        address = unsubscribing.address(self.people["viewer"], [NoticeKind.REMINDER])
        return address.rstrip("/").rpartition("/")[2]

    def _pk(self, where: str) -> int | None:
        whose = {
            "trackers/": self.tracker,
            "chats/": self.chat,
            "teams/<int:pk>/restore/": self.archived_team,
            "teams/": self.team,
            "invitations/": self.invitation,
            "people/": self.people["viewer"],
            "services/": self.service,
            "severities/": self.severity,
            "checklists/": self.checklist_item,
            "actions/views/": self.actions_view,
            "actions/bulk/": self.bulk,
            "views/": self.view,
            "policies/": self.policy,
            "days-off/": self.day_off,
            "operations/": self.delivery,
            "settings/reports/": self.subscription,
        }
        return next((one.pk for part, one in whose.items() if part in where), None)


def build() -> World:
    users = _people()
    facilitator, administrator = users["facilitator"], users["administrator"]
    lead = users["manager"]
    team = teams.add_team(
        name="Delivery",
        lead=lead,
        manager=lead,
        members=[users["member"]],
        by=administrator,
    )
    archived = teams.add_team(name="Former", by=administrator)
    teams.archive_team(archived, by=administrator, at=NOW)
    invitation = arriving.invite(
        "newcomer@afterword.example",
        role="member",
        team=None,
        by=administrator,
        at=datetime.now(UTC),
    )
    world = World(
        people=users,
        reports={
            "open": written(users, "Stale product data"),
            "other": written(users, "Slow uploads"),
            "restricted": written(users, "Leaked credential", restricted=True),
            "trashed": written(users, "Opened twice"),
        },
        team=team,
        archived_team=archived,
        service=Service.objects.create(name="ProductService"),
        severity=Severity.objects.get_or_create(
            rank=1, defaults={"label": "SEV-1", "definition": "Critical"}
        )[0],
        checklist_item=ChecklistItem.objects.create(
            kind="incident", text="Alerts and pages"
        ),
        invitation=invitation,
        invitation_token=invitation.token,
        view=saved_views.save_view(
            name="Mine", query="mine=on", shared=False, by=facilitator
        ),
        actions_view=saved_views.save_view(
            name="High",
            query="priority=high",
            shared=False,
            by=facilitator,
            page=SavedView.Page.ACTIONS,
        ),
        bulk=BulkChange.objects.create(by=facilitator, at=NOW, key="k"),
        policy=Policy.objects.create(name="All of them", deadline_days=60),
        tracker=_tracker(administrator),
        chat=hooks.keep(
            hooks.Chat("Ops", ChatFlavour.SLACK, "https://chat.example/hooks/ops"),
            team,
            by=administrator,
            at=NOW,
        ),
        subscription=reporting.subscribe(
            facilitator,
            rhythm="weekly",
            scope="everything",
            by=facilitator,
            at=NOW,
        ),
        delivery=Delivery.objects.create(
            key="digest-failed",
            kind="reminder",
            channel="mail",
            recipient=users["member"],
            state=DeliveryState.FAILED,
            created_at=NOW,
            due_at=NOW,
        ),
        day_off=DayOff.objects.create(on=date(2026, 12, 24), name="Day before"),
        feed_token=feeds.reset_feed(facilitator, None, at=NOW),
    )
    _link_issues(world)
    incidents.trash_incident(world.reports["trashed"].pk, by=facilitator, at=NOW)
    world.sessions = {
        role: _session(user) for role, user in users.items() if role != "anonymous"
    }
    people.deactivate(users["deactivated"], by=administrator)
    return world


def _tracker(by: User) -> Connection:
    """At an address that is called by nobody: it is refused before anything is sent."""
    terms = connecting.Terms(
        "Jira", "https://127.0.0.1", "bot@jira.example", "token", restricted_too=True
    )
    tracker = connecting.connect("jira_cloud", terms, by=by, at=NOW)
    connecting.map_project(tracker, connecting.Destination("OPS"), by=by)
    keeping_step.meet(tracker, Account("5f8a", "Lena in Jira"), None)
    receiving.keep_event(tracker, Receipt("1"), b"{}", at=NOW)
    return tracker


def _link_issues(world: World) -> None:
    """An issue is to be made for the first action of each report."""
    by = world.people["facilitator"]
    for report in world.reports.values():
        action = report.action_items.order_by("pk")[0]
        linking.start_issue(action, world.tracker, by=by, at=NOW)


def _people() -> dict[str, User]:
    return {
        "deactivated": person("Dirk Ahlers"),
        "viewer": person("Vera Blick", "viewer"),
        "member": person("Lena Fischer"),
        "manager": person("Mona Vidal"),
        "removed": person("Remo Haas"),
        "reader": person("Rita Okafor", "viewer"),
        "contributor": person("Priya Raman"),
        "facilitator": person("Maren Holt"),
        "administrator": person("Ada Minh", "administrator"),
    }


def written(users: dict[str, User], title: str, **extra: Any) -> Postmortem:
    """A report in review, published once: a row of each kind and a free section."""
    by = users["facilitator"]
    report = open_report(by, title, **extra)
    for role, part in (
        ("contributor", "contributor"),
        ("reader", "reader"),
        ("removed", "contributor"),
        ("removed", None),
    ):
        incidents.set_part(report.pk, users[role], part, by=by, at=NOW)
    for name, values in SMALLEST.items():
        rows.add_row(kind(name), report.pk, values, by=by, at=NOW)
    evidence.keep_file(
        report.pk, Upload("alerts.log", b"09:30 alert\n", "text/plain"), by=by, at=NOW
    )
    writing.add_section(
        report.pk,
        heading="Customer mail",
        body="Sent at noon.",
        after=Place.SUMMARY,
        by=by,
        at=NOW,
    )
    discussion.start_thread(
        report.pk, discussion.About("report"), "Well written.", by=by, at=NOW
    )
    carry_out(ActionItem.objects.get(postmortem=report), by)
    move_on(report, by, Status.DRAFTING, Status.IN_REVIEW)
    publish(report, by)
    move_on(report, by, Status.DRAFTING, Status.IN_REVIEW)
    suggesting.suggest_row(
        kind("lessons"), report.pk, None, SMALLEST["lessons"], by=by, at=NOW
    )
    return fresh(report)


def carry_out(action: ActionItem, by: User, text: str = "Ask who needs it") -> None:
    """A step of an action, and what somebody says about it."""
    checklists.add_subtask(action, text, by=by, at=NOW)
    about = discussion.About("row:actions", action.pk, quote=action.description)
    discussion.start_thread(action.postmortem_id, about, text, by=by, at=NOW)


def move_on(report: Postmortem, by: User, *steps: Status) -> None:
    for to in steps:
        lifecycle.move_report(report.pk, to, by=by, at=NOW, reason="To correct it")


def publish(report: Postmortem, by: User) -> None:
    shown = lifecycle.text_hash(lifecycle.text_to_publish(Report.load(fresh(report))))
    lifecycle.publish_postmortem(report.pk, shown=shown, by=by, at=NOW)


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _next_address() -> str:
    number = next(_addresses)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@pytest.fixture(scope="module")
def shared_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), undone():
        restore_migrated()
        yield build()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    with undone():
        yield shared_world
