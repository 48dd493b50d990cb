"""Two real Chromium pages: from a key, or a saved row, to the other's screen."""

import asyncio
import os
import random
import shutil
import time
from contextlib import AsyncExitStack

from django.conf import settings
from playwright.async_api import Page, Playwright, async_playwright

from bench.live.machine import measuring
from bench.live.stage import Stage
from devstack.browser import PROGRAMS
from tests.drills.visitor import Visitor

KEYS, ROWS = 150, 30
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
NOTE_KEYS = """() => {
  window.pressed = [];
  document.addEventListener("keydown", (event) => {
    if (event.key === "x") pressed.push(performance.timeOrigin + performance.now());
  }, true);
}"""
NOTE_SIGHT = """(where) => {
  const place = document.querySelector(where);
  const count = () => place.textContent.split("x").length - 1;
  window.seen = [];
  let known = count();
  new MutationObserver(() => {
    const at = performance.timeOrigin + performance.now();
    for (const now = count(); known < now; known += 1) seen.push(at);
  }).observe(place, {subtree: true, childList: true, characterData: true});
}"""
NOTE_ROWS = """() => {
  window.seen = {};
  new MutationObserver(() => {
    const at = performance.timeOrigin + performance.now();
    for (const [, row] of document.body.textContent.matchAll(/Row number (\\d+)\\./g))
      seen[row] ??= at;
  }).observe(document.body, {subtree: true, childList: true});
}"""


async def typing(stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        mine, theirs = await two_pages(stage, stack)
        place = f"#prose-{stage.keys[0].removeprefix('section-')}"
        chance = random.Random(3)
        with measuring("A key, two Chromium pages") as measured:
            await mine.locator(f"{place} [contenteditable=true]").click()
            await mine.keyboard.press("Control+End")
            await mine.keyboard.type("start ")
            await asyncio.sleep(2)
            await mine.evaluate(NOTE_KEYS)
            await theirs.evaluate(NOTE_SIGHT, place)
            for count in range(KEYS):
                await mine.keyboard.press("x" if count % 60 else "Enter")
                await asyncio.sleep(0.12 * (0.6 + 0.8 * chance.random()))
            await asyncio.sleep(3)
            pressed = await mine.evaluate("pressed")
            seen = await theirs.evaluate("seen")
            took = [b - a for a, b in zip(pressed, seen, strict=False)]
            measured.times("to the other page", [t / 1000 for t in took], (20, 40, 80))
            measured.add("keys lost", len(pressed) - len(seen), "", 0)


async def rows(stage: Stage) -> None:
    visitor = Visitor([web.port for web in stage.webs], stage.editing[0])
    base = f"/incidents/{stage.reference}/"
    assert visitor.get(f"{base}edit/").status == 200
    async with AsyncExitStack() as stack:
        _mine, theirs = await two_pages(stage, stack)
        with measuring("A row, saved by a form") as measured:
            await theirs.evaluate(NOTE_ROWS)
            posted = {}
            for number in range(ROWS):
                posted[str(number)] = time.time() * 1000
                await asyncio.to_thread(save_row, visitor, base, number)
                await asyncio.sleep(0.4)
            await asyncio.sleep(2)
            seen = await theirs.evaluate("seen")
            took = [
                (seen[row] - posted[row]) / 1000 for row in posted.keys() & seen.keys()
            ]
            measured.times("to another page", took, (None, 150))
            measured.add("rows not shown", ROWS - len(seen), "", 0)


def save_row(visitor: Visitor, base: str, number: int) -> None:
    values = {
        "occurred": "2026-03-05 09:30:00",
        "text": f"Row number {number}.",
        "request_key": f"{number:032x}",
    }
    answer = visitor.post(f"{base}rows/timeline/add/", values)
    if answer.status != 200:
        raise SystemExit(f"a row was answered {answer.status}: {answer.text[:300]}")


async def two_pages(stage: Stage, stack: AsyncExitStack) -> tuple[Page, Page]:
    """Each in a browser of its own, on a web process of its own."""
    playwright = await stack.enter_async_context(async_playwright())
    pages = []
    for web, session in zip(stage.webs, stage.editing[1:3], strict=True):
        pages.append(await _page(playwright, stack, web.address, stage, session))
    return pages[0], pages[1]


async def _page(
    playwright: Playwright,
    stack: AsyncExitStack,
    address: str,
    stage: Stage,
    session: str,
) -> Page:
    program = os.environ.get("AFTERWORD_CHROMIUM") or next(
        filter(None, map(shutil.which, PROGRAMS)), None
    )
    browser = await playwright.chromium.launch(executable_path=program, args=QUIET)
    stack.push_async_callback(browser.close)
    window = await browser.new_context(base_url=address)
    name = settings.SESSION_COOKIE_NAME
    await window.add_cookies([{"name": name, "value": session, "url": address}])
    page = await window.new_page()
    await page.goto(f"/incidents/{stage.reference}/edit/")
    await page.locator("[contenteditable=true]").first.wait_for()
    return page
