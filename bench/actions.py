"""`python -m bench.actions`: what the list of actions costs at 100,000 of them."""

import os
import statistics
import time
from functools import partial

from bench.__main__ import (
    Browser,
    environment,
    percentile,
    say,
    servers,
    session_of,
    times_of,
)

PAGES: tuple[tuple[str, str, float | None], ...] = (
    ("manager's view", "/actions/", 60),
    ("all open", "/actions/?show=open", 60),
    ("done this quarter", "/actions/?show=done", 60),
    ("of a team, of high priority", "/actions/?show=open&team=3&priority=high", 60),
    ("by severity", "/actions/?show=open&sort=severity", None),
    ("search, a frequent word", "/actions/?show=open&q=cache", None),
    ("search, a rare word", "/actions/?show=all&q=heliotrope", None),
    ("the aside", "/actions/ageing/", None),
)


def main() -> None:
    env = environment("afterword_bench_actions")
    os.environ.update(env)
    import django  # noqa: PLC0415  needs the environment above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from bench import promises  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    manager = promises.seed()
    say("seeding 100,000 actions", time.perf_counter() - began, "s", None)
    with servers(env, 1) as [port]:
        browser = Browser(port, session_of(manager))
        for name, path, target in PAGES:
            times = times_of(partial(browser.get, path))
            say(f"actions: {name}, p50", statistics.median(times), "ms", target)
            say(f"actions: {name}, p95", percentile(times, 95), "ms", None)


if __name__ == "__main__":
    main()
