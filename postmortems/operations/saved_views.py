"""Keep a set of filters under a name, and let it go again."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from postmortems import policies
from postmortems.models import SavedView

MOST_VIEWS = 50
"""Views that one person can have."""


@transaction.atomic(durable=True)
def save_view(*, name: str, query: str, shared: bool, by: User) -> SavedView:
    """Name the filters; a view of one's own that has the name takes the new filters."""
    own = SavedView.objects.select_for_update().filter(owner=by)
    if not own.filter(name=name).exists() and own.count() >= MOST_VIEWS:
        raise policies.TooMany(_("You have 50 views. Delete one first."))
    view, _created = SavedView.objects.update_or_create(
        owner=by, name=name, defaults={"query": query, "shared": shared}
    )
    return view


@transaction.atomic(durable=True)
def delete_view(view: SavedView, *, by: User) -> None:
    """Delete a view of one's own; the caller has found it as such."""
    SavedView.objects.filter(pk=view.pk, owner=by).delete()
