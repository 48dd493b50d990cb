"""Several people write one text, on several web processes."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.live.conftest import Opened, Web, session_of

pytestmark = pytest.mark.django_db(transaction=True)
Together = Callable[..., Any]


def test_what_one_writes_the_other_reads_on_another_process(
    together: Together,
    webs: tuple[Web, Web],
    facilitator: User,
    responder: User,
    summary: str,
) -> None:
    keys = session_of(facilitator), session_of(responder)

    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        other = await page(webs[1], keys[1]).ready()
        await one.write(summary, "Prices were 😀 stale. ")
        await other.until(lambda: "stale" in other.text(summary))
        await other.write(summary, "For an hour.")
        await one.until(lambda: one.text(summary).endswith("For an hour."))
        assert one.text(summary) == other.text(summary)

    together(story)
