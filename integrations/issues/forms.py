"""The address of an issue that is there already."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.limits import LIMITS
from integrations.models import Connection
from integrations.trackers.adapter import Rejected
from integrations.trackers.operations.connecting import host_of
from integrations.trackers.reaching import adapter_without_secret
from postmortems.fields import CleanLine


class LinkForm(forms.Form):
    prefix = "issue"
    address = CleanLine(
        label=gettext_lazy("Address of an issue"), limit=LIMITS.url_field
    )

    def __init__(self, data: Any = None, *, connections: Sequence[Connection]) -> None:
        super().__init__(data)
        self.connections = connections
        self.connection: Connection | None = None
        self.reference = ""

    def clean_address(self) -> str:
        """Finds `connection` and `reference`; asks nobody."""
        address = self.cleaned_data["address"]
        for connection in self.connections:
            if reference := _reference(connection, address):
                self.connection, self.reference = connection, reference
                return str(address)
        raise ValidationError(
            _("This is no address of an issue in %(places)s.")
            % {"places": self.places},
            code="address",
        )

    @property
    def places(self) -> str:
        """Where an issue can be, for a sentence."""
        hosts = dict.fromkeys(host_of(one.base_url) for one in self.connections)
        return ", ".join(hosts) or _("any tracker that is open to this action")


def _reference(connection: Connection, address: str) -> str | None:
    try:
        return adapter_without_secret(connection).reference_of(address)
    except Rejected as refusal:
        raise ValidationError(refusal.messages[""], code="address") from refusal
    except (KeyError, ValueError):
        return None  # a kind that this version does not know; no address at all
