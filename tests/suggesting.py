"""Suggestions that tests begin with, made through the operations."""

from typing import Any

from accounts.models import User
from postmortems.models import Postmortem, Section, Suggestion
from postmortems.operations import suggesting, writing
from tests.fixtures import NOW, SMALLEST, kind


def entry(
    report: Postmortem, by: User, name: str = "timeline", **more: Any
) -> Suggestion:
    """A new row of that kind."""
    reason = more.pop("reason", "")
    key = more.pop("key", None)
    values = {**SMALLEST[name], **more}
    return suggesting.suggest_row(
        kind(name), report.pk, None, values, by=by, at=NOW, reason=reason, key=key
    )


def correction(
    report: Postmortem, by: User, name: str, row: Any, **values: Any
) -> Suggestion:
    """Other values of a row, over the version that `row` is."""
    return suggesting.suggest_row(
        kind(name), report.pk, row.pk, values, version=row.version, by=by, at=NOW
    )


def wording(
    report: Postmortem, by: User, old: str, new: str, key: str = "summary"
) -> Suggestion:
    """Other words in a section as it stands."""
    section = report.sections.get(key=key)
    return suggesting.suggest_wording(
        report.pk,
        section.pk,
        stood=section.body,
        wanted=section.body.replace(old, new),
        by=by,
        at=NOW,
    )


def write(report: Postmortem, by: User, body: str, key: str = "summary") -> Section:
    section = report.sections.get(key=key)
    return writing.save_section(
        report.pk, section.pk, body=body, version=section.version, by=by, at=NOW
    )
