"""Addresses of people, teams and settings; allauth's names stand outside our own."""

from django.urls import include, path

from accounts.views import (
    arriving,
    invitations,
    people,
    profile,
    settings,
    signing,
    teams,
)

_ours = [
    *arriving.urlpatterns,
    *profile.urlpatterns,
    *people.urlpatterns,
    *invitations.urlpatterns,
    *teams.urlpatterns,
    *settings.urlpatterns,
]

urlpatterns = [
    *signing.urlpatterns,
    path("", include((_ours, "accounts"))),
]
