"""A restricted report with a marker in every field, and others beside it."""

import itertools
from datetime import date, timedelta
from typing import Any

from django.db import connection

from actions.models import ActionItem, DateMove, FollowThrough
from actions.operations import depending
from integrations.models import IssueLink
from integrations.models.issue import LinkState
from integrations.trackers.operations import linking
from postmortems.models import (
    ContributingFactor,
    Incident,
    Postmortem,
    Section,
)
from postmortems.operations import (
    deciding,
    discussion,
    evidence,
    fields,
    incidents,
    lifecycle,
    rows,
    saved_views,
    settings,
    suggesting,
    versions,
    writing,
)
from postmortems.parts import row_kinds
from postmortems.uploads import Upload
from postmortems.vocabulary import Milestone, Place, Status
from tests.fixtures import NINE, NOW, fresh, kind, open_report, recorded
from tests.worlds import World, carry_out, move_on, publish

MARKER = "zebrafinch"
TRACE = "feedc0deface5eed"
"""A trace id is hexadecimal, so it has a marker of its own."""
MARKERS = (MARKER, TRACE)

ROWS: dict[str, dict[str, Any]] = {
    "timeline": {
        "occurred_at": NINE + timedelta(minutes=30),
        "ended_at": NINE + timedelta(minutes=40),
        "text": f"{MARKER} alert fired",
        "actors": [
            {"kind": "system", "name": f"{MARKER} pipeline"},
            {"kind": "person", "name": f"{MARKER} Person"},
        ],
        "evidence": [
            {
                "uid": "0123456789ab",
                "kind": "log",
                "label": f"{MARKER} log",
                "url": f"https://graphs.example/{MARKER}",
                "trace_id": TRACE,
                "text": f"ERROR {MARKER}",
            }
        ],
        "markers": ["detected"],
    },
    "factors": {
        "text": f"{MARKER} factor",
        "note": f"{MARKER} note",
        "same_as": f"INC-2025-01-01-001: {MARKER} before",
        "category": "process",
    },
    "whys": {"question": f"Why {MARKER}?", "answer": f"{MARKER} because"},
    "lessons": {"kind": "went_well", "text": f"{MARKER} lesson"},
    "follow_ups": {"text": f"{MARKER} follow-up"},
    "measures": {"quantity": "3", "unit": f"{MARKER}s", "who": f"{MARKER} users"},
    "actions": {
        "description": f"{MARKER} action",
        "owner_team_name": f"{MARKER} team",
        "owner_person_name": f"{MARKER} person",
        "status": "wont_do",
        "reason": f"{MARKER} reason",
        "evidence": f"{MARKER} evidence",
        "due_on": date(2026, 3, 20),
    },
}


def hide(world: World) -> Postmortem:
    """The report in every field, published, reopened, and others beside it."""
    by = world.user("facilitator")
    report = open_report(
        by,
        f"{MARKER} title",
        restricted=True,
        severity=world.severity,
        times={
            milestone: recorded(NINE + timedelta(minutes=10 * number))
            for number, milestone in enumerate(Milestone)
        },
    )
    _invite(world, report)
    _write(world, report)
    versions.name_version(report.pk, f"{MARKER} version", by=by, at=NOW)
    move_on(report, by, Status.DRAFTING, Status.IN_REVIEW)
    publish(report, by)
    lifecycle.move_report(
        report.pk, Status.DRAFTING, by=by, at=NOW, reason=f"{MARKER} to correct"
    )
    report.publications.update(reason=f"{MARKER} published", still_open=[MARKER])
    for number, steps in enumerate(
        (
            (),
            (Status.DRAFTING, Status.IN_REVIEW),
            (Status.DRAFTING, Status.IN_REVIEW, Status.PUBLISHED),
            (Status.DRAFTING, Status.IN_REVIEW, Status.PUBLISHED, Status.CLOSED),
        )
    ):
        _another(world, number, *steps)
    trashed = open_report(by, f"{MARKER} in the trash", restricted=True)
    incidents.trash_incident(trashed.pk, by=by, at=NOW)
    _point_at(world, report)
    saved_views.save_view(
        name=f"{MARKER} view", query=f"q={MARKER}", shared=False, by=by
    )
    return fresh(report)


def _invite(world: World, report: Postmortem) -> None:
    by = world.user("facilitator")
    for role, part in (
        ("contributor", "contributor"),
        ("reader", "reader"),
        ("removed", "contributor"),
        ("removed", None),
    ):
        incidents.set_part(report.pk, world.user(role), part, by=by, at=NOW)


def _write(world: World, report: Postmortem) -> None:
    by = world.user("facilitator")
    common: dict[str, Any] = {"by": by, "at": NOW}
    fields.save_field(report.pk, "tldr", f"{MARKER} in short", version=0, **common)
    fields.save_field(report.pk, "title", f"Old {MARKER}", version=0, **common)
    fields.save_field(report.pk, "title", f"{MARKER} title", version=1, **common)
    fields.save_services(
        report.pk,
        [(f"{MARKER}-service", f"{MARKER} note"), ("ProductService", MARKER)],
        version=0,
        **common,
    )
    for section in Section.objects.filter(postmortem=report):
        writing.save_section(
            report.pk, section.pk, body=f"{MARKER} prose", version=1, **common
        )
    for place in Place:
        writing.add_section(
            report.pk,
            heading=f"{MARKER} heading",
            body=f"{MARKER} free",
            after=place,
            **common,
        )
    gone = writing.add_section(
        report.pk, heading=f"{MARKER} gone", body=MARKER, after=Place.SUMMARY, **common
    )
    writing.delete_section(report.pk, gone.pk, **common)
    for name, values in ROWS.items():
        for _number in range(2):
            row = rows.add_row(kind(name), report.pk, values, **common)
        rows.delete_row(kind(name), report.pk, row.pk, **common)
    _give_actions(world, report)
    _follow_through(world, report)
    _link_issues(world, report)
    _suggest(world, report)
    _comment(world, report)
    log = Upload(f"{MARKER}.log", MARKER.encode(), "text/plain")
    evidence.keep_file(report.pk, log, **common)
    settings.tick(report, world.checklist_item, ticked=True, **common)
    Incident.objects.filter(pk=report.incident.pk).update(
        severity_note=MARKER, severity_label=MARKER
    )
    Postmortem.objects.filter(pk=report.pk).update(
        credits={"contributors": [f"{MARKER} contributor"]}
    )


def _comment(world: World, report: Postmortem) -> None:
    """A thread that names somebody, its answer, and one that is deleted."""
    by, reader = world.user("facilitator"), world.user("reader")
    about = discussion.About("report", quote=f"{MARKER} words")
    asked = f"@{reader.name} is {MARKER} right?"
    first = discussion.start_thread(report.pk, about, asked, by=by, at=NOW)
    discussion.reply(report.pk, first.thread_id, f"{MARKER} it is", by=reader, at=NOW)
    gone = discussion.start_thread(report.pk, about, MARKER, by=by, at=NOW)
    discussion.delete_comment(report.pk, gone.pk, by=by, at=NOW)


def _suggest(world: World, report: Postmortem) -> None:
    """Suggested rows and words, one of them declined."""
    by, reader = world.user("facilitator"), world.user("reader")
    common: dict[str, Any] = {"at": NOW, "reason": f"{MARKER} reason"}
    declined = suggesting.suggest_row(
        kind("lessons"), report.pk, None, ROWS["lessons"], by=reader, **common
    )
    deciding.decline(report.pk, declined.pk, note=f"{MARKER} no", by=by, at=NOW)
    suggesting.suggest_wording(
        report.pk,
        report.sections.get(key="summary").pk,
        stood=f"{MARKER} before {MARKER} behind",
        wanted=f"{MARKER} before {MARKER}s behind",
        by=reader,
        **common,
    )


def _give_actions(world: World, report: Postmortem) -> None:
    """Promises of people and of a team that are not invited."""
    for owner in (
        {"owner_team_id": world.team.pk},
        {"owner_person_id": world.user("member").pk},
        {"owner_person_id": world.user("manager").pk},
        {"owner_person_id": world.user("removed").pk},
    ):
        rows.add_row(
            kind("actions"),
            report.pk,
            {"description": f"{MARKER} promise", "due_on": date(2026, 3, 10), **owner},
            by=world.user("facilitator"),
            at=NOW,
        )


def _link_issues(world: World, report: Postmortem) -> None:
    """An issue for each promise, in a tracker that may know of them, in every state."""
    states = itertools.cycle(LinkState)
    for action in report.action_items.order_by("pk"):
        link = linking.start_issue(
            action, world.tracker, by=world.user("facilitator"), at=NOW
        )
        IssueLink.objects.filter(pk=link.pk).update(
            state=next(states),
            project=MARKER,
            reference=f"{MARKER}#1",
            remote_id=f"{MARKER}#{link.pk}",
            issue_key=f"{MARKER}#1",
            url=f"https://issues.example/{MARKER}",
            status_name=f"{MARKER} status",
            pushed={"title": MARKER},
            seen={"title": MARKER},
            versions={"title": {"ours": MARKER, "theirs": MARKER}},
            waiting={"assignee": MARKER},
            messages={"title": MARKER},
            moved_from=f"{MARKER}#0",
        )


def _follow_through(world: World, report: Postmortem) -> None:
    """What is said of promises after they are made; open ones wait for hidden ones."""
    by = world.user("facilitator")
    action = ActionItem.objects.filter(postmortem=report, deleted_at=None)[0]
    carry_out(action, by, f"{MARKER} step")
    FollowThrough.objects.filter(pk=action.pk).update(
        snoozed_until=date(2026, 3, 12),
        snooze_reason=f"{MARKER} can wait",
        verdict_note=f"{MARKER} shows it",
    )
    DateMove.objects.create(
        action=action,
        from_on=date(2026, 3, 1),
        to_on=date(2026, 3, 20),
        reason=f"{MARKER} moved",
        by=by,
        at=NOW,
    )
    shown = ActionItem.objects.filter(postmortem=world.reports["open"])[0]
    depending.add_dependency(shown, action, by=by, at=NOW)
    other = ActionItem.objects.filter(postmortem=report, deleted_at=None)[1]
    depending.add_dependency(other, shown, by=by, at=NOW)


def _another(world: World, number: int, *steps: Status) -> None:
    """A hidden report in a state of its own, so that each page has one to hide."""
    by = world.user("facilitator")
    report = open_report(by, f"{MARKER} number {number}", restricted=True)
    fields.save_field(report.pk, "tldr", MARKER, version=0, by=by, at=NOW)
    for to in steps:
        if to == Status.PUBLISHED:
            publish(report, by)
        else:
            move_on(report, by, to)


def _point_at(world: World, hidden: Postmortem) -> None:
    """An open report whose factor is, in the database, the same as the hidden one."""
    factor = hidden.factors.present()[0]
    ContributingFactor.objects.filter(postmortem=world.reports["other"]).update(
        earlier=factor
    )


def unplanted(report: Postmortem) -> list[str]:
    """Text columns of the report that have no marker in them, by table and name.

    Read from the database itself, so that a column that comes later is missed here
    until the tables above fill it in.
    """
    tables = {
        "postmortems_incident": f"id = {report.incident.pk}",
        "postmortems_postmortem": f"id = {report.pk}",
        "postmortems_section": f"postmortem_id = {report.pk}",
        "postmortems_publication": f"postmortem_id = {report.pk}",
        "postmortems_version": f"postmortem_id = {report.pk}",
        "postmortems_change": f"postmortem_id = {report.pk}",
        "postmortems_suggestion": f"postmortem_id = {report.pk}",
        "postmortems_thread": f"postmortem_id = {report.pk}",
        "postmortems_comment": "thread_id IN (SELECT id FROM postmortems_thread"  # noqa: S608  a number of ours
        f" WHERE postmortem_id = {report.pk})",
        "postmortems_evidencefile": f"postmortem_id = {report.pk}",
        "postmortems_searchtext": f"postmortem_id = {report.pk}",
        **dict.fromkeys(
            (
                "integrations_issuelink",
                "actions_subtask",
                "actions_datemove",
                "actions_followthrough",
            ),
            "action_id IN (SELECT id FROM actions_actionitem"  # noqa: S608  a number of ours
            f" WHERE postmortem_id = {report.pk})",
        ),
        "postmortems_affectedservice": f"incident_id = {report.incident.pk}",
        **{
            one.model._meta.db_table: f"postmortem_id = {report.pk}"
            for one in row_kinds()
        },
    }
    return [
        f"{table}.{column}"
        for table, condition in tables.items()
        for column in _text_columns(table)
        if not _is_planted(table, column, condition)
    ]


def _text_columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND data_type IN ('character varying', 'text', 'jsonb', 'tsvector')"
            " ORDER BY column_name",
            [table],
        )
        return [row[0] for row in cursor.fetchall()]


def _is_planted(table: str, column: str, condition: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT count(*) FROM "{table}" WHERE {condition}'  # noqa: S608  names of ours
            f" AND (\"{column}\"::text LIKE '%%{MARKER}%%'"
            f" OR \"{column}\"::text LIKE '%%{TRACE}%%')"
        )
        return bool(cursor.fetchone()[0])
