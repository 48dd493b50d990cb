"""Keep a set of filters under a name, and let it go again."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from postmortems import policies
from postmortems.models import SavedView

MOST_VIEWS = 50
"""Views that one person can have of one list."""


@transaction.atomic(durable=True)
def save_view(
    *,
    name: str,
    query: str,
    shared: bool,
    by: User,
    page: str = SavedView.Page.INCIDENTS,
) -> SavedView:
    """Name the filters; a view of one's own that has the name takes the new filters."""
    own = SavedView.objects.select_for_update().filter(owner=by, page=page)
    if not own.filter(name=name).exists() and own.count() >= MOST_VIEWS:
        raise policies.TooMany(_("You have 50 views. Delete one first."))
    view, _created = SavedView.objects.update_or_create(
        owner=by, page=page, name=name, defaults={"query": query, "shared": shared}
    )
    return view


def change_view(view: SavedView, *, name: str, shared: bool) -> None:
    """Call a view of one's own otherwise, or share it; the caller has found it as such.

    Raises NotReady where another view of that list has the name.
    """
    try:
        with transaction.atomic(durable=True):
            SavedView.objects.filter(pk=view.pk).update(name=name, shared=shared)
    except IntegrityError as error:
        raise policies.NotReady(_("You have a view of this name already.")) from error


@transaction.atomic(durable=True)
def delete_view(view: SavedView, *, by: User) -> None:
    """Delete a view of one's own; the caller has found it as such."""
    SavedView.objects.filter(pk=view.pk, owner=by).delete()
