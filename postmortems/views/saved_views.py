"""Views of the incidents list that people name, share and delete."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from postmortems import access, policies
from postmortems.forms.filters import Filters, Options, SavedViewForm
from postmortems.models import SavedView
from postmortems.operations.saved_views import delete_view, save_view


@require_http_methods(["GET", "HEAD", "POST"])
def save(request: UserRequest) -> HttpResponse:
    """Ask for a name for the filters in the address, and keep them under it."""
    if request.method != "POST":
        filters = _filters(request, request.GET)
        form = SavedViewForm(initial={"query": _query_of(filters)})
        status = 200 if filters.is_valid() else 422
        return _form_page(request, form, filters, status=status)
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, _typed_filters(request), status=422)
    filters = _filters(request, QueryDict(form.cleaned_data["query"]))
    if not filters.is_valid() or not filters.on:
        return _form_page(request, form, filters, status=422)
    query = filters.query_string(without="order")
    try:
        save_view(
            name=form.cleaned_data["name"],
            query=query,
            shared=form.cleaned_data["shared"],
            by=request.user,
        )
    except policies.Refusal as refusal:
        form.add_error("name", str(refusal))
        return _form_page(request, form, filters, status=422)
    return redirect(f"{reverse('postmortems:list')}?{query}")


@require_POST
def delete(request: UserRequest, pk: int) -> HttpResponse:
    view = access.saved_view(request.user, pk, SavedView.Page.INCIDENTS)
    delete_view(view, by=request.user)
    return redirect("postmortems:list")


def _filters(request: UserRequest, data: QueryDict) -> Filters:
    today = timezone.now().astimezone(request.user.zone).date()
    return Filters(data, options=Options(request.user), today=today)


def _typed_filters(request: UserRequest) -> Filters:
    return _filters(request, QueryDict(request.POST.get("query", "")[:1000]))


def _query_of(filters: Filters) -> str:
    return filters.query_string(without="order") if filters.is_valid() else ""


def _form_page(
    request: UserRequest, form: SavedViewForm, filters: Filters, *, status: int
) -> HttpResponse:
    sentences = []
    if filters.is_valid():
        names = ("dates", "severity", "report", "service", "team")
        sentences = [words for name in names if (words := filters.words_of(name))]
        if filters.cleaned_data["q"]:
            sentences.insert(0, f"“{filters.cleaned_data['q']}”")
    context = {"form": form, "filters": filters, "sentences": sentences}
    return render(request, "postmortems/save_view.html", context, status=status)


urlpatterns = [
    path("views/", save, name="save-view"),
    path("views/<int:pk>/delete/", delete, name="delete-view"),
]
