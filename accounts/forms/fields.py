"""Fields that people and teams share."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.addresses import normal_address
from accounts.holidays import find_place, offered_places
from accounts.zones import find_zone, offered_zones
from config.limits import LIMITS
from config.plaintext import BadText, clean_text


class NameField(forms.CharField):
    """One line that says who or what something is, by the one rule for text."""

    def __init__(self, *, limit: int = LIMITS.name, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.limit = limit

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        try:
            return clean_text(typed, limit=self.limit, lines=False)
        except BadText as error:
            raise ValidationError(str(error), code="text") from error


class AddressField(forms.EmailField):
    """An e-mail address in the one spelling that is stored."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("E-mail address"))
        super().__init__(max_length=254, **kwargs)
        self.widget.attrs |= {"autocomplete": "email", "autocapitalize": "none"}

    def to_python(self, value: Any) -> str:
        return normal_address(super().to_python(value) or "")


class ZoneField(forms.CharField):
    """An IANA time zone, also by an older name of it or by its city.

    A text input whose datalist has all of them: browsers search it, without a script.
    """

    zones = offered_zones()

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Time zone"))
        kwargs.setdefault(
            "help_text",
            _("A city, such as Berlin, or UTC. Reports keep their times in UTC."),
        )
        super().__init__(**kwargs)
        self.widget.attrs |= {
            "autocomplete": "off",
            "spellcheck": "false",
            "list": "zones",
        }

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        zone = find_zone(typed)
        if zone is None:
            raise ValidationError(
                _("No time zone is called this. Choose one such as Europe/Berlin.")
            )
        return zone


class HolidaysField(forms.CharField):
    """The country, or part of one, whose public holidays count; by code or by name.

    A text input whose datalist has all countries.
    """

    places = offered_places()

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Public holidays of"))
        kwargs.setdefault(
            "help_text", _("A country such as DE, or part of one such as DE-BE.")
        )
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {
            "autocomplete": "off",
            "spellcheck": "false",
            "list": "holiday-places",
        }

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        if not typed.strip():
            return ""
        place = find_place(typed) if len(typed) <= LIMITS.name else None
        if place is None:
            raise ValidationError(
                _("No holidays are known there. Type a code such as DE or DE-BE.")
            )
        return place


class NewPasswordField(forms.CharField):
    """A password to set: kept exactly as typed, shown to nobody."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Password"))
        kwargs.setdefault(
            "help_text", _("At least 10 characters; a sentence works well.")
        )
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(strip=False, widget=widget, **kwargs)


class Dressed(forms.Form):
    """Gives each input the class that the stylesheets know it by."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field.widget)


def focus_first_error(form: forms.BaseForm) -> None:
    """Put the cursor where something is wrong, also without a script."""
    for name in form.errors:
        if name in form.fields:
            form.fields[name].widget.attrs["autofocus"] = True
            return


CLASSES: dict[str, str] = {
    "checkbox": "check",
    "select": "select",
    "text": "input",
    "email": "input",
    "password": "input",
}
"""The stylesheets' name for each kind of input, by Django's word for the kind."""


def dress(widget: Any) -> None:
    if known := CLASSES.get(getattr(widget, "input_type", "")):
        widget.attrs["class"] = known
