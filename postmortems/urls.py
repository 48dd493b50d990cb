"""Addresses of incidents and their reports."""

from django.urls import path

from accounts.middleware import open_to_all

app_name = "postmortems"
urlpatterns = []
