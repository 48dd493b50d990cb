"""Addresses of action items."""

from actions.views import settling

app_name = "actions"
urlpatterns = [*settling.urlpatterns]
