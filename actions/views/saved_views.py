"""Views of the list of actions that people name, share, rename and delete."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from actions.filters import ActionFilters
from actions.views.ledger import address_of, asked
from postmortems import policies
from postmortems.access import saved_view
from postmortems.forms.filters import SavedViewForm
from postmortems.models import SavedView
from postmortems.operations.saved_views import change_view, delete_view, save_view

LONGEST_QUERY = 1_000


@require_http_methods(["GET", "HEAD", "POST"])
def save(request: UserRequest) -> HttpResponse:
    """Ask for a name for the filters in the address, and keep them under it."""
    if request.method != "POST":
        filters = asked(request, request.GET).filters
        valid = filters.is_valid()
        form = SavedViewForm(initial={"query": _query(filters) if valid else ""})
        return _page(request, form, filters, status=200 if valid else 422)
    form = SavedViewForm(request.POST)
    typed = QueryDict(request.POST.get("query", "")[:LONGEST_QUERY])
    filters = asked(request, typed).filters
    if not (form.is_valid() and filters.is_valid() and filters.on):
        return _page(request, form, filters, status=422)
    values = form.cleaned_data | {"query": _query(filters)}
    try:
        save_view(**values, by=request.user, page=SavedView.Page.ACTIONS)
    except policies.Refusal as refusal:
        form.add_error("name", str(refusal))
        return _page(request, form, filters, status=422)
    return redirect(address_of(values["query"]))


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, pk: int) -> HttpResponse:
    """Call a view of one's own otherwise, share it, or keep it to oneself again."""
    view = saved_view(request.user, pk, SavedView.Page.ACTIONS)
    filters = asked(request, QueryDict(view.query)).filters
    if request.method != "POST":
        initial = {"name": view.name, "shared": view.shared, "query": view.query}
        return _page(request, SavedViewForm(initial=initial), filters, view=view)
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        return _page(request, form, filters, status=422, view=view)
    values = form.cleaned_data
    try:
        change_view(view, name=values["name"], shared=values["shared"])
    except policies.Refusal as refusal:
        form.add_error("name", str(refusal))
        return _page(request, form, filters, status=422, view=view)
    return redirect(address_of(view.query))


@require_POST
def delete(request: UserRequest, pk: int) -> HttpResponse:
    view = saved_view(request.user, pk, SavedView.Page.ACTIONS)
    delete_view(view, by=request.user)
    return redirect("actions:ledger")


def _query(filters: ActionFilters) -> str:
    return filters.query_string(without="sort")


def _page(
    request: UserRequest,
    form: SavedViewForm,
    filters: ActionFilters,
    *,
    status: int = 200,
    view: SavedView | None = None,
) -> HttpResponse:
    valid = filters.is_valid()
    context = {
        "form": form,
        "filters": filters,
        "sentences": filters.sentences() if valid and (view or filters.on) else [],
        "view": view,
        "back": address_of(_query(filters)) if valid else address_of(""),
    }
    return render(request, "actions/save_view.html", context, status=status)


urlpatterns = [
    path("actions/views/", save, name="save-view"),
    path("actions/views/<int:pk>/", change, name="view"),
    path("actions/views/<int:pk>/delete/", delete, name="delete-view"),
]
