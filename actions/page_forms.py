"""The small forms of an action's own page. Each has ids of its own there."""

import re
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from actions import access
from actions.models import ActionItem, Subtask, Verdict
from config.limits import LIMITS
from postmortems.fields import CleanLine, CleanText
from postmortems.models import Thread

ADDRESS = re.compile(
    r"\A(?:(?:https?://[^\s/]{1,255})?/actions/"
    r"|(?:(?:https?://|/)[^\s#]{1,500})?#action-"
    r"|(?:action-)?)(\d{1,18})/?\Z"
)
"""What people paste: the address of an action's page, its place in a report, its id."""


class SmallForm(forms.Form):
    """Carries a key, so that sending it twice does it once."""

    request_key = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput
    )
    name = "form"

    def __init__(
        self, data: Any = None, *, initial: Any = None, name: str = ""
    ) -> None:
        self.name = name or self.name
        super().__init__(
            data,
            initial={"request_key": uuid4().hex, **(initial or {})},
            auto_id=f"{self.name}_%s",
        )


class StepForm(SmallForm):
    """A new step, or one to be said otherwise."""

    name = "step"
    text = CleanLine(label=_("Step"), limit=LIMITS.subtask)
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, step: Subtask | None = None, **more: Any
    ) -> None:
        if step is not None:
            more = {
                "name": f"step-{step.pk}",
                "initial": {"text": step.text, "version": step.version},
                **more,
            }
        super().__init__(data, **more)


class NeedsForm(SmallForm):
    """Another action, from the list of this report or by its address."""

    name = "needs"
    needs = forms.TypedChoiceField(
        label=_("Of this report"), coerce=int, empty_value=None, required=False
    )
    address = CleanLine(
        label=_("Or of another one, by its address"),
        limit=LIMITS.url_field,
        required=False,
    )

    def __init__(self, data: Any = None, *, user: User, action: ActionItem) -> None:
        super().__init__(data)
        self.user, self.action = user, action
        self.found: ActionItem | None = None
        others = action.postmortem.action_items.present().exclude(pk=action.pk)
        field: Any = self.fields["needs"]
        field.choices = [
            ("", "…"),
            *((one.pk, _shortened(one)) for one in others.order_by("position", "pk")),
        ]

    def clean(self) -> None:
        typed = self.cleaned_data.get("address") or ""
        match = ADDRESS.match(typed.strip())
        pk = int(match[1]) if match else self.cleaned_data.get("needs")
        if typed and not match:
            self.add_error("address", _("This is not the address of an action."))
        elif pk is None:
            self.add_error("needs", _("Choose an action, or paste its address."))
        else:
            self._find(pk)

    def _find(self, pk: int) -> None:
        try:
            self.found = access.action(self.user, pk)
        except Http404:
            self.add_error("address", _("There is no such action, or not for you."))


class SayForm(SmallForm):
    name = "say"
    text = CleanText(
        label=_("Comment"),
        limit=LIMITS.comment,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write something first.")},
        help_text=_("Name somebody with @ to tell them by mail."),
    )

    def __init__(
        self, data: Any = None, *, action: ActionItem, thread: Thread | None = None
    ) -> None:
        """The first comment of a thread about the action, or a reply in one."""
        self.label = _("Reply") if thread else _("Comment")
        args = [action.pk, thread.pk] if thread else [action.pk]
        self.address = reverse(f"actions:{'reply' if thread else 'say'}", args=args)
        super().__init__(data, name=f"reply-{thread.pk}" if thread else "")


class SnoozeForm(SmallForm):
    name = "snooze"
    until = CleanLine(label=_("No reminder before"), limit=LIMITS.name, required=False)
    reason = CleanText(label=_("Why it can wait"), limit=LIMITS.line, required=False)


class VerdictForm(SmallForm):
    name = "verdict"
    verdict = forms.ChoiceField(
        label=_("Did it work?"),
        choices=Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether it worked.")},
    )
    note = CleanText(label=_("What shows it"), limit=LIMITS.line, required=False)


def _shortened(action: ActionItem) -> str:
    text = action.description
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004


def refuse(form: forms.Form, questions: Any) -> None:
    """Put what an operation asks beside the fields, as if the form had asked it."""
    for name, question in questions.items():
        error = ValidationError(question, code="unanswered")
        form.add_error(name if name in form.fields else None, error)
