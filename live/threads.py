"""Ordinary Django code, called from the event loop; and waiting, but not for ever."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

logger = logging.getLogger("afterword.live")

P = ParamSpec("P")
R = TypeVar("R")

_threads = ThreadPoolExecutor(4, thread_name_prefix="live")


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    def with_connection() -> R:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, with_connection)


async def at_most(seconds: float, *work: Awaitable[None]) -> None:
    """Wait for all of them, or for so long; what fails holds up nothing else."""
    all_of_it = asyncio.gather(*work, return_exceptions=True)
    try:
        for ended in await asyncio.wait_for(all_of_it, seconds):
            if isinstance(ended, Exception):
                logger.error("live editing: it did not end well", exc_info=ended)
    except TimeoutError:
        logger.warning("live editing: something did not end in time")


async def first(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, or for so long."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
