"""Addresses of action items."""

from actions.views import deadlines, settling

app_name = "actions"
urlpatterns = [*settling.urlpatterns, *deadlines.urlpatterns]
