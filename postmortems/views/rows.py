"""Rows of a report: one set of views for timeline, factors, whys, lessons, actions."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.http import UserRequest
from postmortems import access, permissions, policies, presenting
from postmortems.forms.rows import RowForm, form_of
from postmortems.models import Postmortem, Row
from postmortems.operations import rows
from postmortems.parts import RowKind
from postmortems.views.replies import (
    base_address,
    refused,
    request_key,
    saved,
    this_second,
)
from postmortems.views.workspace import form_context
from postmortems.vocabulary import Category, LessonKind

KEEP_THEIRS = "theirs"
PUT_BOTH_IN = "both"


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, reference: str, kind: str) -> HttpResponse:
    """An empty form; or the row it describes; or the form again with its errors."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    row_kind = access.kind_of_row(kind)
    if request.method != "POST":
        form = _form(request, postmortem, row_kind, initial=_asked_for(request))
        return _form_reply(request, postmortem, row_kind, form)
    form = _form(request, postmortem, row_kind)
    if not form.is_valid():
        return _form_reply(request, postmortem, row_kind, form, status=422)
    try:
        row = rows.add_row(
            row_kind,
            postmortem.pk,
            form.values(),
            by=request.user,
            at=form.now,
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    anchor = row_kind.anchor_of(row)
    return saved(
        request, postmortem, kind=kind, anchor=anchor, focus=f"#{anchor} [data-edit-row]"
    )


@require_safe
def show(request: UserRequest, reference: str, kind: str, row_id: int) -> HttpResponse:
    """One row as it stands, for whoever closes its form."""
    postmortem = access.postmortem(request.user, reference)
    row_kind = access.kind_of_row(kind)
    row = access.row(postmortem, row_kind, row_id)
    return _row_reply(request, postmortem, row_kind, row)


@require_http_methods(["GET", "HEAD", "POST"])
def change(
    request: UserRequest, reference: str, kind: str, row_id: int
) -> HttpResponse:
    """The form of a row; or the changed row; or both versions where somebody was first."""
    postmortem = access.postmortem(request.user, reference)
    if not permissions.is_writer(request.user, postmortem):
        permissions.check_can_edit(request.user, postmortem)
    row_kind = access.kind_of_row(kind)
    if request.method != "POST":
        row = access.row(postmortem, row_kind, row_id)
        form = _form(request, postmortem, row_kind, row=row)
        return _form_reply(request, postmortem, row_kind, form)
    row = row_kind.rows(postmortem).filter(pk=row_id).first()
    if row is None:
        raise Http404
    return _save(request, postmortem, row_kind, row)


def _save(
    request: UserRequest, postmortem: Postmortem, kind: RowKind, row: Row
) -> HttpResponse:
    if request.POST.get("resolution") == KEEP_THEIRS:
        return saved(
            request,
            postmortem,
            kind=kind.name,
            anchor=kind.anchor_of(row),
            fragment=_row_reply(request, postmortem, kind, row),
        )
    form = _form(request, postmortem, kind, row=row)
    if not form.is_valid():
        return _form_reply(request, postmortem, kind, form, status=422)
    try:
        changed = rows.change_row(
            kind,
            postmortem.pk,
            row.pk,
            form.values(),
            version=form.cleaned_data["version"],
            by=request.user,
            at=form.now,
            key=request_key(request),
        )
    except rows.Stale as stale:
        return _conflict_reply(request, postmortem, kind, form, stale.current)
    except rows.Gone as gone:
        return _gone_reply(request, postmortem, kind, form, gone)
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    anchor = kind.anchor_of(changed)
    return saved(
        request,
        postmortem,
        kind=kind.name,
        anchor=anchor,
        fragment=_row_reply(request, postmortem, kind, changed),
        focus=f"#{anchor} [data-edit-row]",
    )


@require_POST
def move(request: UserRequest, reference: str, kind: str, row_id: int) -> HttpResponse:
    """Put a row before another, or to the end; `up` and `down` for keys."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    row_kind = access.kind_of_row(kind)
    row = access.row(postmortem, row_kind, row_id)
    scope = _scope(request, row_kind)
    if scope is None:
        return HttpResponse(status=422)
    before_id = _wanted_place(request, postmortem, row_kind, row)
    try:
        rows.move_row(
            row_kind,
            postmortem.pk,
            row_id,
            before_id=before_id,
            scope=scope,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    anchor = row_kind.anchor_of(row)
    return saved(
        request, postmortem, kind=kind, anchor=anchor, focus=f"#{anchor} [data-edit-row]"
    )


@require_POST
def delete(
    request: UserRequest, reference: str, kind: str, row_id: int
) -> HttpResponse:
    """Put a row in the trash, and offer to undo that."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    row_kind = access.kind_of_row(kind)
    row = row_kind.rows(postmortem).filter(pk=row_id).first()
    if row is None:
        raise Http404
    try:
        if row.deleted_at is None:
            rows.delete_row(
                row_kind, postmortem.pk, row_id, by=request.user, at=this_second()
            )
    except rows.Gone:
        pass  # somebody else deleted it at the same moment: it is gone, as asked
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    undo = {
        "url": f"{request.path.removesuffix('delete/')}restore/",
        "label": str(row),
    }
    return saved(request, postmortem, kind=kind, undo=undo)


@require_POST
def restore(
    request: UserRequest, reference: str, kind: str, row_id: int
) -> HttpResponse:
    """Take a row out of the trash again."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    row_kind = access.kind_of_row(kind)
    row = row_kind.rows(postmortem).filter(pk=row_id).first()
    if row is None:
        raise Http404
    try:
        rows.bring_back_row(
            row_kind, postmortem.pk, row_id, by=request.user, at=this_second()
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    anchor = row_kind.anchor_of(row)
    return saved(
        request, postmortem, kind=kind, anchor=anchor, focus=f"#{anchor} [data-edit-row]"
    )


def _asked_for(request: UserRequest) -> dict[str, Any]:
    """What the address fills in: the lesson's kind, the answer above, the time."""
    names = ("kind", "category", "parent_id", "question", "after_id", "occurred")
    return {name: request.GET[name][:200] for name in names if request.GET.get(name)}


def _form(
    request: UserRequest,
    postmortem: Postmortem,
    kind: RowKind,
    *,
    row: Row | None = None,
    initial: dict[str, Any] | None = None,
) -> RowForm:
    return form_of(kind.name)(
        request.POST if request.method == "POST" else None,
        postmortem=postmortem,
        user=request.user,
        now=this_second(),
        row=row,
        initial=initial,
    )


def _form_reply(
    request: UserRequest,
    postmortem: Postmortem,
    kind: RowKind,
    form: RowForm,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    part = f"postmortems/rows/{kind.name}_form.html"
    template = part if request.htmx else "postmortems/rows/page.html"
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "kind": kind,
        "form": form,
        "row": form.row,
        "form_template": part,
        "action": request.path,
        **form_context(),
        **extra,
    }
    return render(request, template, context, status=status)


def _conflict_reply(
    request: UserRequest,
    postmortem: Postmortem,
    kind: RowKind,
    form: RowForm,
    current: Row,
) -> HttpResponse:
    """409: the form again at the newest version, with the other text beside it."""
    theirs = form_of(kind.name)(
        postmortem=postmortem, user=request.user, now=form.now, row=current
    )
    data = request.POST.copy()
    data["version"] = str(current.version)
    data["request_key"] = theirs.initial["request_key"]
    mine = form_of(kind.name)(
        data, postmortem=postmortem, user=request.user, now=form.now, row=current
    )
    last = (
        postmortem.history.filter(part=f"row:{kind.name}", object_id=current.pk)
        .select_related("by")
        .order_by("-id")
        .first()
    )
    return _form_reply(
        request,
        postmortem,
        kind,
        mine,
        status=409,
        conflict={
            "theirs": theirs,
            "by": last.by if last else None,
            "at": last.at if last else None,
            "pairs": list(_differences(mine, theirs)),
        },
    )


def _differences(mine: RowForm, theirs: RowForm) -> Any:
    """(label, my value, their value, field name) of the fields that differ."""
    for name, field in mine.fields.items():
        if name in {"version", "request_key", "after_id"}:
            continue
        my_value, their_value = mine[name].value(), theirs[name].value()
        if _shown(my_value) != _shown(their_value):
            yield field.label, _shown(my_value), _shown(their_value), name


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(sorted(str(item) for item in value))
    return str(value) if value not in (None, False) else ""


def _gone_reply(
    request: UserRequest,
    postmortem: Postmortem,
    kind: RowKind,
    form: RowForm,
    gone: rows.Gone,
) -> HttpResponse:
    """409: the row is in the trash; the text stays, and can be added as a new row."""
    return _form_reply(request, postmortem, kind, form, status=409, gone=gone)


def _row_reply(
    request: UserRequest, postmortem: Postmortem, kind: RowKind, row: Row
) -> HttpResponse:
    context: dict[str, Any] = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "editing": permissions.can_edit(request.user, postmortem),
        "row": row,
        "today": this_second().astimezone(request.user.zone).date(),
    }
    if kind.name == "timeline":
        # An entry's line needs the incident's times only, not the whole report.
        report = presenting.Report(postmortem)
        context["line"] = presenting.line_of(
            row,
            report,
            now=this_second(),  # type: ignore[arg-type]
        )
    if kind.links:
        row.addressed = [  # type: ignore[attr-defined]
            *getattr(row, kind.links[0]).filter(deleted_at=None)
        ]
    return render(request, f"postmortems/rows/{kind.name}_row.html", context)


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
        if parent and not parent.isdigit():
            return None
        wanted["parent_id"] = int(parent) if parent else None
    return wanted


def _wanted_place(
    request: UserRequest, postmortem: Postmortem, kind: RowKind, row: Row
) -> int | None:
    """The row to stand before: named, or one up or down from where it is."""
    before = request.POST.get("before", "")
    direction = request.POST.get("direction", "")
    if direction not in {"up", "down"}:
        return int(before) if before.isdigit() else None
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
