"""Print the address at which the first administrator is created, once."""

from typing import Any
from urllib.parse import urlencode

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts.operations.arriving import new_first_run_token
from accounts.policies import Gone


class Command(BaseCommand):
    help = "Print /welcome/?token=… for the first administrator; earlier tokens end."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            token = new_first_run_token()
        except Gone:
            raise CommandError(
                "There is an account already; administrators invite by mail."
            ) from None
        address = f"{reverse('accounts:welcome')}?{urlencode({'token': token})}"
        self.stdout.write(address)
