"""Import one report from a file, and print the reference it got."""

import sys
from argparse import ArgumentParser
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.access import people
from accounts.models import Role, User
from config.limits import LIMITS
from config.plaintext import BadText
from integrations.importing.fitting import fit
from integrations.importing.formats import decoded, read_any
from integrations.importing.reader import Reading
from integrations.importing.start import needs_a_start, start_in
from integrations.importing.writer import write_report
from postmortems import policies
from postmortems.document import Document
from postmortems.moments import BadMoment


class Command(BaseCommand):
    help = (
        "Import a report in Markdown or JSON and print its reference. What somebody"
        " should look at goes to standard error, with its line."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a file, or - for standard input")
        parser.add_argument(
            "--as",
            dest="email",
            metavar="EMAIL",
            help="who imports it and facilitates it here; else the first administrator",
        )
        parser.add_argument(
            "--started",
            metavar="TIME",
            help="the start in UTC, where the report names none: “2026-03-05 09:30”",
        )
        parser.add_argument(
            "--restricted",
            action="store_true",
            help="import it for invited people only",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now().replace(microsecond=0)
        reading = fit(read_any(_text_of(options["file"])), now=now)
        self._tell(options["file"], reading)
        try:
            written = write_report(
                _placed(reading.document, options["started"], now),
                by=_importer(options["email"]),
                at=now,
                restricted=options["restricted"],
            )
        except (policies.Refusal, PermissionDenied) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(written.reference)
        if written.taken:
            self.stderr.write(
                f"{written.wanted_reference} was taken; this is the next free number"
                " of its day."
            )

    def _tell(self, file: str, reading: Reading) -> None:
        """Name the problems by line; end here where some stand in the way."""
        for problem in reading.problems:
            self.stderr.write(
                f"{file}:{problem.line}: {problem.severity}: {problem.text}"
            )
        if any(problem.severity == "error" for problem in reading.problems):
            raise CommandError("Nothing was imported; the lines above have to change.")


def _text_of(file: str) -> str:
    try:
        return decoded(sys.stdin.buffer.read() if file == "-" else _read(Path(file)))
    except BadText as error:
        raise CommandError(f"{file}: {error}") from None


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LIMITS.upload_body:
            raise CommandError(f"{path} has more than {LIMITS.upload_body} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None


def _placed(document: Document, started: str | None, now: datetime) -> Document:
    """The Document with the start that was given, where it needs one."""
    if not needs_a_start(document):
        return document
    if not started:
        raise CommandError(
            "The report says of no time when it started or was detected."
            " Give one: --started “2026-03-05 09:30”."
        )
    try:
        return replace(document, started=start_in(started, now=now))
    except BadMoment as error:
        raise CommandError(f"--started: {error}") from None


def _importer(email: str | None) -> User:
    if email:
        found = people().filter(email__iexact=email).first()
        if found is None:
            raise CommandError(f"There is no active account of {email}.")
        return found
    administrators = people().filter(role=Role.ADMINISTRATOR)
    first = administrators.order_by("pk").first()
    if first is None:
        raise CommandError("There is no administrator yet. Say who imports it: --as.")
    return first
