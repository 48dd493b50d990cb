"""The panels of other apps on an action's own page."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from actions.panels import panels

register = template.Library()


@register.simple_tag(takes_context=True)
def other_panels(context: dict[str, Any]) -> SafeString:
    """Each with what it shows of `action`; `said` is what the view of one adds."""
    request, action = context["request"], context["action"]
    said = context.get("said") or {}
    shown = []
    for panel in panels():
        inner = panel.context(request, action, said.get(panel.name))
        if inner is not None:
            whole = {"action": action, "can_settle": context.get("can_settle"), **inner}
            shown.append((render_to_string(panel.template, whole, request=request),))
    return format_html_join("", "{}", shown)
