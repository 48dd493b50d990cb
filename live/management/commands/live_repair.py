"""`manage.py live_repair INC-2026-03-05-001`: begin a damaged shared text anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from live import log
from live.domain import domain
from live.repairing import begin_anew


class Command(BaseCommand):
    help = (
        "Check the shared texts of a report, and begin them anew from what readers have"
        " where something of them does not read. Open pages offer their text as a copy."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference")
        parser.add_argument(
            "--anew", action="store_true", help="also where everything reads"
        )

    def handle(self, *_args: Any, reference: str, anew: bool, **_options: Any) -> None:
        topic = domain().topics_of([reference]).get(reference)
        if topic is None:
            raise CommandError(f"There is no report {reference}.")
        document = log.find(topic)
        if document is None:
            self.stdout.write("Nobody has written it together yet.")
            return
        epoch = document.epoch
        document = begin_anew(topic, though_it_reads=anew)
        if document.epoch == epoch:
            self.stdout.write(f"Everything reads, up to version {document.version}.")
        else:
            self.stdout.write(
                f"Begun anew at version {document.version}, epoch {document.epoch}."
            )
