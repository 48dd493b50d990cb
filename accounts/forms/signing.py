"""allauth's forms in our words, and the forms that make an account."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import (
    AddressField,
    Dressed,
    NameField,
    NewPasswordField,
    ZoneField,
    dress,
)
from accounts.models import User
from accounts.operations.letters import ask_for_password_reset


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Normalised before it is looked at, so that one account has one count of tries.
        self.fields["login"] = AddressField()
        _relabel(self, login=_("E-mail address"), password=_("Password"))
        self.order_fields(("login", "password"))
        self.fields["login"].widget.attrs |= {
            "autocomplete": "username",
            "autofocus": True,
        }


class AskForResetForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """Looks nobody up: the answer and its time are the same for every address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = AddressField()
        _relabel(self, email=_("E-mail address"))

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email = str(self.cleaned_data["email"])
        ask_for_password_reset(email, at=timezone.now())
        return email


class ResetPasswordForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _relabel(self, password1=_("New password"), password2=_("The same again"))


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _relabel(
            self,
            oldpassword=_("Current password"),
            password1=_("New password"),
            password2=_("The same again"),
        )


def _relabel(form: forms.Form, **labels: Any) -> None:
    for name, label in labels.items():
        field = form.fields[name]
        field.label, field.help_text = label, ""
        field.widget.attrs.pop("placeholder", None)
        dress(field.widget)


class NewAccountForm(Dressed):
    """What somebody says of themself when an invitation is taken up."""

    name = NameField(label=_("Your name"))
    password = NewPasswordField()
    time_zone = ZoneField()

    def __init__(self, *args: Any, address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address
        self.fields["name"].widget.attrs["autocomplete"] = "name"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        password = cleaned.get("password")
        if password:
            like = User(
                email=cleaned.get("email") or self.address, name=cleaned.get("name", "")
            )
            try:
                validate_password(password, like)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class FirstAdministratorForm(NewAccountForm):
    email = AddressField()
    token = forms.CharField(widget=forms.HiddenInput)

    field_order = ("email", "name", "password", "time_zone", "token")
