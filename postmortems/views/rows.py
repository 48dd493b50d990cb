"""Rows of a report: one set of views for timeline, factors, whys, lessons, actions."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import path
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.http import UserRequest
from postmortems import access, policies
from postmortems.forms.base import RowForm
from postmortems.models import Postmortem, Row
from postmortems.operations import rows
from postmortems.parts import RowKind
from postmortems.views import conflicts
from postmortems.views.replies import (
    base_address,
    number_in,
    refused,
    request_key,
    saved,
    this_second,
)
from postmortems.views.row_editor import RowEditor, label_of
from postmortems.vocabulary import Category, LessonKind


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, reference: str, kind: str) -> HttpResponse:
    """An empty form; or the row it describes; or the form again with its errors."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    editor = RowEditor(request, postmortem, access.kind_of_row(kind))
    if request.method != "POST":
        return editor.reply(editor.form(initial=asked_for(request)))
    form = editor.form(request.POST)
    if not form.is_valid():
        return editor.reply(form, status=422)
    return _add(editor, form)


@require_safe
def show(request: UserRequest, reference: str, kind: str, row_id: int) -> HttpResponse:
    """One row as it stands, for whoever closes its form."""
    postmortem = access.postmortem(request.user, reference)
    row_kind = access.kind_of_row(kind)
    row = access.row(postmortem, row_kind, row_id)
    return RowEditor(request, postmortem, row_kind).row(row)


@require_http_methods(["GET", "HEAD", "POST"])
def change(
    request: UserRequest, reference: str, kind: str, row_id: int
) -> HttpResponse:
    """The form of a row; the changed row; or both versions if somebody was first."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    row_kind = access.kind_of_row(kind)
    editor = RowEditor(request, postmortem, row_kind)
    if request.method != "POST":
        row = access.row(postmortem, row_kind, row_id)
        return editor.reply(editor.form(row=row))
    return _save(editor, _any_row(postmortem, row_kind, row_id))


@require_POST
def move(request: UserRequest, reference: str, kind: str, row_id: int) -> HttpResponse:
    """Put a row before another, or to the end; `up` and `down` for keys."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    row_kind = access.kind_of_row(kind)
    row = access.row(postmortem, row_kind, row_id)
    scope = _scope(request, row_kind)
    if scope is None:
        return HttpResponse(status=422)
    try:
        row = rows.move_row(
            row_kind,
            postmortem.pk,
            row_id,
            before_id=_wanted_place(request, postmortem, row_kind, row),
            scope=scope,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return _saved_row(RowEditor(request, postmortem, row_kind), row)


@require_POST
def delete(
    request: UserRequest, reference: str, kind: str, row_id: int
) -> HttpResponse:
    """Put a row in the trash, and offer to undo that."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    row_kind = access.kind_of_row(kind)
    row = _any_row(postmortem, row_kind, row_id)
    try:
        if row.deleted_at is None:
            rows.delete_row(
                row_kind, postmortem.pk, row_id, by=request.user, at=this_second()
            )
    except rows.Gone:
        pass  # somebody else deleted it at the same moment: it is gone, as asked
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    address = f"{base_address(postmortem)}rows/{kind}/{row_id}/restore/"
    undo = (address, label_of(row_kind, row))
    return saved(request, postmortem, kind=kind, undo=undo)


@require_POST
def restore(
    request: UserRequest, reference: str, kind: str, row_id: int
) -> HttpResponse:
    """Take a row out of the trash again."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    row_kind = access.kind_of_row(kind)
    row = _any_row(postmortem, row_kind, row_id)
    try:
        row = rows.bring_back_row(
            row_kind, postmortem.pk, row_id, by=request.user, at=this_second()
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return _saved_row(RowEditor(request, postmortem, row_kind), row)


def _add(editor: RowEditor, form: RowForm) -> HttpResponse:
    try:
        row = rows.add_row(
            editor.kind,
            editor.postmortem.pk,
            form.values(),
            by=editor.request.user,
            at=form.now,
            key=request_key(editor.request),
        )
    except policies.Refusal as refusal:
        return editor.refused(form.row, refusal)
    return _saved_row(editor, row)


def _save(editor: RowEditor, row: Row) -> HttpResponse:
    """Save a form by the way out of a conflict that it names, if it names one."""
    way = editor.request.POST.get("resolution", "")
    if way == conflicts.THEIRS and row.deleted_at is None:
        return _kept_theirs(editor, row)
    form = editor.form(editor.request.POST, row=row)
    if not form.is_valid():
        return editor.reply(form, status=422)
    if way == conflicts.BOTH and row.deleted_at is None:
        return editor.joined(form, row)
    if way == conflicts.AS_NEW:
        return _add(editor, form)
    return _change(editor, form, row, bring_back=way == conflicts.BRING_BACK)


def _change(
    editor: RowEditor, form: RowForm, row: Row, *, bring_back: bool
) -> HttpResponse:
    request, kind, report = editor.request, editor.kind, editor.postmortem
    version = conflicts.version_to_save(request, form)
    try:
        if bring_back:
            version = rows.bring_back_row(
                kind, report.pk, row.pk, by=request.user, at=form.now
            ).version
        changed = rows.change_row(
            kind,
            report.pk,
            row.pk,
            form.values(),
            version=version,
            by=request.user,
            at=form.now,
            key=request_key(request),
        )
    except rows.Stale as stale:
        return editor.conflict(form, stale.current)
    except rows.Gone as gone:
        return editor.gone(row, gone)
    except policies.Refusal as refusal:
        return editor.refused(row, refusal)
    return _saved_row(editor, changed, in_place=True)


def _kept_theirs(editor: RowEditor, row: Row) -> HttpResponse:
    """Nothing is saved: the row stands as somebody else left it."""
    return _saved_row(editor, row, in_place=True, at_all=False)


def _saved_row(
    editor: RowEditor, row: Row, *, in_place: bool = False, at_all: bool = True
) -> HttpResponse:
    """The answer to a save; `in_place` with the row itself, where its form stood."""
    postmortem, kind = editor.postmortem, editor.kind
    anchor = kind.anchor_of(row)
    stands_there = in_place and kind.name != "factors"  # its form stands beside it
    if stands_there and kind.name == "timeline":
        postmortem.incident.refresh_from_db()  # a marker may have set its times
    answer = saved(
        editor.request,
        postmortem,
        kind=kind.name,
        anchor=anchor,
        fragment=editor.row(row) if stands_there else None,
        focus=anchor,
        at=None if at_all else postmortem.changed_at,
    )
    answer.headers["X-Row"] = str(row.pk)
    answer.headers["X-Version"] = str(row.version)
    return answer


def _any_row(postmortem: Postmortem, kind: RowKind, row_id: int) -> Row:
    """A row of that very report, in the trash or not."""
    row: Row | None = kind.rows(postmortem).filter(pk=row_id).first()
    if row is None:
        raise Http404
    return row


def asked_for(request: UserRequest) -> dict[str, Any]:
    """What the address fills in: the lesson's kind, the answer above, the time."""
    names = ("kind", "category", "parent_id", "question", "after_id", "occurred")
    return {name: request.GET[name][:200] for name in names if request.GET.get(name)}


def _scope(request: UserRequest, kind: RowKind) -> dict[str, Any] | None:
    """The list a row is moved to; None where the address names one that is none."""
    wanted: dict[str, Any] = {}
    lesson, bone = request.POST.get("kind"), request.POST.get("category")
    parent = request.POST.get("parent_id")
    if kind.name == "lessons" and lesson:
        if lesson not in LessonKind.values:
            return None
        wanted["kind"] = lesson
    if kind.name == "factors" and bone is not None:
        if bone not in ["", *Category.values]:
            return None
        wanted["category"] = bone
    if kind.tree and parent is not None:
        wanted["parent_id"] = number_in(parent)
        if parent and wanted["parent_id"] is None:
            return None
    return wanted


def _wanted_place(
    request: UserRequest, postmortem: Postmortem, kind: RowKind, row: Row
) -> int | None:
    """The row to stand before: named, or one up or down from where it is."""
    direction = request.POST.get("direction", "")
    if direction not in {"up", "down"}:
        return number_in(request.POST.get("before", ""))
    scope = {name: getattr(row, name) for name in kind.scope}
    order = list(
        kind.rows(postmortem)
        .present()
        .filter(**scope)
        .order_by("position", "pk")
        .values_list("pk", flat=True)
    )
    index = order.index(row.pk)
    ahead = index - 1 if direction == "up" else index + 2
    if ahead < 0:  # the first one stays first
        ahead = 1
    return order[ahead] if ahead < len(order) else None


urlpatterns = [
    path("<str:reference>/rows/<str:kind>/add/", add, name="row-add"),
    path("<str:reference>/rows/<str:kind>/<int:row_id>/", show, name="row"),
    path(
        "<str:reference>/rows/<str:kind>/<int:row_id>/edit/", change, name="row-change"
    ),
    path("<str:reference>/rows/<str:kind>/<int:row_id>/move/", move, name="row-move"),
    path(
        "<str:reference>/rows/<str:kind>/<int:row_id>/delete/",
        delete,
        name="row-delete",
    ),
    path(
        "<str:reference>/rows/<str:kind>/<int:row_id>/restore/",
        restore,
        name="row-restore",
    ),
]
