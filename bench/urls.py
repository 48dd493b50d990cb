"""The application, and a bare view: one query and one plain template, as many rows."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from postmortems.models import TimelineEntry

BARE = engines["django"].from_string(
    "<!doctype html><title>bare</title><ol>{% for row in rows %}"
    "<li>{{ row.occurred_at }} {{ row.text }} {{ row.precision }}</li>"
    "{% endfor %}</ol>"
)


def bare(request: HttpRequest, rows: int) -> HttpResponse:
    found = list(TimelineEntry.objects.order_by("pk")[:rows])
    return HttpResponse(BARE.render({"rows": found}, request))


urlpatterns = [path("bare/<int:rows>/", bare), path("", include("config.urls"))]
