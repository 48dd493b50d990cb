"""Addresses of what people are told, and of what they want to be told."""

from django.urls import include, path

from outbound.views import chats, operations, preferences, told, unsubscribing

_ours = [
    *preferences.urlpatterns,
    *chats.urlpatterns,
    *told.urlpatterns,
    *operations.urlpatterns,
    *unsubscribing.urlpatterns,
]

urlpatterns = [path("", include((_ours, "outbound")))]
