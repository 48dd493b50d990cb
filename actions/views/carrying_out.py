"""The steps of an action, and the actions that it waits for."""

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import UserRequest
from actions import access, permissions
from actions.models import ActionItem, Subtask
from actions.operations import checklists, depending
from actions.page_forms import NeedsForm, StepForm
from actions.views.replies import carry_out, show
from postmortems.views.replies import request_key, this_second, with_fresh_key


@require_POST
def add_step(request: UserRequest, action_id: int) -> HttpResponse:
    action = _to_settle(request, action_id)
    form = StepForm(request.POST)

    def add() -> None:
        checklists.add_subtask(
            action,
            form.cleaned_data["text"],
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    return carry_out(request, action, add, anchor="step_text", form=form)


@require_POST
def rename_step(request: UserRequest, action_id: int, subtask_id: int) -> HttpResponse:
    action = _to_settle(request, action_id)
    step = access.subtask(action, subtask_id)
    form = StepForm(request.POST, step=step)

    def rename() -> None:
        checklists.rename_subtask(
            action,
            step.pk,
            form.cleaned_data["text"],
            version=form.cleaned_data["version"] or 0,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    return carry_out(
        request,
        action,
        rename,
        anchor=f"step-{step.pk}",
        form=form,
        stale=lambda current: _both(request, action, current),
    )


@require_POST
def tick_step(request: UserRequest, action_id: int, subtask_id: int) -> HttpResponse:
    action = _to_settle(request, action_id)
    step = access.subtask(action, subtask_id)

    def tick() -> None:
        checklists.tick_subtask(
            action,
            step.pk,
            done=request.POST.get("done") == "on",
            by=request.user,
            at=this_second(),
        )

    return carry_out(request, action, tick, anchor=f"tick-{step.pk}")


@require_POST
def move_step(request: UserRequest, action_id: int, subtask_id: int) -> HttpResponse:
    action = _to_settle(request, action_id)
    step = access.subtask(action, subtask_id)
    up = request.POST.get("direction") == "up"

    def move() -> None:
        checklists.move_subtask(
            action, step.pk, up=up, by=request.user, at=this_second()
        )

    anchor = f"{'up' if up else 'down'}-{step.pk}"
    return carry_out(request, action, move, anchor=anchor)


@require_POST
def delete_step(request: UserRequest, action_id: int, subtask_id: int) -> HttpResponse:
    """Take a step away, and offer to undo that."""
    action = _to_settle(request, action_id)
    step = access.subtask(action, subtask_id)

    def delete() -> None:
        checklists.delete_subtask(action, step.pk, by=request.user, at=this_second())

    back = reverse("actions:step-restore", args=[action_id, step.pk])
    undo = (back, _("Step deleted."))
    return carry_out(request, action, delete, anchor="step_text", undo=undo)


@require_POST
def restore_step(request: UserRequest, action_id: int, subtask_id: int) -> HttpResponse:
    action = _to_settle(request, action_id)
    step = access.subtask(action, subtask_id)

    def restore() -> None:
        checklists.bring_back_subtask(
            action, step.pk, by=request.user, at=this_second()
        )

    return carry_out(request, action, restore, anchor=f"step-{step.pk}")


@require_POST
def wait_for(request: UserRequest, action_id: int) -> HttpResponse:
    """Let it wait for another action that exists for whoever says so."""
    action = _to_settle(request, action_id)
    form = NeedsForm(request.POST, user=request.user, action=action)

    def add() -> None:
        assert form.found is not None  # noqa: S101  the form is valid
        depending.add_dependency(
            action,
            form.found,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    return carry_out(request, action, add, anchor="waits", form=form)


@require_POST
def wait_no_longer(request: UserRequest, action_id: int, other_id: int) -> HttpResponse:
    action = _to_settle(request, action_id)
    other = access.action(request.user, other_id)

    def remove() -> None:
        depending.remove_dependency(action, other, by=request.user, at=this_second())

    return carry_out(request, action, remove, anchor="waits")


def _both(request: UserRequest, action: ActionItem, current: Subtask) -> HttpResponse:
    """409: what was typed, to save over the newest version, and what stands there."""
    data = with_fresh_key(request)
    data["version"] = str(current.version)
    form = StepForm(data, step=current)
    form.add_error(
        "text",
        _("Somebody saved this while you were writing: “%(text)s”. Save yours over it?")
        % {"text": current.text},
    )
    return show(request, action, form=form, status=409)


def _to_settle(request: UserRequest, action_id: int) -> ActionItem:
    """Raises Http404 where it does not exist for them, PermissionDenied beyond."""
    action = access.action(request.user, action_id)
    permissions.check_can_settle(request.user, action)
    return action


urlpatterns = [
    path("actions/<int:action_id>/steps/add/", add_step, name="step-add"),
    path(
        "actions/<int:action_id>/steps/<int:subtask_id>/",
        rename_step,
        name="step-rename",
    ),
    path(
        "actions/<int:action_id>/steps/<int:subtask_id>/tick/",
        tick_step,
        name="step-tick",
    ),
    path(
        "actions/<int:action_id>/steps/<int:subtask_id>/move/",
        move_step,
        name="step-move",
    ),
    path(
        "actions/<int:action_id>/steps/<int:subtask_id>/delete/",
        delete_step,
        name="step-delete",
    ),
    path(
        "actions/<int:action_id>/steps/<int:subtask_id>/restore/",
        restore_step,
        name="step-restore",
    ),
    path("actions/<int:action_id>/waits/add/", wait_for, name="waits-add"),
    path(
        "actions/<int:action_id>/waits/<int:other_id>/remove/",
        wait_no_longer,
        name="waits-remove",
    ),
]
