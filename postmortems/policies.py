"""What must be true before something may happen, and what is still to settle.

Readiness rules are plain functions: each yields findings, a tuple lists them in the
order a person meets them. They never refuse a step; what an administrator made
*required* asks for a reason when somebody publishes, and the reason is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from postmortems.models import Postmortem, TimelineEntry
from postmortems.report import Report
from postmortems.vocabulary import Milestone, Precision


class Refusal(Exception):
    """Something cannot be done; `str()` of it is fit to show to people."""


class NotReady(Refusal):
    """A step that is impossible, such as publishing what is published."""


class Frozen(Refusal):
    """The text is published; it must be reopened before it changes."""


class TooMany(Refusal):
    """A list has reached its limit."""


def check_not_frozen(postmortem: Postmortem) -> None:
    if postmortem.frozen:
        raise Frozen(_("This report is published. Reopen it to change its text."))


# --- Times ----------------------------------------------------------------------------


def order_problems(report: Report) -> Iterator[tuple[Milestone, str]]:
    """Milestones that stand in an odd order, each with its reason."""
    incident = report.incident
    known = [
        (milestone, at)
        for milestone in Milestone
        if (at := incident.moment(milestone).at) is not None
    ]
    for (earlier, before), (later, after) in pairwise(known):
        if after < before:
            yield (
                later,
                _("%(later)s (%(after)s) is before %(earlier)s (%(before)s)")
                % {
                    "later": later.label,
                    "after": f"{after:%H:%M:%S}",
                    "earlier": earlier.label.lower(),
                    "before": f"{before:%H:%M:%S}",
                },
            )


def entry_problems(entry: TimelineEntry, report: Report, now: datetime) -> list[str]:
    """Why the times of an entry are odd; empty where they are not."""
    started = report.incident.started_at
    found = []
    if started is not None and entry.occurred_at < started:
        found.append(_("before the recorded start"))
    if entry.ends_before_it_begins():
        found.append(_("ends before it begins"))
    if entry.occurred_at > now:
        found.append(_("in the future"))
    if entry.precision == Precision.UNKNOWN:
        found.append(_("time not known"))
    return found


# --- Readiness ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to settle: what it is, where, and the place on the page."""

    sentence: str
    detail: str
    anchor: str


Rule = Callable[[Report, datetime], Iterator[Finding]]


def has_a_severity(report: Report, _now: datetime) -> Iterator[Finding]:
    if report.incident.severity_id is None:
        yield Finding(_("No severity is set"), _("Facts"), "facts")


def has_its_times(report: Report, _now: datetime) -> Iterator[Finding]:
    missing = [
        milestone
        for milestone in (Milestone.STARTED, Milestone.DETECTED, Milestone.RESOLVED)
        if report.incident.moment(milestone).at is None
    ]
    for milestone in missing:
        yield Finding(
            _("“%(milestone)s” is not recorded") % {"milestone": milestone.label},
            _("Facts"),
            "facts",
        )


def has_times_in_order(report: Report, _now: datetime) -> Iterator[Finding]:
    for _milestone, sentence in order_problems(report):
        yield Finding(sentence, _("Facts"), "facts")


def agrees_with_itself(report: Report, _now: datetime) -> Iterator[Finding]:
    for milestone, at, entry in report.disagreements():
        yield Finding(
            _("Timeline and facts disagree on “%(milestone)s”")
            % {"milestone": milestone.label},
            _("%(entry)s in the timeline, %(fact)s in the facts")
            % {
                "entry": f"{entry.occurred_at:%H:%M:%S}",
                "fact": f"{at:%H:%M:%S}",
            },
            f"entry-{entry.pk}",
        )


def explains_odd_entries(report: Report, now: datetime) -> Iterator[Finding]:
    for entry in report.timeline:
        if problems := entry_problems(entry, report, now):
            yield Finding(
                _("Entry at %(clock)s: %(problem)s")
                % {
                    "clock": f"{entry.occurred_at:%H:%M}",
                    "problem": ", ".join(problems),
                },
                entry.text.splitlines()[0][:80],
                f"entry-{entry.pk}",
            )


def has_a_summary(report: Report, _now: datetime) -> Iterator[Finding]:
    if not report.body("summary").strip():
        yield Finding(_("The summary is empty"), _("Summary"), "summary")


def says_the_impact(report: Report, _now: datetime) -> Iterator[Finding]:
    if not report.body("impact").strip() and not report.measures:
        yield Finding(_("The impact is not described"), _("Impact"), "impact")
    elif not report.measures:
        yield Finding(_("The impact has no number"), _("Impact"), "impact")


def names_services(report: Report, _now: datetime) -> Iterator[Finding]:
    if not report.affected:
        yield Finding(_("No affected service is named"), _("Facts"), "facts")


def has_a_timeline(report: Report, _now: datetime) -> Iterator[Finding]:
    if not report.timeline:
        yield Finding(_("The timeline is empty"), _("Timeline"), "timeline")


def rests_on_evidence(report: Report, _now: datetime) -> Iterator[Finding]:
    bare = [entry for entry in report.timeline if not entry.evidence]
    if bare:
        yield Finding(
            ngettext(
                "%(count)s timeline entry has no evidence",
                "%(count)s timeline entries have no evidence",
                len(bare),
            )
            % {"count": len(bare)},
            _("%(sourced)s of %(all)s have a source")
            % {
                "sourced": len(report.timeline) - len(bare),
                "all": len(report.timeline),
            },
            f"entry-{bare[0].pk}",
        )


def leaves_no_long_gap(report: Report, _now: datetime) -> Iterator[Finding]:
    for gap in gaps(report):
        yield Finding(
            _("Nothing between %(from)s and %(to)s")
            % {"from": f"{gap.since:%H:%M}", "to": f"{gap.until:%H:%M}"},
            _("Timeline"),
            f"gap-{gap.before_pk}",
        )


def states_the_cause(report: Report, _now: datetime) -> Iterator[Finding]:
    if not report.body("root_cause").strip():
        yield Finding(
            _("The primary root cause is not stated"), _("Root cause"), "cause"
        )
    if not report.factors:
        yield Finding(_("No contributing factor is named"), _("Root cause"), "factors")


def acts_on_factors(report: Report, _now: datetime) -> Iterator[Finding]:
    bare = [f for f in report.factors if f.pk not in report.covered_factor_ids]
    if bare:
        yield Finding(
            ngettext(
                "%(count)s contributing factor has no action item",
                "%(count)s contributing factors have no action item",
                len(bare),
            )
            % {"count": len(bare)},
            "; ".join(factor.text[:60] for factor in bare[:3]),
            f"factor-{bare[0].pk}",
        )


def has_lessons(report: Report, _now: datetime) -> Iterator[Finding]:
    if not report.lessons:
        yield Finding(_("No lesson is written down"), _("Lessons"), "lessons")


def has_actions(report: Report, _now: datetime) -> Iterator[Finding]:
    if not report.actions:
        yield Finding(_("No action item is agreed"), _("Action items"), "actions")


def completes_actions(report: Report, _now: datetime) -> Iterator[Finding]:
    for action in report.actions:
        missing = [
            word
            for word, there in (
                (_("no owner"), _has_owner(action)),
                (_("no due date"), action.due_on is not None),
                (_("no type"), bool(action.types)),
            )
            if not there
        ]
        if missing and not action.settled:
            yield Finding(
                _("An action item has %(missing)s") % {"missing": ", ".join(missing)},
                action.description[:80],
                f"action-{action.pk}",
            )


RULES: dict[str, tuple[Rule, str | Promise]] = {
    "severity": (has_a_severity, lazy("Severity set")),
    "times": (has_its_times, lazy("Start, detection and resolution recorded")),
    "order": (has_times_in_order, lazy("Times in order")),
    "agreement": (agrees_with_itself, lazy("Timeline and facts agree")),
    "entries": (explains_odd_entries, lazy("Every entry within the incident")),
    "summary": (has_a_summary, lazy("Summary written")),
    "impact": (says_the_impact, lazy("Impact described, with a number")),
    "services": (names_services, lazy("Affected services named")),
    "timeline": (has_a_timeline, lazy("Timeline begun")),
    "gaps": (leaves_no_long_gap, lazy("No long gap in the timeline")),
    "evidence": (rests_on_evidence, lazy("Every entry has evidence")),
    "cause": (states_the_cause, lazy("Root cause and factors stated")),
    "coverage": (acts_on_factors, lazy("Every factor has an action")),
    "lessons": (has_lessons, lazy("Lessons written down")),
    "actions": (has_actions, lazy("Action items agreed")),
    "promises": (
        completes_actions,
        lazy("Every action has an owner, a date and a type"),
    ),
}


@dataclass(frozen=True, slots=True)
class Readiness:
    findings: list[Finding]
    required: list[Finding]
    """Those of rules that an administrator made required."""
    passed: list[str]

    @property
    def sentences(self) -> list[str]:
        return [finding.sentence for finding in self.findings]


def readiness(report: Report, *, now: datetime, settings: dict[str, str]) -> Readiness:
    """What is still to settle. `settings` maps a rule to "off" or "required"."""
    result = Readiness([], [], [])
    for name, (rule, passed) in RULES.items():
        if settings.get(name) == "off":
            continue
        found = list(rule(report, now))
        result.findings.extend(found)
        if settings.get(name) == "required":
            result.required.extend(found)
        if not found:
            result.passed.append(str(passed))
    return result


# --- Gaps -----------------------------------------------------------------------------

SHORTEST_GAP = timedelta(minutes=20)
"""Below this nobody needs to explain a silence."""
GAP_SHARE = 0.2
"""A silence this long relative to the whole incident stands out."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of the incident in which the timeline says nothing."""

    since: datetime
    until: datetime
    after_pk: int
    """The entry before the gap."""
    before_pk: int
    """The entry behind the gap."""

    @property
    def length(self) -> timedelta:
        return self.until - self.since


def gaps(report: Report) -> list[Gap]:
    """Silences between start and resolution, long relative to the duration."""
    duration = report.incident.duration
    started = report.incident.started_at
    if duration is None or started is None:
        return []
    least = max(SHORTEST_GAP, duration * GAP_SHARE)
    inside = [
        entry
        for entry in report.timeline
        if started <= entry.occurred_at <= started + duration
    ]
    return [
        Gap(_end_of(before), after.occurred_at, before.pk, after.pk)
        for before, after in pairwise(inside)
        if after.occurred_at - _end_of(before) >= least
    ]


def _end_of(entry: TimelineEntry) -> datetime:
    return entry.ended_at or entry.occurred_at


def _has_owner(action: object) -> bool:
    return any(
        getattr(action, name)
        for name in (
            "owner_team_id",
            "owner_person_id",
            "owner_team_name",
            "owner_person_name",
        )
    )
