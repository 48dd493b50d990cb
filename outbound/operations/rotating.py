"""Sealed columns, sealed anew with the newest key."""

from collections.abc import Iterable

from django.apps import apps
from django.db import models, transaction

from outbound.secrets import SEALED, CannotUnseal, resealed

AT_ONCE = 200


def rotate_all() -> tuple[int, int]:
    """Reseal every sealed column; how many rows it changed, and how many it cannot."""
    done = lost = 0
    for label, columns in sorted(SEALED.items()):
        model = apps.get_model(label)
        ids = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), AT_ONCE):
            changed, failed = _rotate(model, ids[start : start + AT_ONCE], columns)
            done, lost = done + changed, lost + failed
    return done, lost


@transaction.atomic
def _rotate(
    model: type[models.Model], ids: list[object], columns: Iterable[str]
) -> tuple[int, int]:
    rows = model._default_manager.filter(pk__in=ids).select_for_update().order_by("pk")
    outcomes = [_rotate_row(row, columns) for row in rows]
    return outcomes.count(True), outcomes.count(False)


def _rotate_row(row: models.Model, columns: Iterable[str]) -> bool | None:
    """True where it is resealed, False where no key fits, None where it is empty."""
    sealed = {name: getattr(row, name) for name in columns if getattr(row, name)}
    if not sealed:
        return None
    try:
        fresh = {name: resealed(text) for name, text in sealed.items()}
    except CannotUnseal:
        return False
    type(row)._default_manager.filter(pk=row.pk).update(**fresh)
    return True
