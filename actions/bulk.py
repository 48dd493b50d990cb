"""What can be done to many actions at once: the forms, and what each would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.access import people, teams
from accounts.models import Team, User
from actions.models import ActionItem
from actions.operations.bulk import Wanted, is_so
from actions.promises import BECAUSE, Stood, open_questions
from config.limits import LIMITS
from postmortems.fields import CleanLine, CleanText
from postmortems.markup import to_plain
from postmortems.moments import BadMoment, parse_due_date
from postmortems.vocabulary import ActionPriority, ActionStatus

KEEP, NOBODY = "", "none"


class BulkForm(forms.Form):
    """One kind of change; `values` says what it makes of an action."""

    title: ClassVar[Any]

    def __init__(self, data: Any = None, *, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        super().__init__(data, auto_id="bulk-%s")
        for field in self.fields.values():
            is_select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "select" if is_select else "input"

    def values(self, action: ActionItem) -> dict[str, Any]:
        raise NotImplementedError

    @property
    def today(self) -> date:
        return self.now.astimezone(self.user.zone).date()


class AssignForm(BulkForm):
    title = lazy("Reassign")

    team = forms.ChoiceField(label=lazy("Team"), required=False)
    person = forms.ChoiceField(label=lazy("Person"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, nobody, rows in (
            ("team", _("No team"), teams()),
            ("person", _("No person"), people()),
        ):
            field: Any = self.fields[name]
            known = [(str(pk), called) for pk, called in rows.values_list("pk", "name")]
            field.choices = [(KEEP, _("Leave as it is")), (NOBODY, nobody), *known]

    def clean(self) -> None:
        if not (self.errors or any(self.cleaned_data.values())):
            self.add_error("team", _("Choose a team, a person, or both."))

    def values(self, action: ActionItem) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in ("team", "person"):
            chosen = self.cleaned_data[name]
            if chosen != KEEP:
                found[f"owner_{name}_id"] = None if chosen == NOBODY else int(chosen)
                found[f"owner_{name}_name"] = ""
        return found


class DateForm(BulkForm):
    title = lazy("Change date")

    due = CleanLine(
        label=lazy("Due"),
        limit=LIMITS.name,
        help_text=lazy("2026-03-20, 20 Mar, Fri, +2w."),
    )
    because = CleanText(
        label=lazy("Why the date moves"),
        limit=LIMITS.line,
        required=False,
        help_text=lazy("Needed where a promised date gets a later one."),
    )

    def clean_due(self) -> date:
        try:
            return parse_due_date(self.cleaned_data["due"], today=self.today)
        except BadMoment as error:
            raise ValidationError(str(error), code="moment") from error

    def values(self, action: ActionItem) -> dict[str, Any]:
        return {
            "due_on": self.cleaned_data["due"],
            BECAUSE: self.cleaned_data[BECAUSE] or "",
        }


class StatusForm(BulkForm):
    title = lazy("Set status")

    status = forms.ChoiceField(label=lazy("Status"), choices=ActionStatus)
    evidence = CleanText(
        label=lazy("What shows that it is done"),
        limit=LIMITS.line,
        required=False,
        help_text=lazy("A link or a sentence; needed for “done”."),
    )
    reason = CleanText(
        label=lazy("Why it won’t be done"),
        limit=LIMITS.line,
        required=False,
        help_text=lazy("Needed for “won’t do”; its facilitators and team see it."),
    )

    def clean(self) -> None:
        status = self.cleaned_data.get("status")
        if status == ActionStatus.DONE and not self.cleaned_data.get("evidence"):
            self.add_error(
                "evidence", _("Say what shows that it is done: a link or a sentence.")
            )
        if status == ActionStatus.WONT_DO and not self.cleaned_data.get("reason"):
            self.add_error("reason", _("Say why it won’t be done."))

    def values(self, action: ActionItem) -> dict[str, Any]:
        status = self.cleaned_data["status"]
        if action.status == status:
            return {"status": status}
        found = {"status": status, "reason": "", "done_on": None}
        if status == ActionStatus.DONE:
            found["evidence"] = self.cleaned_data["evidence"]
            found["done_on"] = self.now.date()
        if status == ActionStatus.WONT_DO:
            found["reason"] = self.cleaned_data["reason"]
        return found


class PriorityForm(BulkForm):
    title = lazy("Set priority")

    priority = forms.ChoiceField(label=lazy("Priority"), choices=ActionPriority)

    def values(self, action: ActionItem) -> dict[str, Any]:
        return {"priority": self.cleaned_data["priority"]}


FORMS: dict[str, type[BulkForm]] = {
    "assign": AssignForm,
    "date": DateForm,
    "status": StatusForm,
    "priority": PriorityForm,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What would become of one action."""

    action: ActionItem
    changes: list[tuple[str, str, str]]
    """(label, as it is, as it would be)"""
    stays: str = ""
    """Why it stays as it is; "" where it changes."""
    values: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        return to_plain(self.action.description)

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.action.pk, self.action.version, self.values or {})


def planned(
    form: BulkForm,
    actions: Sequence[ActionItem],
    *,
    settleable: set[int],
    promised: set[int],
) -> list[Planned]:
    """What a valid form would do to each, in their order.

    A reason for later dates that is missing is told beside its field. `settleable` are
    ids of actions, `promised` those of reports that were published.
    """
    names = _Names()
    found = []
    for action in actions:
        if action.pk not in settleable:
            why = _("Its report’s people, its owner and its team’s lead may change it.")
            found.append(Planned(action, [], why))
            continue
        values = form.values(action)
        if is_so(action, values):
            found.append(Planned(action, [], _("It is so already.")))
            continue
        _ask(form, action, values, promised=action.postmortem_id in promised)
        found.append(Planned(action, names.changes(action, values), "", values))
    return found


def _ask(
    form: BulkForm, action: ActionItem, values: Mapping[str, Any], *, promised: bool
) -> None:
    for name, question in open_questions(
        Stood.of(action), values, promised=promised
    ).items():
        if name in form.fields and name not in form.errors:
            form.add_error(name, question)


class _Names:
    """What columns are called, and their values in words; owners asked for once."""

    def __init__(self) -> None:
        self._known: dict[tuple[type[Any], int], str] = {}

    def changes(
        self, action: ActionItem, values: Mapping[str, Any]
    ) -> list[tuple[str, str, str]]:
        found = []
        for name, label, words in (
            ("owner_team_id", _("Team"), self._team),
            ("owner_person_id", _("Person"), self._person),
            ("due_on", _("Due"), _day),
            ("status", _("Status"), _status),
            ("evidence", _("What shows that it is done"), str),
            ("reason", _("Why it won’t be done"), str),
            ("priority", _("Priority"), _priority),
        ):
            if name in values:
                before = words(getattr(action, name)) or self._typed(action, name)
                after = words(values[name])
                if before != after:
                    found.append((label, before or _("not set"), after or _("not set")))
        return found

    def _typed(self, action: ActionItem, name: str) -> str:
        """A name that nobody here has, as an import brought it."""
        return str(getattr(action, f"{name.removesuffix('_id')}_name", ""))

    def _team(self, pk: int | None) -> str:
        return self._called(Team, pk, teams())

    def _person(self, pk: int | None) -> str:
        return self._called(User, pk, people())

    def _called(self, model: type[Any], pk: int | None, rows: Any) -> str:
        if pk is None:
            return ""
        if not any(known is model for known, _pk in self._known):
            self._known |= {
                (model, one): name for one, name in rows.values_list("pk", "name")
            }
        return self._known.get((model, pk), _("somebody who left"))


def _day(on: date | None) -> str:
    return date_format(on, "j M Y") if on else ""


def _status(status: str) -> str:
    return str(ActionStatus(status).label)


def _priority(priority: str) -> str:
    return str(ActionPriority(priority).label)
