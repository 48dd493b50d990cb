"""Whatever is typed into a form: no error, nothing lost, nothing that runs.

What is accepted is there when the form is opened again, cleaned by the one rule for
text. What is refused stands in the form that comes back, beside what is the matter.
"""

import re
import unicodedata
from typing import Any

import pytest

from config.plaintext import clean_text
from tests.corpus import ATTACKS, NOT_TEXT, TEXTS
from tests.security.inert import live_content
from tests.security.places import ELSEWHERE, PLACES, WITHOUT_TEXT, Place
from tests.submitting import form_for
from tests.views.routes import ROUTES
from tests.worlds import World, undone

ACCEPTED = {200, 204, 302}
REFUSED = {409, 422}


def test_every_form_is_tried() -> None:
    posted = {name for name, methods in ROUTES.items() if "POST" in methods}
    tried = {place.route for place in PLACES.values()}
    assert posted == {*tried, *ELSEWHERE, *WITHOUT_TEXT}


class Typing:
    """Somebody at one form, who sends a text in several of its fields."""

    def __init__(self, place: Place, world: World, **headers: str) -> None:
        self.place, self.world, self.headers = place, world, headers
        self.address = place.address(world)
        self.client = world.client(place.role)
        self.problems: list[str] = []
        page = self.client.get(self.address, place.query)
        assert page.status_code == 200, f"{self.address}: {page.status_code}"
        self.form = form_for(page.content.decode(), self.address)

    def data(self, text: str, fields: list[str]) -> dict[str, Any]:
        others = dict.fromkeys(self.place.texts, "Something")
        typed = dict.fromkeys(fields, text)
        least = self.place.least
        return {**self.form.values, **others, **least, **typed, "request_key": ""}

    def send(self, text: str, fields: list[str]) -> Any:
        answer = self.client.post(
            self.address, self.data(text, fields), headers=self.headers
        )
        self.look(answer)
        return answer

    def look(self, answer: Any) -> None:
        if answer.status_code >= 500:
            self.say(f"answered {answer.status_code}")
        for found in live_content(answer.content.decode()):
            self.say(found)

    def say(self, problem: str) -> None:
        self.problems.append(problem)

    def try_text(self, text: str) -> None:
        """Send it everywhere; then once more where it was not refused."""
        self.client = self.world.client(self.place.role)
        fields = list(self.place.texts)
        answer = self.send(text, fields)
        if answer.status_code in REFUSED:
            wrong = self.check_refused(answer, text, fields)
            fields = [name for name in fields if name not in wrong]
            if not fields:
                return
            answer = self.send(text, fields)
        if answer.status_code in ACCEPTED:
            self.check_kept(text, fields)
        else:
            self.say(f"answered {answer.status_code} to {fields}")

    def check_refused(self, answer: Any, text: str, fields: list[str]) -> set[str]:
        html = answer.content.decode()
        form = form_for(html, self.address)
        if not form.wrong and 'class="error' not in html:
            self.say("refused without a word beside a field")
        for name in fields:
            if flat(form.shows(name)) != flat(text):
                self.say(f"{name} comes back as {form.shows(name)[:60]!r}")
        return form.wrong or set(fields)

    def check_kept(self, text: str, fields: list[str]) -> None:
        if self.place.seen is None:
            return
        fragment = {"HX-Request": "true"}
        page = self.client.get(self.place.seen(self.world), headers=fragment)
        self.look(page)
        form = form_for(page.content.decode(), self.place.seen(self.world))
        for name in fields:
            shown = form.shows(self.place.renamed.get(name, name))
            if not self.is_kept(name, text, shown):
                self.say(f"{name} is kept as {shown[:60]!r}")

    def is_kept(self, name: str, text: str, shown: str) -> bool:
        lines = name in self.place.several_lines
        clean = clean_text(text, limit=10**6, lines=lines)
        if name in self.place.loose:
            return set(words(clean)) <= set(words(shown))
        if self.place.is_name:
            return visible(clean) == visible(shown)
        return shown.strip() == clean.strip()


def flat(text: str) -> str:
    """As a browser shows it: line ends are one thing, space around it is none."""
    return re.sub(r"\r\n?", "\n", text).strip()


def visible(text: str) -> str:
    """Without what cannot be seen, and with one space where there are several."""
    seen = "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Cc"})
    return " ".join(seen.split())


def words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFC", text).casefold()
    return re.findall(r"\w{2,}", visible(re.sub(r"\s", " ", folded)))


def problems(
    place: Place, texts: dict[str, str], world: World, **headers: str
) -> list[str]:
    typing = Typing(place, world, **headers)
    found = []
    for name, text in texts.items():
        with undone():
            typing.try_text(text)
        found += [f"{name}: {problem}" for problem in typing.problems]
        typing.problems.clear()
    return found


@pytest.mark.parametrize("name", PLACES)
def test_no_text_is_lost_or_breaks_anything(name: str, world: World) -> None:
    assert problems(PLACES[name], TEXTS, world) == []


@pytest.mark.parametrize("name", PLACES)
def test_no_attack_comes_to_life(name: str, world: World) -> None:
    assert problems(PLACES[name], ATTACKS, world, **{"HX-Request": "true"}) == []


@pytest.mark.parametrize("name", PLACES)
def test_bytes_that_are_no_text_are_refused_before_any_view(
    name: str, world: World
) -> None:
    place = PLACES[name]
    client, address = world.client(place.role), place.address(world)
    for raw in NOT_TEXT.values():
        escaped = "".join(f"%{byte:02x}" for byte in raw)
        body = "&".join(f"{field}={escaped}" for field in place.texts)
        answer = client.post(
            address, body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 400


def test_a_form_with_a_thousand_fields_is_refused(world: World) -> None:
    client = world.client("member")
    body = "&".join(f"field{n}=x" for n in range(1_001))
    for name in ("new incident", "profile"):
        place = PLACES[name]
        address = place.address(world)
        form = "application/x-www-form-urlencoded"
        assert client.post(address, body, content_type=form).status_code == 400
