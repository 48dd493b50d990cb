"""The form that says what became of an action item."""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from actions.models import ActionItem
from actions.promises import BECAUSE, Stood, ask, is_promise
from config.limits import LIMITS
from postmortems.fields import CleanLine, CleanText
from postmortems.moments import BadMoment, parse_due_date
from postmortems.vocabulary import ActionStatus


class SettleForm(forms.Form):
    name = "settle"
    status = forms.ChoiceField(label=_("Status"), choices=ActionStatus.choices)
    due = CleanLine(label=_("Due"), limit=LIMITS.name, required=False)
    evidence = CleanText(
        label=_("What shows that it is done"), limit=LIMITS.line, required=False
    )
    reason = CleanText(
        label=_("Why it won’t be done"), limit=LIMITS.line, required=False
    )
    because = CleanText(
        label=_("Why its date moves"),
        limit=LIMITS.line,
        required=False,
        help_text=_("Needed where it gets a later date, or none."),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    request_key = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput
    )

    def __init__(
        self, data: Any = None, *, action: ActionItem, user: User, now: datetime
    ) -> None:
        self.action, self.user, self.now = action, user, now
        initial = {
            "status": action.status,
            "due": action.due_on.isoformat() if action.due_on else "",
            "evidence": action.evidence,
            "reason": action.reason,
            "version": action.version,
            "request_key": uuid4().hex,
        }
        super().__init__(data, initial=initial, auto_id=f"{self.name}_%s")
        self.promised = is_promise(action.postmortem)
        if not self.promised:
            del self.fields[BECAUSE]

    def clean_due(self) -> date | None:
        text = self.cleaned_data["due"]
        if not text:
            return None
        today = self.now.astimezone(self.user.zone).date()
        try:
            return parse_due_date(text, today=today)
        except BadMoment as error:
            raise ValidationError(str(error), code="moment") from error

    def clean(self) -> None:
        values = self.cleaned_data
        if values.get("status") != ActionStatus.WONT_DO:
            values["reason"] = ""
        ask(self, Stood.of(self.action), promised=self.promised)

    def values(self) -> dict[str, Any]:
        """By column, for the operation; what is done keeps the day it was done."""
        values = self.cleaned_data
        done = values["status"] == ActionStatus.DONE
        return {
            "status": values["status"],
            "due_on": values["due"],
            "evidence": values["evidence"] or "",
            "reason": values["reason"] or "",
            "done_on": (self.action.done_on or self.now.date()) if done else None,
            BECAUSE: values.get(BECAUSE, ""),
        }
