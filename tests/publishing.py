"""The steps of a report's life, for tests that start behind them."""

from datetime import datetime

from django.test import Client

from accounts.models import User
from postmortems.models import Postmortem, Publication
from postmortems.operations import lifecycle
from postmortems.report import Report
from postmortems.vocabulary import Status
from tests.fixtures import NOW, fresh

STEPS = (Status.DRAFTING, Status.IN_REVIEW)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown_hash(report: Postmortem) -> str:
    """The hash of the text that the page of publishing would show now."""
    document = lifecycle.text_to_publish(Report.load(fresh(report)))
    return lifecycle.text_hash(document)


def to_review(report: Postmortem, by: User, at: datetime = NOW) -> None:
    here = list(Status).index(Status(fresh(report).status))
    for step in STEPS[here:]:
        lifecycle.move_report(report.pk, step, by=by, at=at)


def publish(report: Postmortem, by: User, at: datetime = NOW) -> Publication:
    """Take a report through all steps until it is published."""
    to_review(report, by, at)
    return lifecycle.publish_postmortem(
        report.pk, shown=shown_hash(report), by=by, at=at
    )


def reopen(
    report: Postmortem, by: User, reason: str = "A wrong time", at: datetime = NOW
) -> None:
    lifecycle.move_report(report.pk, Status.DRAFTING, by=by, at=at, reason=reason)
