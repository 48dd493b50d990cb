"""The form of a row, and every way in which it answers."""

from copy import copy
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.access import people, teams
from accounts.http import UserRequest
from config.limits import LIMITS
from postmortems import permissions, policies, presenting
from postmortems.forms.base import RowForm
from postmortems.forms.rows import form_of
from postmortems.models import Postmortem, Row, Suggestion
from postmortems.operations.rows import Gone, part_of
from postmortems.parts import RowKind
from postmortems.report import Report
from postmortems.views import conflicts
from postmortems.views.replies import (
    base_address,
    editor_of,
    form_reply,
    status_of,
    this_second,
    with_fresh_key,
)

LABELS = {
    "timeline": (lazy("Entry"), lazy("Add entry")),
    "factors": (lazy("Contributing factor"), lazy("Add factor")),
    "whys": (lazy("Answer"), lazy("Add answer")),
    "lessons": (lazy("Lesson"), lazy("Add lesson")),
    "follow_ups": (lazy("Follow-up"), lazy("Add follow-up")),
    "measures": (lazy("Number"), lazy("Add number")),
    "actions": (lazy("Action"), lazy("Add action")),
}
"""What a row of each kind is called, and its form while it is empty."""


def label_of(kind: RowKind, row: Row) -> str:
    """“Entry 10:15:00”, “Lesson: The alert was acknowledged …”."""
    if kind.name == "timeline":
        clock = f"{row.occurred_at:%H:%M:%S}"  # type: ignore[attr-defined]
        return _("Entry %(clock)s") % {"clock": clock}
    return f"{LABELS[kind.name][0]}: {Truncator(str(row)).chars(60)}"


def _names(everybody: QuerySet[Any]) -> list[str]:
    """What the form suggests; anything else can be typed as well."""
    return list(everybody.values_list("name", flat=True)[: LIMITS.rows])


@dataclass(frozen=True, slots=True)
class RowEditor:
    """One person's form for one kind of row of a report."""

    request: UserRequest
    postmortem: Postmortem
    kind: RowKind

    def form(
        self,
        data: QueryDict | None = None,
        *,
        row: Row | None = None,
        initial: dict[str, Any] | None = None,
    ) -> RowForm:
        return form_of(self.kind.name)(
            data,
            postmortem=self.postmortem,
            user=self.request.user,
            now=this_second(),
            row=row,
            initial=initial,
            editor=editor_of(self.request, self.postmortem),
        )

    def reply(self, form: RowForm, *, status: int = 200, **extra: Any) -> HttpResponse:
        row: Row | None = extra.pop("row", form.row)
        context: dict[str, Any] = {
            "kind": self.kind,
            "form": form,
            "row": row,
            "label": label_of(self.kind, form.row)
            if form.row
            else str(LABELS[self.kind.name][1]),
            "movable": row is not None and self._has_neighbours(row),
            "shown_again": self._address(row),
            "suggest_address": self._suggest_address(row),
            **extra,
        }
        if self.kind.name in {"timeline", "actions"}:
            context["team_names"] = _names(teams())
            context["person_names"] = _names(people())
        return form_reply(
            self.request,
            self.postmortem,
            f"postmortems/rows/{self.kind.name}_form.html",
            status=status,
            **context,
        )

    def refused(
        self, row: Row | None, refusal: policies.Refusal, **extra: Any
    ) -> HttpResponse:
        """The form with everything that was typed, and the sentence above it."""
        form = self.form(with_fresh_key(self.request), row=row)
        return self.reply(form, status=status_of(refusal), refusal=refusal, **extra)

    def conflict(self, typed: RowForm, current: Row, **extra: Any) -> HttpResponse:
        """409: the form again at the newest version, with the other text beside it."""
        mine, theirs = self._two_versions(typed, current)
        conflict = conflicts.compare(
            mine,
            theirs,
            what=label_of(self.kind, current),
            last=conflicts.last_change(self.postmortem, part_of(self.kind), current.pk),
            reader=self.request.user,
        )
        return self.reply(mine, status=409, conflict=conflict, **extra)

    def joined(self, typed: RowForm, current: Row, **extra: Any) -> HttpResponse:
        """The form with both versions in it, to be edited before it is saved."""
        mine, theirs = self._two_versions(typed, current)
        both, joined = conflicts.put_both_in(
            mine, theirs, lambda data: self.form(data, row=current)
        )
        return self.reply(both, joined=joined, **extra)

    def gone(self, row: Row, gone: Gone) -> HttpResponse:
        """409: the row is in the trash; the text stays, with two ways to keep it."""
        form = self.form(with_fresh_key(self.request), row=row)
        return self.reply(form, status=409, gone=gone)

    def row(self, row: Row) -> HttpResponse:
        """The row as it stands on the page."""
        now = this_second()
        context: dict[str, Any] = {
            "postmortem": self.postmortem,
            "incident": self.postmortem.incident,
            "base": base_address(self.postmortem),
            "editing": permissions.can_edit(self.request.user, self.postmortem),
            "row": row,
            "today": now.astimezone(self.request.user.zone).date(),
        }
        if self.kind.name == "timeline":
            # An entry's line needs the incident's times only, not the whole report.
            report = Report(self.postmortem)
            context["line"] = presenting.line_of(row, report, now=now)  # type: ignore[arg-type]
        for link in self.kind.links:
            row.addressed = [*getattr(row, link).filter(deleted_at=None)]  # type: ignore[attr-defined]
        template = f"postmortems/rows/{self.kind.name}_row.html"
        return render(self.request, template, context)

    def proposed(self, suggestion: Suggestion, row: Row | None) -> RowForm:
        """The form as it would be if somebody had typed what is suggested."""
        draft = copy(row) if row else self.kind.model()
        proposed: Any = suggestion.proposed
        self.kind.assign(draft, proposed)
        draft.version = suggestion.made_from
        links = {link: proposed[link] for link in self.kind.links if link in proposed}
        return self.form(row=draft, initial=links)

    def _two_versions(self, typed: RowForm, current: Row) -> tuple[RowForm, RowForm]:
        return conflicts.two_versions(typed, lambda data: self.form(data, row=current))

    def _has_neighbours(self, row: Row) -> bool:
        """Whether there is an order to change: entries of different times have none."""
        if self.kind.name != "timeline":
            return True
        at = row.occurred_at  # type: ignore[attr-defined]
        same_time = self.kind.rows(self.postmortem).present().filter(occurred_at=at)
        return same_time.count() > 1

    def _address(self, row: Row | None) -> str:
        """Where the row is fetched again when its form is closed."""
        if row is None or self.kind.name == "factors":
            return ""  # the form of a factor stands beside the row, not in its place
        return f"{base_address(self.postmortem)}rows/{self.kind.name}/{row.pk}/"

    def _suggest_address(self, row: Row | None) -> str:
        """Where what the form says is sent to be a suggestion only."""
        which = "add" if row is None else row.pk
        return f"{base_address(self.postmortem)}suggest/rows/{self.kind.name}/{which}/"
