"""The forms of a report's rows: typed text in, values for the operations out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.limits import LIMITS
from postmortems.access import earlier_factors
from postmortems.fields import CleanLine, CleanText
from postmortems.forms.base import RowForm
from postmortems.forms.timeline import TimelineForm
from postmortems.models import Why
from postmortems.vocabulary import Category, LessonKind


class LessonForm(RowForm):
    text = CleanText(label=_("Lesson"), limit=LIMITS.line)
    kind = forms.ChoiceField(label=_("Column"), choices=LessonKind.choices)

    def prepare(self) -> None:
        # The column that “Add” stands in says it already.
        if self.row is None:
            self.fields["kind"].widget = forms.HiddenInput()


class FollowUpForm(RowForm):
    text = CleanText(label=_("Follow-up"), limit=LIMITS.line)


class FactorForm(RowForm):
    text = CleanText(label=_("What made it possible"), limit=LIMITS.line)
    category = forms.ChoiceField(
        label=_("Bone"),
        choices=[("", _("Not placed yet")), *Category.choices],
        required=False,
    )
    note = CleanText(label=_("Note"), limit=LIMITS.entry, required=False)
    same_as = CleanLine(
        label=_("Same as, in an earlier report"), limit=600, required=False
    )

    apart = frozenset({"same_as"})

    def values(self) -> dict[str, Any]:
        """With the earlier factor itself, where it is in this installation."""
        values = super().values()
        named = values["same_as"]
        found = earlier_factors(self.user, [named]).get(named)
        own = self.row is not None and self.row.pk == found
        return {**values, "earlier_id": None if own else found}


class WhyForm(RowForm):
    answer = CleanText(label=_("Because"), limit=LIMITS.line)
    question = CleanLine(
        label=_("Question, where it is another than “Why?”"), limit=500, required=False
    )
    primary = forms.BooleanField(
        label=_("This is the primary root cause"), required=False
    )
    parent_id = forms.TypedChoiceField(
        label=_("Answers why of"), coerce=int, empty_value=None, required=False
    )

    def prepare(self) -> None:
        parent: Any = self.fields["parent_id"]
        parent.error_messages["invalid_choice"] = _(
            "The answer above is not there any more."
        )
        parent.choices = [("", _("Nothing: it is what happened")), *self._places()]
        if self.row is None:
            parent.widget = forms.HiddenInput()

    def _places(self) -> list[tuple[int, str]]:
        """The answers it may hang below: all but itself and what hangs below it."""
        whys = list(self.postmortem.whys.present().order_by("position", "pk"))
        below = {self.row.pk} if self.row else set()
        for _level in whys:
            below |= {why.pk for why in whys if why.parent_id in below}
        return [(why.pk, _shortened(why)) for why in whys if why.pk not in below]


def _shortened(why: Why) -> str:
    return why.answer if len(why.answer) <= 80 else f"{why.answer[:79]}…"  # noqa: PLR2004


class MeasureForm(RowForm):
    quantity = forms.DecimalField(
        label=_("How much"), min_value=0, max_digits=20, decimal_places=4
    )
    unit = CleanLine(label=_("Unit"), limit=LIMITS.name)
    who = CleanLine(label=_("Who or where"), limit=LIMITS.title, required=False)
    estimated = forms.BooleanField(label=_("Estimated"), required=False)


FORMS: dict[str, type[RowForm]] = {
    "timeline": TimelineForm,
    "lessons": LessonForm,
    "follow_ups": FollowUpForm,
    "factors": FactorForm,
    "whys": WhyForm,
    "measures": MeasureForm,
}


def register(name: str, form: type[RowForm]) -> None:
    """Add the form of a kind of row that an app above this one brings."""
    FORMS[name] = form


def form_of(name: str) -> type[RowForm]:
    return FORMS[name]
