"""`manage.py verify_media`: evidence files without bytes, and bytes without a file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from postmortems.operations.media import compare_media, remove_strays


class Command(BaseCommand):
    help = (
        "Compares the evidence files in the database with those on the disk. Ends with"
        " 1 where one is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--remove-strays",
            action="store_true",
            help="delete files older than a day that nothing in the database needs",
        )

    def handle(self, *, remove_strays: bool, **_options: Any) -> None:
        found = compare_media(timezone.now())
        for file in found.lost:
            reference = file.postmortem.incident.reference
            self.stdout.write(
                f"missing: {file.stored_as} ({reference}, file {file.pk})"
            )
        for name in found.strays:
            self.stdout.write(f"stray: {name}")
        if remove_strays:
            self.stdout.write(f"{_remove()} strays were removed.")
        if found.lost:
            raise CommandError(f"{len(found.lost)} evidence files are missing.")
        self.stdout.write(f"Nothing is missing; {len(found.strays)} strays.")


def _remove() -> int:
    return remove_strays(timezone.now())
