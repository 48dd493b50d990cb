"""Somebody who writes a report with the keyboard alone."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

MOST_STOPS = 120
"""Presses of Tab after which something counts as out of reach."""

FOCUSED = """() => {
    const here = document.activeElement;
    const label = here.labels?.[0] || here;
    return (here.ariaLabel || label.textContent || "").replace(/\\s+/g, " ").trim();
}"""


@dataclass(frozen=True, slots=True)
class Hand:
    page: Page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.insert_text(text)

    @property
    def focused(self) -> str:
        """What a screen reader would call the element that has the focus."""
        name: str = self.page.evaluate(FOCUSED)
        return name

    def tab_to(self, name: str, *, back: bool = False) -> None:
        """Press Tab until the element of that name has the focus."""
        for _stop in range(MOST_STOPS):
            if self.focused.startswith(name):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"Tab does not reach “{name}”")

    def open(self, key: str, field: str) -> None:
        """Press a key, and wait until the field it leads to has the focus."""
        self.press(key)
        self.wait_for(field)

    def wait_for(self, field: str) -> None:
        label = re.compile(rf"^\s*{re.escape(field)}")
        expect(self.page.get_by_label(label).last).to_be_focused()

    def go_to(self, section: int) -> None:
        self.press(f"Alt+{section}")
        expect(self.page.locator(f"#s{section}")).to_be_focused()

    def save(self) -> None:
        """Ctrl Enter, and wait until it is saved and the focus is where it stands."""
        self.press("Control+Enter")
        expect(self.page.locator("[data-editing]")).to_have_count(0)
        expect(self.page.locator("#savestate")).to_contain_text("Saved")
        expect(self.page.locator("main :focus")).to_be_visible()
