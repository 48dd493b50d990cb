"""A policy in words, for the page where administrators read and compare them."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from actions.models import DayUnit, Policy, PolicySubject
from actions.policy_form import PolicyForm
from postmortems.vocabulary import ActionPriority, ActionType


def conditions(policy: Policy) -> str:
    """“SEV-1, SEV-2 · High · Payments”; its rows are at hand."""
    return " · ".join(filter(None, _conditions(policy))) or _("Everything")


def has_conditions(policy: Policy) -> bool:
    return any(_conditions(policy))


def _conditions(policy: Policy) -> list[str]:
    return [
        ", ".join(str(severity) for severity in policy.severities.all()),
        ", ".join(str(ActionType(one).label) for one in policy.types),
        ", ".join(str(ActionPriority(one).label) for one in policy.priorities),
        ", ".join(team.name for team in policy.teams.all()),
        ", ".join(_services(policy)),
    ]


def _services(policy: Policy) -> Iterator[str]:
    """A name that only restricted reports use now is told to nobody here."""
    for service in policy.services.all():
        yield _("a hidden service") if service.restricted_origin else service.name


def schedule(policy: Policy) -> str:
    """“Due after 30 calendar days; reminded 2 days before, then every 7 days; …”."""
    return "; ".join(_sentences(policy))


def _sentences(policy: Policy) -> Iterator[str]:
    yield _due(policy)
    before = ngettext(
        "reminded %(n)s day before", "reminded %(n)s days before", _before(policy)
    )
    every = ngettext("then every day", "then every %(n)s days", policy.repeat_days)
    yield (f"{before % {'n': _before(policy)}}, {every % {'n': policy.repeat_days}}")
    if policy.subject == PolicySubject.REPORTS:
        return
    if policy.lead_after_days is not None:
        yield _("lead after %(n)s") % {"n": policy.lead_after_days}
    if policy.manager_after_days is not None:
        yield _("manager after %(n)s") % {"n": policy.manager_after_days}
    if not policy.in_reports:
        yield _("not in weekly and monthly reports")


def _before(policy: Policy) -> int:
    return policy.first_reminder_days


def _due(policy: Policy) -> str:
    n = policy.deadline_days
    if policy.deadline_unit == DayUnit.WORKING:
        text = ngettext(
            "due after %(n)s working day", "due after %(n)s working days", n
        )
    else:
        text = ngettext("due after %(n)s day", "due after %(n)s days", n)
    return text % {"n": n}


def differences(mine: PolicyForm, theirs: PolicyForm) -> list[tuple[str, str]]:
    """(label, what stands now) of each field where the two differ."""
    return [
        (str(field.label), _shown(theirs, field.name))
        for field in theirs.visible_fields()
        if _chosen(mine[field.name].value()) != _chosen(field.value())
    ]


def _chosen(value: object) -> object:
    if isinstance(value, list | tuple):
        return sorted(str(one) for one in value)
    return "" if value in (None, False) else str(value)


def _shown(form: PolicyForm, name: str) -> str:
    field = form[name]
    value = field.value()
    labels = getattr(field.field, "choices", None)
    if labels is None:
        return _word(value)
    chosen = {str(one) for one in (value if isinstance(value, list) else [value])}
    return ", ".join(_labels(labels, chosen)) or _("nothing")


def _labels(choices: Iterable[tuple[object, object]], chosen: set[str]) -> list[str]:
    return [str(label) for value, label in choices if str(value) in chosen]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _("nothing") if value in (None, "") else str(value)
