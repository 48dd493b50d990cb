"""The due date that is offered in the form of an action."""

from typing import Any

from django import template

from actions.deadlines import offer_for
from actions.forms import ActionForm, read_owner

register = template.Library()


@register.inclusion_tag("actions/_due_offer.html")
def due_offer(form: ActionForm) -> dict[str, Any]:
    """What stands in the form decides, saved or not."""
    incident = form.postmortem.incident
    offer = offer_for(
        incident,
        by=form.user,
        today=form.now.astimezone(form.user.zone).date(),
        types=form["types"].value() or (),
        priority=form["priority"].value() or "",
        team=read_owner(form["owner"].value() or "")["owner_team_id"],
    )
    return {"offer": offer, "reference": incident.reference, "whole": True}
