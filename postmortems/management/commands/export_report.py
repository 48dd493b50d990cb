"""`manage.py export_report INC-2026-03-05-001 --format markdown`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import Http404

from accounts.access import people
from accounts.models import User
from postmortems import access
from postmortems.exporters.files import FORMATS
from postmortems.operations import sharing


class Command(BaseCommand):
    help = "Writes a report as Markdown or JSON, to the screen or into a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="INC-2026-03-05-001")
        parser.add_argument("--format", choices=sorted(FORMATS), default="markdown")
        parser.add_argument(
            "--output", type=Path, help="the file to write; else it is printed"
        )
        parser.add_argument(
            "--draft",
            action="store_true",
            help="the text as it stands in the workspace, not the published one",
        )
        parser.add_argument(
            "--as",
            dest="email",
            help="export what the person of this address may see; restricted reports"
            " are exported for invited people only",
        )

    def handle(self, *, reference: str, **options: Any) -> None:
        postmortem = _postmortem(reference, options["email"])
        sharing.bring_up_to_date(postmortem.pk)
        document = access.document(postmortem, draft=options["draft"])
        text = FORMATS[options["format"]].render(document)
        if options["output"] is None:
            self.stdout.write(text, ending="")
            return
        _write(options["output"], text)
        self.stdout.write(f"{reference} is in {options['output']}.")


def _postmortem(reference: str, email: str | None) -> Any:
    try:
        if email is None:
            return access.open_postmortem(reference)
        return access.postmortem(_person(email), reference)
    except Http404:
        whom = f"that {email} may see" if email else "that everybody may see"
        raise CommandError(
            f"There is no report {reference} {whom}. Restricted ones need --as and the"
            " address of an invited person."
        ) from None


def _person(email: str) -> User:
    person = people().filter(email__iexact=email).first()
    if person is None:
        raise CommandError(f"There is no active account with the address {email}.")
    return person


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
