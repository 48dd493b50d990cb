"""What a password must not be, beyond Django's own rules (BAR A26)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.access import organisation
from accounts.models import User

PRODUCT = "afterword"
SHORTEST_NAME = 4


class NotTheOrganisation:
    """Refuses passwords that are made of the organisation's or the product's name."""

    def validate(self, password: str, user: User | None = None) -> None:
        folded = password.casefold()
        for name in (organisation().name.casefold(), PRODUCT):
            for known in {name, name.replace(" ", "")}:
                if len(known) >= SHORTEST_NAME and known in folded:
                    raise ValidationError(
                        _("The password contains the name of the organisation."),
                        code="organisation",
                    )

    def get_help_text(self) -> str:
        return _("Not the name of the organisation.")
