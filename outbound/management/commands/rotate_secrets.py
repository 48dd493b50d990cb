"""Encrypts stored secrets with the newest key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outbound.operations.rotating import rotate_all


class Command(BaseCommand):
    help = "Encrypt stored secrets with ENCRYPTION_KEY, so that older keys may go."

    def handle(self, *_args: Any, **_options: Any) -> None:
        done, lost = rotate_all()
        self.stdout.write(f"Encrypted anew: {done}.")
        if lost:
            raise CommandError(
                f"No key fits for {lost}. Give their key in ENCRYPTION_KEY_FALLBACKS,"
                " or enter them anew."
            )
