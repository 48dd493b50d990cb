"""What every page's frame needs to know of the person who looks at it."""

from typing import Any

from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "theme": user.theme if signed_in else "system",  # type: ignore[union-attr]
        "shortcuts": signed_in and user.shortcuts,  # type: ignore[union-attr]
        "can_create": signed_in and user.may_write,  # type: ignore[union-attr]
        "administers": signed_in and user.administers,  # type: ignore[union-attr]
    }
