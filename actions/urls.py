"""Addresses of action items."""

from actions.views import (
    ageing,
    bulk,
    days_off,
    deadlines,
    exporting,
    ledger,
    policies,
    saved_views,
    settling,
)

app_name = "actions"
urlpatterns = [
    *settling.urlpatterns,
    *deadlines.urlpatterns,
    *policies.urlpatterns,
    *days_off.urlpatterns,
    *ledger.urlpatterns,
    *ageing.urlpatterns,
    *exporting.urlpatterns,
    *bulk.urlpatterns,
    *saved_views.urlpatterns,
]
