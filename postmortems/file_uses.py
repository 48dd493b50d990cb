"""Where a report's texts point at its evidence files."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from postmortems.file_addresses import uids_in
from postmortems.report import Report


@dataclass(frozen=True, slots=True)
class Use:
    anchor: str
    """Of the part, on the pages of the report."""
    words: str


def uses_of(report: Report) -> dict[str, list[Use]]:
    """For each uid, the parts of the text as it stands that show or name the file."""
    found: dict[str, list[Use]] = defaultdict(list)
    for use, text in _texts(report):
        for uid in uids_in(text):
            found[uid].append(use)
    return dict(found)


def _texts(report: Report) -> Iterator[tuple[Use, str]]:
    for section in report.sections:
        name = section.heading if section.key == "free" else section.get_key_display()
        yield Use(f"section-{section.pk}", name), section.body
    for entry in report.timeline:
        links = (item.get("url", "") for item in entry.evidence)
        when = _("Entry %(at)s") % {"at": f"{entry.occurred_at:%H:%M:%S}"}
        yield Use(f"entry-{entry.pk}", when), "\n".join((entry.text, *links))
    for factor in report.factors:
        words = _("Contributing factor")
        yield Use(f"factor-{factor.pk}", words), f"{factor.text}\n{factor.note}"
    for why in report.whys:
        yield Use(f"why-{why.pk}", _("5 Whys")), f"{why.question}\n{why.answer}"
    for lesson in report.lessons:
        yield Use(f"lesson-{lesson.pk}", lesson.get_kind_display()), lesson.text
    for follow_up in report.follow_ups:
        yield Use(f"follow-up-{follow_up.pk}", _("Follow-up")), follow_up.text
    for action in report.actions:
        text = f"{action.description}\n{action.evidence}\n{action.reason}"
        yield Use(f"action-{action.pk}", _("Action item")), text
