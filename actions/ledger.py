"""The rows of the list of actions: plain values, and what is drawn of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.access import names_of_people, names_of_teams
from accounts.models import Team, User
from actions.choosing import Days
from actions.models import SETTLED, ActionItem, Verdict
from actions.promises import in_words
from postmortems.markup import to_plain
from postmortems.search import Highlighter
from postmortems.templatetags.report import action_types, mark, person, team_badge
from postmortems.vocabulary import ActionPriority, ActionStatus

COLUMNS = (
    "pk",
    "version",
    "description",
    "types",
    "priority",
    "status",
    "due_on",
    "done_on",
    "owner_team_id",
    "owner_team_name",
    "owner_person_id",
    "owner_person_name",
    "postmortem__incident__reference",
    "postmortem__incident__title",
    "postmortem__incident__restricted",
    "follow_through__verdict",
    "follow_through__promised_on",
)
"""Names of owners are asked for apart: with one more table in it, the database thinks
about this query for longer than it works.
"""


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One row; all of it is text or escaped."""

    values: Any
    today: date
    address: str
    report: str
    text: str
    """The description without its marks."""
    title: SafeString | str
    """The same as it is shown, with what was searched for marked."""
    incident: SafeString | str
    team: str
    person: str
    moves: int

    @property
    def html(self) -> SafeString:
        return _drawn(self, get_language())

    @property
    def chosen(self) -> str:
        """What a checkbox sends: the action, and the version that is shown."""
        return f"{self.values.pk}.{self.values.version}"

    @property
    def late(self) -> bool:
        due_on: date | None = self.values.due_on
        return (
            self.values.status not in SETTLED
            and due_on is not None
            and (due_on < self.today)
        )

    @property
    def restricted(self) -> bool:
        return bool(self.values.postmortem__incident__restricted)

    @property
    def kinds(self) -> str:
        """“Detective, high.”"""
        types = action_types(self.values.types)
        priority = str(ActionPriority(self.values.priority).label)
        return f"{types}, {priority.lower()}." if types else f"{priority}."

    @property
    def owner(self) -> SafeString:
        return _owner(
            self.team,
            self.values.owner_person_id,
            self.person,
            typed=self.values.owner_person_name or self.values.owner_team_name,
            language=get_language(),
        )

    @property
    def due(self) -> str:
        return _day(self.values.due_on, self.today)

    @property
    def when(self) -> SafeString | str:
        """“17 days late”, “in 4 days”; of what is done, on which day."""
        if self.values.status == ActionStatus.DONE:
            on = self.values.done_on
            return _("done %(day)s") % {"day": _day(on, self.today)} if on else ""
        if self.values.due_on is None or self.values.status in SETTLED:
            return ""
        return when(self.values.due_on, self.today)

    @property
    def promise(self) -> str:
        """“promised 10 Feb, moved twice”."""
        promised = self.values.follow_through__promised_on
        return in_words(promised, self.moves, self.today)

    @property
    def state(self) -> SafeString:
        known = ActionStatus(self.values.status)
        return format_html(
            '<span class="state">{}{}</span>', mark(self._mark), known.label
        )

    @property
    def _mark(self) -> str:
        if self.late:
            return "late"
        marks = {ActionStatus.IN_PROGRESS: "half", ActionStatus.DONE: "full"}
        return marks.get(self.values.status, "")

    @property
    def proof(self) -> str:
        """Whether what is done is proven; "" for what is not done."""
        if self.values.status != ActionStatus.DONE:
            return ""
        verdict = self.values.follow_through__verdict
        return str(Verdict(verdict).label) if verdict else _("Not proven yet")


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are due about the same time, under a heading of theirs."""

    key: str
    heading: str
    rows: list[ActionRow]
    count: str = ""


def draw(
    visible: QuerySet[ActionItem],
    found: Sequence[Any],
    today: date,
    highlighter: Highlighter | None = None,
) -> list[ActionRow]:
    """Rows of plain values, one page of them."""
    moves = _moves(visible, found)
    teams = names_of_teams({row.owner_team_id for row in found})
    people = names_of_people({row.owner_person_id for row in found})
    action, report = _addresses()
    shown = highlighter.mark if highlighter else str
    rows = []
    for with_list in found:
        values = with_list._replace(types=tuple(with_list.types))
        text = to_plain(values.description)
        rows.append(
            ActionRow(
                values=values,
                today=today,
                address=action(values),
                report=report(values),
                text=text,
                title=shown(text),
                incident=shown(values.postmortem__incident__title),
                team=teams.get(values.owner_team_id, ""),
                person=people.get(values.owner_person_id, ""),
                moves=moves.get(values.pk, 0),
            )
        )
    return rows


@lru_cache(maxsize=4096)
def _drawn(row: ActionRow, _language: str | None) -> SafeString:
    """Drawn once for the same values: drawing is what a page of rows costs."""
    return render_to_string("actions/_row.html", {"row": row})


def read(
    visible: QuerySet[ActionItem], found: QuerySet[ActionItem], first: int, count: int
) -> list[Any]:
    """Plain values of `count` actions from the `first` on, in the order of `found`.

    Which they are is asked first, so that nothing but ids is put in order.
    """
    pks = list(found.values_list("pk", flat=True)[first : first + count])
    rows = visible.filter(pk__in=pks).order_by().values_list(*COLUMNS, named=True)
    by_pk = {row.pk: row for row in rows}
    return [by_pk[pk] for pk in pks if pk in by_pk]


def _moves(visible: QuerySet[ActionItem], found: Sequence[Any]) -> dict[int, int]:
    """How often the promised date of these was moved."""
    pks = [row.pk for row in found if row.follow_through__promised_on]
    if not pks:
        return {}
    counted = visible.filter(pk__in=pks).order_by().values("pk")
    return {row["pk"]: row["n"] for row in counted.annotate(n=Count("date_moves"))}


def _addresses() -> tuple[Any, Any]:
    """An address takes longer to reverse than to write; rows differ in one word."""
    ledger = reverse("actions:ledger")
    before, _word, after = reverse("postmortems:read", args=["0"]).partition("0")

    def action(values: Any) -> str:
        return f"{ledger}{values.pk}/"

    def report(values: Any) -> str:
        return f"{before}{values.postmortem__incident__reference}{after}"

    return action, report


# --- Groups ---------------------------------------------------------------------------


def of_groups(days: Days) -> dict[str, Q]:
    """What belongs under each heading, in their order."""
    week, soon = days.week_end, days.soon_end
    return {
        "overdue": Q(due_on__lt=days.today),
        "week": Q(due_on__gte=days.today, due_on__lte=week),
        "soon": Q(due_on__gt=week, due_on__lte=soon),
        "later": Q(due_on__gt=soon),
        "undated": Q(due_on=None),
    }


def group_of(due_on: date | None, days: Days) -> str:
    """The key of the heading, by the same rules."""
    if due_on is None:
        return "undated"
    if due_on < days.today:
        return "overdue"
    if due_on <= days.week_end:
        return "week"
    return "soon" if due_on <= days.soon_end else "later"


def heading(key: str, days: Days) -> str:
    soon = days.soon_end
    words = {
        "overdue": _("Overdue"),
        "week": _("Due this week"),
        "soon": _("Due by %(day)s")
        % {
            "day": date_format(soon, "j F" if soon.year == days.today.year else "j F Y")
        },
        "later": _("Later"),
        "undated": _("No date"),
    }
    return words[key]


def grouped(
    rows: Iterable[ActionRow], days: Days, counts: Mapping[str, str]
) -> list[Group]:
    """Rows in the order of their dates, under their headings."""
    found: dict[str, list[ActionRow]] = {}
    for row in rows:
        found.setdefault(group_of(row.values.due_on, days), []).append(row)
    return [
        Group(key, heading(key, days), some, counts.get(key, ""))
        for key, some in found.items()
    ]


# --- Words ----------------------------------------------------------------------------


def when(due_on: date, today: date) -> SafeString | str:
    """“17 days late” for what is, else “today” or “in 4 days”."""
    days = (due_on - today).days
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}
    late = ngettext("%(count)s day late", "%(count)s days late", -days)
    return format_html('<span class="late">{}</span>', late % {"count": -days})


def _day(on: date | None, today: date) -> str:
    if on is None:
        return _("no date")
    return date_format(on, "j M" if on.year == today.year else "j M Y")


@lru_cache(maxsize=2048)
def _owner(
    team: str, person_id: int | None, name: str, *, typed: str, language: str | None
) -> SafeString:
    """The person and their team, the team alone, or a name that nobody here has."""
    if name:
        whom = person(User(pk=person_id, name=name))
        sub = format_html('<span class="sub">{}</span>', team) if team else ""
        return format_html("{}{}", whom, sub)
    if team:
        return team_badge(Team(name=team))
    if typed:
        return format_html('{}<span class="sub">{}</span>', typed, _("not known here"))
    return format_html('<span class="muted">{}</span>', _("No owner"))
