"""Several calls at the same moment, each on a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

LONGEST = 60
"""Seconds after which a call that waits for another is taken for stuck."""


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gave back, or the exception that it raised."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(LONGEST)
            return call()
        except Exception as error:  # noqa: BLE001  told to the test
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        waiting = [pool.submit(run, call) for call in calls]
        return [one.result(LONGEST) for one in waiting]


def raised(results: list[Any]) -> list[str]:
    """The names of what was raised, sorted."""
    return sorted(
        type(result).__name__ for result in results if isinstance(result, Exception)
    )
