"""Addresses of action items."""

from actions.views import (
    action,
    ageing,
    bulk,
    carrying_out,
    days_off,
    deadlines,
    exporting,
    following,
    ledger,
    lists,
    policies,
    saved_views,
    subscriptions,
)

app_name = "actions"
urlpatterns = [
    *action.urlpatterns,
    *carrying_out.urlpatterns,
    *following.urlpatterns,
    *lists.urlpatterns,
    *deadlines.urlpatterns,
    *policies.urlpatterns,
    *days_off.urlpatterns,
    *subscriptions.urlpatterns,
    *ledger.urlpatterns,
    *ageing.urlpatterns,
    *exporting.urlpatterns,
    *bulk.urlpatterns,
    *saved_views.urlpatterns,
]
