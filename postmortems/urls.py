"""Addresses of incidents and their reports; each views module lists its own.

Fixed words come before references, so that “new” is never taken for one.
"""

from django.urls import include, path

from postmortems.views import (
    at_hand,
    deciding,
    discussion,
    exporting,
    fields,
    files,
    history,
    home,
    lifecycle,
    listing,
    moments,
    opening,
    pasting,
    people,
    reading,
    rows,
    saved_views,
    sections,
    settings,
    suggesting,
    versions,
    workspace,
)

app_name = "postmortems"
urlpatterns = [
    *home.urlpatterns,
    *exporting.schema_urlpatterns,
    path("settings/", include(settings.urlpatterns)),
    path(
        "incidents/",
        include(
            [
                *listing.urlpatterns,
                *opening.urlpatterns,
                *saved_views.urlpatterns,
                *moments.urlpatterns,
                *people.urlpatterns,
                *discussion.urlpatterns,
                *reading.urlpatterns,
                *lifecycle.urlpatterns,
                *history.urlpatterns,
                *versions.urlpatterns,
                *exporting.urlpatterns,
                *files.urlpatterns,
                *workspace.urlpatterns,
                *pasting.urlpatterns,
                *rows.urlpatterns,
                *at_hand.urlpatterns,
                *fields.urlpatterns,
                *sections.urlpatterns,
                *suggesting.urlpatterns,
                *deciding.urlpatterns,
            ]
        ),
    ),
]
