"""Addresses of action items."""

from actions.views import (
    ageing,
    bulk,
    deadlines,
    exporting,
    ledger,
    saved_views,
    settling,
)

app_name = "actions"
urlpatterns = [
    *settling.urlpatterns,
    *deadlines.urlpatterns,
    *ledger.urlpatterns,
    *ageing.urlpatterns,
    *exporting.urlpatterns,
    *bulk.urlpatterns,
    *saved_views.urlpatterns,
]
