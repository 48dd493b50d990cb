"""Addresses of what comes from elsewhere."""

from integrations import views

app_name = "integrations"
urlpatterns = [*views.urlpatterns]
