"""The navigation of the settings frame."""

from typing import Any

from django import template

from accounts.views.settings import pages_for

register = template.Library()


@register.simple_tag(takes_context=True)
def settings_pages(context: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What the person who looks may open: (URL name, address, label)."""
    return pages_for(context["request"].user)
