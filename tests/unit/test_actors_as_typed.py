"""Actors in one field, as people type them."""

import pytest

from postmortems.forms.pasted import actor_names, actor_text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SRE Team, Payments", ["SRE Team", "Payments"]),
        ("SRE Team,, ,Payments,", ["SRE Team", "Payments"]),
        ('"Merrow, Field and Sons", SRE Team', ["Merrow, Field and Sons", "SRE Team"]),
        ('Jonas "Jo" Adeyemi', ['Jonas "Jo" Adeyemi']),
        ("", []),
    ],
)
def test_a_comma_parts_names_unless_it_stands_in_quotes(
    text: str, names: list[str]
) -> None:
    assert actor_names(text) == names


@pytest.mark.parametrize(
    "name", ["Merrow, Field and Sons", '"Jo", as they call her', '"quoted"', "plain"]
)
@pytest.mark.parametrize("kind", ["team", "system"])
def test_an_actor_is_read_back_as_it_is_shown(name: str, kind: str) -> None:
    typed = actor_text({"kind": kind, "name": name})
    prefix = "system: " if kind == "system" else ""
    assert actor_names(typed) == [prefix + name]
