"""Load the demo, once, and say how to sign in."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.demo import sign_ins
from integrations.demo.loading import Loaded, Occupied, load_demo
from integrations.demo.people import ORGANISATION
from integrations.demo.sign_ins import SignIn


class Command(BaseCommand):
    help = (
        "Load an invented organisation with a year of incidents into an empty"
        " installation, and print its sign-ins. Loads once; a second time changes"
        " nothing. Not in production."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--on",
            type=_day,
            metavar="YYYY-MM-DD",
            help="the day on which the year ends; else today, in UTC",
        )
        parser.add_argument(
            "--sign-ins",
            type=Path,
            metavar="FILE",
            help="keep the sign-ins in this file as JSON, readable by you alone",
        )
        parser.add_argument(
            "--json", action="store_true", help="print the sign-ins as JSON"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo is not loaded in production.")
        file: Path | None = options["sign_ins"]
        self.options = options
        try:
            given = load_demo(
                on=options["on"] or timezone.now().date(),
                keep=lambda made: _keep(made, file),
            )
            self._say(f"{ORGANISATION} is loaded, with its year of incidents.", given)
        except Loaded:
            given = sign_ins.read(file) if file else []
            self._say("The demo is loaded already; nothing was changed.", given)
        except Occupied:
            self._say("There are accounts here already; the demo was left out.", [])

    def _say(self, sentence: str, given: list[SignIn]) -> None:
        if self.options["json"]:
            self.stdout.write(json.dumps(sign_ins.as_data(given), ensure_ascii=False))
            return
        self.stdout.write(sentence)
        for sign_in in given:
            self.stdout.write(
                f"  {sign_in.role:<14} {sign_in.email:<36} {sign_in.password}"
            )


def _keep(made: list[SignIn], file: Path | None) -> None:
    if file is None:
        return
    try:
        sign_ins.write(file, made)
    except OSError as error:
        raise CommandError(
            f"{file} cannot be written, so nothing was loaded: {error.strerror}."
        ) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no day, such as 2026-03-09.") from None
