"""Addresses of action items."""

from actions import views

app_name = "actions"
urlpatterns = [*views.urlpatterns]
