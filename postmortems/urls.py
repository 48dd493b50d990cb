"""Addresses of incidents and their reports; each views module lists its own."""

from django.urls import include, path

from postmortems.views import (
    fields,
    pasting,
    people,
    rows,
    sections,
    settings,
    workspace,
)

app_name = "postmortems"
urlpatterns = [
    path("settings/", include(settings.urlpatterns)),
    path(
        "incidents/",
        include(
            [
                *people.urlpatterns,
                *workspace.urlpatterns,
                *pasting.urlpatterns,
                *rows.urlpatterns,
                *fields.urlpatterns,
                *sections.urlpatterns,
            ]
        ),
    ),
]
