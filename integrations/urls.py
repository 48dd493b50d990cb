"""Addresses of what comes from elsewhere."""

from integrations import views
from integrations.issues import views as issues
from integrations.trackers import asking_views, hooks
from integrations.trackers import views as trackers

app_name = "integrations"
urlpatterns = [
    *views.urlpatterns,
    *hooks.urlpatterns,
    *trackers.urlpatterns,
    *asking_views.urlpatterns,
    *issues.urlpatterns,
]
