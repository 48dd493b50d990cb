"""How a suggestion is taken over: one way for rows, fields and words each."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.http import UserRequest
from postmortems import access, policies
from postmortems.forms.suggesting import WordsForm, as_typed
from postmortems.models import Postmortem, Row, Suggestion
from postmortems.operations import deciding
from postmortems.operations.rows import Gone, Stale
from postmortems.suggested import anchor_of
from postmortems.views import conflicts, fields
from postmortems.views.replies import (
    PARTS_OF_KIND,
    editor_of,
    form_reply,
    request_key,
    saved,
    status_of,
    this_second,
    with_fresh_key,
)
from postmortems.views.row_editor import RowEditor

BARE: dict[str, Any] = {"bare": True, "suggest_address": "", "save_word": ""}
"""The form of a decision offers neither to move the row nor to delete it."""


class Taking:
    """How a suggestion for one kind of part is taken over."""

    def __init__(
        self, request: UserRequest, postmortem: Postmortem, suggestion: Suggestion
    ) -> None:
        self.request, self.postmortem, self.suggestion = request, postmortem, suggestion
        self.place = f"#slot-suggestion-{suggestion.pk}"
        self.swap = "innerHTML"

    def form_to_change(self) -> HttpResponse:
        """The form of the part as if somebody had typed what is suggested."""
        raise NotImplementedError

    def as_changed(self) -> HttpResponse:
        """Write what the form says now."""
        raise NotImplementedError

    def stale(self, form: Any, current: Any) -> HttpResponse:
        """409 with both versions."""
        raise NotImplementedError

    def as_suggested(self) -> HttpResponse:
        try:
            return self.written()
        except Stale as stale:
            return self.stale(None, stale.current)

    def written(self, values: Any = None, version: int | None = None) -> HttpResponse:
        taken = deciding.take_over(
            self.postmortem.pk,
            self.suggestion.pk,
            values=values,
            version=version,
            by=self.request.user,
            at=this_second(),
            key=request_key(self.request),
        )
        return decided(self.request, self.postmortem, taken)

    def put(self, answer: HttpResponse) -> HttpResponse:
        """A form, where that part is edited."""
        answer.headers["HX-Retarget"] = self.place
        answer.headers["HX-Reswap"] = self.swap
        return answer


class TakingRow(Taking):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        name = self.suggestion.part.removeprefix("row:")
        self.editor = RowEditor(self.request, self.postmortem, access.kind_of_row(name))
        self.row = self._row()
        if self.row is None or name == "factors":
            self.place = f"#slot-{name}"
            if name == "lessons":
                proposed: Any = self.suggestion.proposed
                self.place += f"-{proposed['kind']}"
        else:
            self.place = f"#{self.editor.kind.anchor_of(self.row)}"
            self.swap = "outerHTML"

    def form_to_change(self) -> HttpResponse:
        form = self.editor.proposed(self.suggestion, self.row)
        return self.put(self.editor.reply(form, **self._extra()))

    def as_changed(self) -> HttpResponse:
        way = self.request.POST.get("resolution", "")
        if way == conflicts.THEIRS and self.row is not None:
            return _kept_theirs(
                self.request, self.postmortem, self.editor.row(self.row)
            )
        form = self.editor.form(self.request.POST, row=self.row)
        if not form.is_valid():
            return self.editor.reply(form, status=422, **self._extra())
        if way == conflicts.BOTH and self.row is not None:
            return self.editor.joined(form, self.row, **self._extra())
        try:
            version = conflicts.version_to_save(self.request, form)
            return self.written(form.values(), version)
        except Stale as stale:
            return self.stale(form, stale.current)
        except policies.Refusal as refusal:
            return self.editor.refused(self.row, refusal, **self._extra())

    def stale(self, form: Any, current: Any) -> HttpResponse:
        if form is None:  # as if somebody had opened it then, and sent it now
            shown = self.editor.proposed(self.suggestion, current)
            form = self.editor.form(shown.as_sent(), row=current)
        if not form.is_valid():
            return self.put(self.editor.reply(form, status=422, **self._extra()))
        return self.put(self.editor.conflict(form, current, **self._extra()))

    def _row(self) -> Row | None:
        if self.suggestion.object_id is None:
            return None
        rows = self.editor.kind.rows(self.postmortem).present()
        row: Row | None = rows.filter(pk=self.suggestion.object_id).first()
        if row is None:
            raise Gone(_("The row that this is for was deleted."))
        return row

    def _extra(self) -> dict[str, Any]:
        return {**BARE, "row": self.row}


class TakingField(Taking):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.name = self.suggestion.part.removeprefix("field:")
        self.place, self.swap = f"#field-{self.name}", "outerHTML"

    def form_to_change(self) -> HttpResponse:
        return self.put(self._reply(self._proposed()))

    def as_changed(self) -> HttpResponse:
        way = self.request.POST.get("resolution", "")
        if way == conflicts.THEIRS:
            shown = fields.field_reply(self.request, self.postmortem, self.name)
            return _kept_theirs(self.request, self.postmortem, shown)
        form = fields.form_of_field(
            self.request, self.postmortem, self.name, self.request.POST
        )
        if not form.is_valid():
            return self._reply(form, status=422)
        if way == conflicts.BOTH:
            return self._two_versions(form, together=True)
        data = form.cleaned_data
        value = data["time"] if "time" in data else data["value"]
        try:
            return self.written(value, conflicts.version_to_save(self.request, form))
        except Stale:
            return self.stale(form, None)

    def stale(self, form: Any, current: Any) -> HttpResponse:
        form = form or self._proposed()
        form.is_valid()
        return self.put(self._two_versions(form, together=False))

    def _proposed(self) -> Any:
        suggestion = self.suggestion
        data = as_typed(self.name, suggestion.proposed, suggestion.made_from)
        return fields.form_of_field(self.request, self.postmortem, self.name, data)

    def _two_versions(self, form: Any, *, together: bool) -> HttpResponse:
        fresh = access.postmortem(self.request.user, self.postmortem.incident.reference)
        return fields.two_versions_reply(
            self.request, fresh, form, together=together, **BARE
        )

    def _reply(self, form: Any, *, status: int = 200) -> HttpResponse:
        return fields.field_form_reply(
            self.request, self.postmortem, form, status=status, **BARE
        )


class TakingWording(Taking):
    def form_to_change(self) -> HttpResponse:
        return self.put(self._reply(self._form(None)))

    def as_suggested(self) -> HttpResponse:
        try:
            return self.written()
        except deciding.WordsGone as gone:  # the words are offered, to be copied
            return self.put(self._reply(self._form(None), status=409, refusal=gone))

    def as_changed(self) -> HttpResponse:
        form = self._form(self.request.POST)
        if not form.is_valid():
            return self._reply(form, status=422)
        try:
            return self.written(form.cleaned_data["words"] or "")
        except policies.Refusal as refusal:
            again = self._form(with_fresh_key(self.request))
            return self._reply(again, status=status_of(refusal), refusal=refusal)

    def _form(self, data: Any) -> WordsForm:
        editor = editor_of(self.request, self.postmortem)
        return WordsForm(data, suggestion=self.suggestion, editor=editor)

    def _reply(self, form: Any, *, status: int = 200, **extra: Any) -> HttpResponse:
        stood: Any = self.suggestion.stood
        return form_reply(
            self.request,
            self.postmortem,
            "postmortems/suggestions/words_form.html",
            label=_("Wording"),
            status=status,
            form=form,
            stood=stood["body"],
            **BARE,
            **extra,
        )


def way_of(
    request: UserRequest, postmortem: Postmortem, suggestion: Suggestion
) -> Taking:
    area = suggestion.part.partition(":")[0]
    ways = {"row": TakingRow, "field": TakingField, "section": TakingWording}
    return ways[area](request, postmortem, suggestion)


def decided(
    request: UserRequest, postmortem: Postmortem, suggestion: Suggestion
) -> HttpResponse:
    """The note goes, and the next one gets the focus; without one the part itself."""
    area, _colon, name = suggestion.part.partition(":")
    kind = name if area == "row" else area
    taken = suggestion.state == Suggestion.State.TAKEN
    return saved(
        request,
        postmortem,
        kind=kind if taken else "suggestions",
        anchor=anchor_of(suggestion),
        focus=_next_after(postmortem, suggestion) or anchor_of(suggestion),
        also=PARTS_OF_KIND["suggestions"],
    )


def _kept_theirs(
    request: UserRequest, postmortem: Postmortem, shown: HttpResponse
) -> HttpResponse:
    """Nothing is written, and the suggestion waits on."""
    at = postmortem.changed_at
    return saved(request, postmortem, kind="suggestions", fragment=shown, at=at)


def _next_after(postmortem: Postmortem, suggestion: Suggestion) -> str:
    waiting = [*access.open_suggestions(postmortem).values_list("pk", flat=True)]
    behind = [pk for pk in waiting if pk > suggestion.pk]
    following = (behind or waiting[::-1])[:1]
    return f"suggestion-{following[0]}" if following else ""
