"""A whole report drafted with the keyboard, read, exported, imported elsewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Team, User
from postmortems.models import Incident
from tests.browser.conftest import BrowserOf
from tests.browser.hand import Hand
from tests.browser.second_installation import EMAIL, second_installation
from tests.browser.told import Told, told_in
from tests.samples import SAMPLES

INVENTED = Path(__file__).parent.parent / "data" / "drafted_by_hand.md"
SAMPLE = (
    SAMPLES
    / "reports"
    / "dfds__PM2021-006---All-services-returning-503-in-Kubernetes.md"
)
MARKS = ["Started", "Detected", "Acknowledged", "Mitigated", "Resolved"]
BONES = ["Process", "Tools", "Measurement"]


@pytest.fixture(params=[INVENTED, SAMPLE], ids=["invented", "sample"])
def told(request: pytest.FixtureRequest) -> Told:
    path: Path = request.param
    if not path.exists():
        pytest.skip(f"{path.name} is not there (AFTERWORD_SAMPLES).")
    return told_in(path)


@pytest.fixture
def hand(browser_of: BrowserOf, facilitator: User) -> Hand:
    Team.objects.create(name="Platform")
    return Hand(browser_of(facilitator))


def test_a_whole_report_is_drafted_read_exported_and_imported(
    hand: Hand, told: Told, tmp_path: Path
) -> None:
    start_the_report(hand, told)
    write_the_summary(hand, told)
    write_the_timeline(hand, told)
    write_the_facts(hand, told)
    write_the_causes(hand, told)
    write_the_lessons(hand, told)
    write_the_actions(hand, told)
    write_what_follows(hand, told)
    read_it(hand.page, told)
    exported = export_it(hand.page)
    assert_it_survives(exported, tmp_path)


def start_the_report(hand: Hand, told: Told) -> None:
    hand.page.goto("/")
    hand.tab_to("New incident")
    hand.press("Enter")
    hand.wait_for("What happened, in one line")
    hand.write(told.title)
    hand.press("Tab")
    hand.write(of_mark(told, "Started"))
    hand.press("Enter")
    hand.page.wait_for_url(re.compile(r"/incidents/INC-[\d-]+/edit/"))
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text(told.title)


def write_the_summary(hand: Hand, told: Told) -> None:
    write_section(hand, 1, "Summary", told.parts["Summary"])
    write_section(hand, 1, "What surprised us", told.items("Lessons Learned")[0])
    hand.go_to(1)
    hand.tab_to("Edit TL;DR", back=True)
    hand.press("Enter")
    hand.wait_for("TL;DR")
    hand.write(told.title)
    hand.save()


def write_section(hand: Hand, section: int, name: str, text: str) -> None:
    """Into the paragraph itself; Esc leaves it."""
    expect(hand.page.get_by_role("textbox", name=name)).to_be_visible()
    hand.go_to(section)
    hand.tab_to(name)
    hand.write(text)
    expect(hand.page.locator("#savestate")).to_contain_text("Saved")
    hand.press("Escape")


def write_the_timeline(hand: Hand, told: Told) -> None:
    for moment, text in told.entries:
        hand.open("e", "Time")
        hand.write(moment)
        hand.press("Tab")
        expect(hand.page.get_by_label("Team, role or system")).to_be_focused()
        hand.write("Platform, system: Kubernetes")
        hand.press("Tab", "Tab")
        expect(hand.page.get_by_label("What happened")).to_be_focused()
        hand.write(text)
        tick_marks(hand, [mark for mark in MARKS if of_mark(told, mark) == moment])
        hand.tab_to("Link, trace id or text")
        hand.write("https://graphs.example.org/errors")
        hand.save()
    rows = hand.page.locator(".tl__row")
    expect(rows).to_have_count(len(told.entries))
    expect(rows.last.locator(".tl__glyph")).to_be_visible()


def tick_marks(hand: Hand, wanted: list[str]) -> None:
    for mark in wanted:
        hand.tab_to(mark)
        hand.press("Space")


def of_mark(told: Told, mark: str) -> str:
    """When something happened, by what the entries say of themselves."""
    words = {
        "Started": r"503 messages witnessed|First label fails",
        "Detected": r"503 messages witnessed|reports that no label",
        "Acknowledged": r"acknowledged",
        "Mitigated": r"\(mitigated\)",
        "Resolved": r"\(resolved\)",
    }
    found = [at for at, text in told.entries if re.search(words[mark], text)]
    return found[0] if found else ""


def write_the_facts(hand: Hand, told: Told) -> None:
    """What the timeline has not filled in yet, and what it has."""
    for mark in MARKS:
        shown = hand.page.locator(f"#field-{mark.lower()}")
        at = of_mark(told, mark)
        expect(shown).to_contain_text(f"{at[11:]}:00" if at else "not recorded")
    from_the_top(hand, "Edit Severity")
    hand.page.keyboard.press("ArrowDown")
    hand.press("ArrowDown")
    hand.save()
    from_the_top(hand, "Edit Affected services")
    hand.write("Ingress (load balancer)\nPlatform")
    hand.save()
    write_section(hand, 1, "Impact", told.parts["Summary"].splitlines()[-1])
    from_the_top(hand, "Add a number")
    hand.write("4100")
    hand.press("Tab")
    hand.write("requests")
    hand.save()


def from_the_top(hand: Hand, name: str) -> None:
    """Open a field above the first section, and wait for its form."""
    hand.go_to(1)
    hand.tab_to(name, back=True)
    hand.press("Enter")
    expect(hand.page.locator("[data-editing]")).to_have_count(1)
    expect(hand.page.locator("[data-editing] :focus")).to_be_visible()


def write_the_causes(hand: Hand, told: Told) -> None:
    factors = told.items("Contributing Factors")
    write_section(hand, 3, "Primary root cause", factors[0])
    for text, bone in zip(factors, BONES, strict=False):
        hand.open("f", "What made it possible")
        hand.write(text)
        hand.press("Tab")
        hand.page.keyboard.type(bone)
        hand.save()
        expect(hand.page.locator(".factor:focus")).to_contain_text(text[:20])
    hand.go_to(3)
    hand.tab_to("What happened")
    answer(hand, told.title)
    for text in factors:
        hand.tab_to("Why?", back=True)
        answer(hand, text)
    expect(hand.page.locator(".why")).to_have_count(len(factors) + 1)


def answer(hand: Hand, text: str) -> None:
    hand.open("Enter", "Because")
    hand.write(text)
    hand.save()


def write_the_lessons(hand: Hand, told: Told) -> None:
    columns = {
        "Add to what went well": "Went Well",
        "Add to what went wrong": "Lessons Learned",
        "Add to where we got lucky": "Got Lucky",
    }
    for name, heading in columns.items():
        for text in told.items(heading):
            hand.go_to(4)
            hand.tab_to(name)
            hand.open("Enter", "Lesson")
            hand.write(text)
            hand.save()
            expect(hand.page.locator(".lessons")).to_contain_text(text)


def write_the_actions(hand: Hand, told: Told) -> None:
    for text in told.items("Action Items"):
        hand.open("a", "What needs to be done")
        hand.write(text)
        hand.press("Tab")
        hand.write("Platform")
        hand.press("Tab")
        hand.write("in 3 weeks")
        hand.tab_to("Preventative")
        hand.press("Space")
        hand.tab_to(told.items("Contributing Factors")[0][:30])
        hand.press("Space")
        hand.save()
    rows = hand.page.locator("#part-lessons tbody tr")
    expect(rows).to_have_count(len(told.items("Action Items")))


def write_what_follows(hand: Hand, told: Told) -> None:
    for text in told.items("Follow-ups") or told.items("Stats"):
        hand.go_to(5)
        hand.tab_to("Add a follow-up")
        hand.open("Enter", "Follow-up")
        hand.write(text)
        hand.save()
    hand.go_to(5)
    hand.tab_to("Add a section here")
    hand.open("Enter", "Heading")
    hand.write("Attendees")
    hand.press("Tab")
    hand.write(told.parts["Attendees"])
    hand.save()


def read_it(page: Page, told: Told) -> None:
    page.get_by_role("link", name="Read", exact=True).click()
    text = page.locator("main").inner_text()
    expected = [told.title, "Attendees", *told.items("Contributing Factors")]
    expected += [*told.items("Action Items"), *told.items("Lessons Learned")]
    expected += [said for _at, said in told.entries]
    for said in expected:
        assert plain(said) in plain(text)


def plain(text: str) -> str:
    return re.sub(r"[\s`]+", " ", text)


def export_it(page: Page) -> str:
    reference = Incident.objects.get().reference
    answer = page.request.get(f"/incidents/{reference}/export/markdown/")
    assert answer.ok
    return answer.text()


def assert_it_survives(exported: str, folder: Path) -> None:
    """Imported into a second database and exported from it, it is the same."""
    file = folder / "report.md"
    file.write_text(exported, "utf-8")
    with second_installation() as second:
        reference = second.manage("import_report", str(file), "--as", EMAIL).strip()
        again: Any = second.manage("export_report", reference, "--as", EMAIL)
        data = second.manage("export_report", reference, "--format", "json")
    assert reference == Incident.objects.get().reference
    assert again == exported
    assert '"timeline"' in data
