"""Writes the demo into an empty installation: all of it, or nothing."""

from collections.abc import Callable
from datetime import date

from django.db import transaction

from accounts.access import everybody, nobody_yet
from accounts.models import Team, User
from accounts.operations.organisations import locked_organisation, save_organisation
from accounts.operations.teams import add_team
from integrations.demo.lives import People, author, first_version, life, written_at
from integrations.demo.people import (
    ADMINISTRATOR,
    ORGANISATION,
    PEOPLE,
    SERVICES,
    SIGN_INS,
    TEAMS,
    TIME_ZONE,
    Person,
)
from integrations.demo.sign_ins import SignIn, new_password
from integrations.demo.stories import Told, tell
from integrations.importing.writer import place_report
from postmortems.models import Service
from postmortems.operations.desk import Desk

Keep = Callable[[list[SignIn]], None]


class Loaded(Exception):
    """The demo is there already."""


class Occupied(Exception):
    """Somebody works with this installation; the demo keeps out of it."""


def load_demo(*, on: date, keep: Keep) -> list[SignIn]:
    """Write the organisation and its year of incidents before `on`, once.

    `keep` is given the sign-ins before anything is final: where it fails, nothing is
    loaded. Raises Loaded or Occupied, and then changes nothing.
    """
    with transaction.atomic(durable=True):
        locked_organisation()
        _check_empty()
        sign_ins = [_sign_in(role, name) for role, name in SIGN_INS.items()]
        keep(sign_ins)
        people = _write_people({sign_in.name: sign_in for sign_in in sign_ins})
        _write_organisation(people)
        for told in tell(on):
            _write_report(told, people)
        return sign_ins


def _check_empty() -> None:
    if nobody_yet():
        return
    administrator = _person(ADMINISTRATOR).email
    raise Loaded if everybody().filter(email=administrator).exists() else Occupied


def _person(name: str) -> Person:
    return next(person for person in PEOPLE if person.name == name)


def _sign_in(role: str, name: str) -> SignIn:
    return SignIn(role, name, _person(name).email, new_password())


def _write_people(sign_ins: dict[str, SignIn]) -> dict[str, User]:
    """Accounts by name. Only those with a sign-in have a password at all."""
    people = {}
    for person in PEOPLE:
        user = User(
            email=person.email,
            name=person.name,
            role=person.role,
            time_zone=person.time_zone,
        )
        given = sign_ins.get(person.name)
        user.set_password(given.password if given else None)
        user.save(force_insert=True)
        people[person.name] = user
    return people


def _write_organisation(people: People) -> None:
    administrator = people[ADMINISTRATOR]
    save_organisation(name=ORGANISATION, default_time_zone=TIME_ZONE, by=administrator)
    teams: dict[str, Team] = {
        team.name: add_team(
            name=team.name,
            description=team.description,
            lead=people[team.lead],
            manager=people[team.manager],
            members=[people[name] for name in team.members],
            by=administrator,
        )
        for team in TEAMS
    }
    for service in SERVICES:
        Service(
            name=service.name,
            description=service.description,
            owner=teams[service.owner],
        ).save(force_insert=True)


def _write_report(told: Told, people: People) -> None:
    """The report as its facilitator wrote it, and then what happened to it."""
    by, at = people[author(told)], written_at(told)
    postmortem = place_report(first_version(told), by=by, at=at).postmortem
    # Credits are for people without an account, and these have one: they will join.
    postmortem.credits = {}
    postmortem.save(update_fields=["credits"])
    for event in life(told):
        event.step(Desk(postmortem, people[event.by], event.at), people)
