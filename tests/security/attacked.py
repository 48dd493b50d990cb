"""A report, and people, whose every text is an attack."""

from typing import Any

from accounts.models import Organisation, Team, User
from postmortems.models import ChecklistItem, Postmortem, Service, Severity
from postmortems.operations import fields, rows, saved_views, suggesting, writing
from postmortems.policies import Refusal
from postmortems.vocabulary import LessonKind, Place
from tests.corpus import ATTACKS, WEB_ADDRESSES
from tests.fixtures import NINE, NOW, kind

LINES = [" ".join(text.replace("\x02", "").split()) for text in ATTACKS.values()]
"""As a field of one line would keep them."""


def attack_everything(report: Postmortem, by: User) -> None:
    """A row of each kind for each attack, and each in the prose."""
    for number, (text, line) in enumerate(zip(ATTACKS.values(), LINES, strict=True)):
        body = text.replace("\x02", "").replace("\x03", "")
        for name, values in _rows_of(number, body, line).items():
            _tried(rows.add_row, kind(name), report.pk, values, by=by, at=NOW)
        _suggest(report, number, body, line, by)
        _tried(
            writing.add_section,
            report.pk,
            heading=line,
            body=body,
            after=list(Place)[number % len(Place)],
            by=by,
            at=NOW,
        )
    for section in report.sections.exclude(key="free"):
        body = "\n\n".join(ATTACKS.values()).replace("\x02", "").replace("\x03", "")
        writing.save_section(report.pk, section.pk, body=body, version=1, by=by, at=NOW)
    services = [(line[:120], line) for line in LINES[:50]]
    fields.save_services(report.pk, services, version=0, by=by, at=NOW)
    Postmortem.objects.filter(pk=report.pk).update(
        credits={"contributors": LINES, "facilitators": LINES}
    )
    for line in LINES[:10]:
        saved_views.save_view(name=line[:60], query="mine=on", shared=True, by=by)


def _suggest(report: Postmortem, number: int, text: str, line: str, by: User) -> None:
    """One kind of row and other words, with the attack for the reason, too."""
    common: dict[str, Any] = {"by": by, "at": NOW, "reason": text}
    found = list(_rows_of(number, text, line).items())
    name, values = found[number % len(found)]
    _tried(suggesting.suggest_row, kind(name), report.pk, None, values, **common)
    _tried(
        suggesting.suggest_wording,
        report.pk,
        report.sections.get(key="summary").pk,
        stood="As it was.",
        wanted=text,
        **common,
    )


def _rows_of(number: int, text: str, line: str) -> dict[str, dict[str, Any]]:
    return {
        "timeline": {
            "occurred_at": NINE,
            "text": text,
            "actors": [{"kind": "role", "name": line[:120]}],
            "evidence": [
                {
                    "uid": f"{number:012x}",
                    "kind": "log",
                    "label": line[:120],
                    "url": "https://a.example/?pwnme",
                    "trace_id": "",
                    "text": f"{text}\n{list(WEB_ADDRESSES.values())[number % 12]}",
                }
            ],
        },
        "factors": {
            "text": text,
            "note": text,
            "same_as": f"INC-2025-01-01-001: {line}",
            "category": ["", "process"][number % 2],
        },
        "whys": {"question": line, "answer": text},
        "lessons": {"kind": list(LessonKind)[number % 3], "text": text},
        "follow_ups": {"text": text},
        "measures": {"quantity": "1", "unit": line[:120], "who": line},
        "actions": {
            "description": text,
            "owner_team_name": line[:120],
            "owner_person_name": line[:120],
            "status": "wont_do",
            "reason": text,
            "evidence": text,
        },
    }


def _tried(operation: Any, *args: Any, **kwargs: Any) -> None:
    """Up to the limit of each list."""
    try:
        operation(*args, **kwargs)
    except Refusal:
        return


def rename_everybody(line: str) -> None:
    """People, teams and what administrators write, by one attack."""
    for number, user in enumerate(User.objects.order_by("pk")):
        User.objects.filter(pk=user.pk).update(name=f"{line[:110]} {number}")
    for number, team in enumerate(Team.objects.order_by("pk")):
        name = f"{line[:110]} team {number}"
        Team.objects.filter(pk=team.pk).update(name=name, description=line)
    for number, step in enumerate(Severity.objects.order_by("pk")):
        label = f"{line[:40]} {number}"
        Severity.objects.filter(pk=step.pk).update(label=label, definition=line[:300])
    Service.objects.update(description=line)
    ChecklistItem.objects.update(text=line[:300])
    Organisation.objects.update_or_create(pk=1, defaults={"name": line[:120]})
