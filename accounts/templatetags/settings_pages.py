"""The navigation of the settings frame."""

from typing import Any

from django import template

from accounts.pages import Page, pages_for

register = template.Library()


@register.simple_tag(takes_context=True)
def settings_pages(context: dict[str, Any]) -> list[Page]:
    """What the person who looks may open."""
    return pages_for(context["request"].user)
