"""Forms of administrators: how a tracker is reached, where issues go, who is who."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.access import people, teams
from accounts.forms.fields import Dressed, NameField
from accounts.models import User
from config.limits import LIMITS
from integrations.models import Connection, PersonLink, ProjectMapping
from integrations.trackers.adapter import KEEP, AdapterKind, Status
from integrations.trackers.operations.connecting import Destination, Terms, host_of
from postmortems.access import services
from postmortems.vocabulary import ActionStatus

LONGEST_SECRET = 10_000
"""Characters; a private key has some thousands."""
LONGEST_LABELS = 500
OPTION = "option_"


class SecretField(forms.CharField):
    """Shown to nobody: what is stored is never put into the form."""

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        if lines:
            kwargs["widget"] = forms.Textarea({**attrs, "rows": 6, "class": "textarea"})
        else:
            kwargs["widget"] = forms.PasswordInput(
                {**attrs, "autocomplete": "new-password"}
            )
        super().__init__(max_length=LONGEST_SECRET, **kwargs)


class ConnectionForm(Dressed):
    name = NameField(
        label=_("Name"), help_text=_("As the history calls it: By Jira, OPS-12.")
    )
    base_url = forms.CharField(label=_("Address"), max_length=500)
    restricted_too = forms.BooleanField(
        label=_("Also for restricted incidents"),
        required=False,
        help_text=_("Issues then say the number of the action and a link, no more."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kind: AdapterKind,
        user: User,
        connection: Connection | None = None,
    ) -> None:
        self.kind, self.user, self.connection = kind, user, connection
        super().__init__(data, initial=self._shown())
        if kind.asks_account:
            self.fields["account"] = NameField(label=_("Account (e-mail address)"))
        for name, label in kind.options.items():
            self.fields[OPTION + name] = NameField(label=str(label), limit=LIMITS.title)
        self.fields["secret"] = SecretField(
            label=str(kind.secret_label),
            required=connection is None,
            help_text=self._secret_hint(),
            lines=bool(kind.options),
        )
        if connection is not None:
            self.fields["password"] = forms.CharField(
                label=_("Your password"),
                required=False,
                strip=False,
                help_text=_(
                    "Only where the address changes to another host. The token and the"
                    " secret of webhooks are deleted then."
                ),
                widget=forms.PasswordInput({"autocomplete": "current-password"}),
            )
        for field in self.fields.values():
            if not field.widget.attrs.get("class"):
                field.widget.attrs["class"] = (
                    "check" if isinstance(field, forms.BooleanField) else "input"
                )
        self.order_fields(["name", "base_url", "account", *self._options(), "secret"])

    def _secret_hint(self) -> str:
        hint = str(self.kind.secret_hint)
        if self.connection is None or not self.connection.secret:
            return hint
        kept = _("Empty: the one that is stored stays. It is never shown.")
        return f"{hint} {kept}".strip()

    def _shown(self) -> dict[str, Any]:
        found = self.connection
        if found is None:
            return {"name": self.kind.label, "base_url": self.kind.default_url}
        options = {OPTION + name: text for name, text in found.options.items()}
        return {
            "name": found.name,
            "base_url": found.base_url,
            "account": found.account,
            "restricted_too": found.restricted_too,
            **options,
        }

    def _options(self) -> list[str]:
        return [OPTION + name for name in self.kind.options]

    def clean_base_url(self) -> str:
        typed = str(self.cleaned_data["base_url"]).strip().rstrip("/")
        try:
            parts = urlsplit(typed)
            known = parts.scheme in {"https", "http"} and bool(parts.hostname)
            plain = not (parts.username or parts.query or parts.fragment)
            _port = parts.port
        except ValueError:
            known = plain = False
        if not known or not plain or re.search(r"[\s\\]", typed):
            raise ValidationError(_("Type an address such as https://jira.example."))
        return typed

    @property
    def changes_host(self) -> bool:
        address = self.cleaned_data.get("base_url")
        if self.connection is None or address is None:
            return False
        return host_of(address) != host_of(self.connection.base_url)

    def clean(self) -> None:
        password = self.cleaned_data.get("password", "")
        if self.changes_host and not self.user.check_password(password):
            self.add_error(
                "password", _("Type your password: the address is another host.")
            )

    def terms(self) -> Terms:
        values = self.cleaned_data
        names = self.kind.options
        return Terms(
            name=values["name"],
            base_url=values["base_url"],
            account=values.get("account", ""),
            secret=values["secret"].strip() or KEEP,
            restricted_too=values["restricted_too"],
            options={name: values[OPTION + name] for name in names},
        )


class MappingForm(Dressed):
    """Where issues go; a mapping that is there is said anew."""

    project = NameField(label=_("Project"), limit=LIMITS.title)
    issue_type = NameField(
        label=_("Issue type"), required=False, help_text=_("Task, where it is empty.")
    )
    team: Any = forms.ModelChoiceField(
        label=_("For actions of"),
        queryset=None,
        required=False,
        empty_label=_("every team"),
    )
    service: Any = forms.ModelChoiceField(
        label=_("About incidents of"),
        queryset=None,
        required=False,
        empty_label=_("every service"),
    )
    labels = NameField(
        label=_("Labels"),
        required=False,
        limit=LONGEST_LABELS,
        help_text=_("With commas between them."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kind: AdapterKind,
        user: User,
        mapping: ProjectMapping | None = None,
    ) -> None:
        super().__init__(data, initial=_shown(mapping))
        self.mapping = mapping
        self.fields["project"].label = str(kind.project_label)
        self.fields["project"].help_text = str(kind.project_hint)
        if not kind.has_issue_types:
            del self.fields["issue_type"]
        offered: Any = self.fields["team"]
        offered.queryset = teams()
        offered = self.fields["service"]
        offered.queryset = services(user)

    def clean_labels(self) -> list[str]:
        labels = [
            " ".join(one.split()) for one in self.cleaned_data["labels"].split(",")
        ]
        found = [label for label in labels if label]
        if any(len(label) > LIMITS.tag for label in found):
            raise ValidationError(
                _("A label has at most %(limit)s characters.") % {"limit": LIMITS.tag}
            )
        return found

    def destination(self) -> Destination:
        values = self.cleaned_data
        return Destination(
            project=values["project"],
            issue_type=values.get("issue_type", ""),
            labels=values["labels"],
            team=values["team"],
            service=values["service"],
            status_map=self.mapping.status_map if self.mapping else {},
            status_out=self.mapping.status_out if self.mapping else {},
        )


def _shown(mapping: ProjectMapping | None) -> dict[str, Any]:
    if mapping is None:
        return {}
    return {
        "project": mapping.project,
        "issue_type": mapping.issue_type,
        "team": mapping.team_id,
        "service": mapping.service_id,
        "labels": ", ".join(mapping.labels),
    }


class StatusForm(Dressed):
    """What each status of a project says of an action, and which one is set for it."""

    def __init__(
        self, data: Any = None, *, mapping: ProjectMapping, statuses: list[Status]
    ) -> None:
        super().__init__(data)
        self.statuses = {str(at): one for at, one in enumerate(statuses)}
        for at, one in self.statuses.items():
            by_itself = _("as it is: %(status)s") % {
                "status": ActionStatus(one.means).label
            }
            self.fields[f"means_{at}"] = forms.ChoiceField(
                label=one.name,
                required=False,
                choices=[("", by_itself), *ActionStatus.choices],
                initial=mapping.status_map.get(one.id, ""),
            )
        known = {one.id: one.name for one in statuses}
        for status in ActionStatus:
            self.fields[f"set_{status}"] = forms.ChoiceField(
                label=_("%(status)s sets") % {"status": status.label},
                required=False,
                choices=[("", _("one that means it")), *known.items()],
                initial=mapping.status_out.get(status, ""),
            )
        for field in self.fields.values():
            field.widget.attrs["class"] = "select"

    def maps(self) -> tuple[dict[str, str], dict[str, str]]:
        """({status id: meaning}, {meaning: status id}) where they are not by itself."""
        values = self.cleaned_data
        means = {
            one.id: values[f"means_{at}"]
            for at, one in self.statuses.items()
            if values[f"means_{at}"]
        }
        out = {
            str(status): values[f"set_{status}"]
            for status in ActionStatus
            if values[f"set_{status}"]
        }
        return means, out


class PersonForm(Dressed):
    user: Any = forms.ModelChoiceField(
        label=_("Is"), queryset=None, required=False, empty_label=_("none of us")
    )

    def __init__(self, data: Any = None, *, link: PersonLink) -> None:
        super().__init__(data, initial={"user": link.user_id})
        offered: Any = self.fields["user"]
        offered.queryset = people()


class HookSecretForm(Dressed):
    """Empty: we make one, and show it once."""

    secret = SecretField(
        label=_("Secret that the tracker made"),
        required=False,
        help_text=_("Empty: Afterword makes one and shows it once."),
    )


class RemoveForm(Dressed):
    name = NameField(label=_("Type its name to remove it"))

    def __init__(self, data: Any = None, *, connection: Connection) -> None:
        super().__init__(data)
        self.connection = connection
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def clean_name(self) -> str:
        typed = str(self.cleaned_data["name"])
        if typed != self.connection.name:
            raise ValidationError(_("Type %(name)s.") % {"name": self.connection.name})
        return typed
