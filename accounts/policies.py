"""What is refused to people who otherwise may: one class for each reason."""

from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """`str()` of a refusal is a sentence to show."""

    sentence = _("This is not possible now.")

    def __str__(self) -> str:
        return str(self.sentence)


class LastAdministrator(Refusal):
    sentence = _(
        "This is the last administrator. Make somebody else an administrator first."
    )


class HasAccount(Refusal):
    sentence = _("There is an account for this address already.")


class IsDeactivated(Refusal):
    sentence = _(
        "The account of this address is deactivated. Reactivate it under People."
    )


class NameTaken(Refusal):
    sentence = _("There is a team of this name already.")


class ArchivedNameTaken(NameTaken):
    sentence = _("There is an archived team of this name. Bring it back under Teams.")


class Gone(Refusal):
    """A one-time link that was used, withdrawn, has expired or never existed."""

    sentence = _("This link no longer works.")
