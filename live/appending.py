"""Connections for appending to the log, which stay open and know no Django."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg_pool import AsyncConnectionPool

from live import log
from live.committing import Run


class Appender:
    def __init__(self) -> None:
        self._pool = AsyncConnectionPool(
            kwargs={**_parameters(), "autocommit": True},
            min_size=1,
            max_size=4,
            timeout=5,
            open=False,
        )

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def append(self, topic: str, epoch: int, runs: Sequence[Run]) -> int | None:
        """Commit updates; the version of the first, or None where none was taken."""
        async with self._pool.connection() as database:
            cursor = await database.execute(
                log.APPEND,
                {
                    "topic": topic,
                    "epoch": epoch,
                    "payloads": [run.payload for run in runs],
                    "authors": [run.author for run in runs],
                },
            )
            versions = [row[0] for row in await cursor.fetchall()]
        return min(versions, default=None)

    async def close(self) -> None:
        await self._pool.close(1)


def _parameters() -> dict[str, Any]:
    """Django's own, without what only its own cursors understand."""
    parameters = dict(connection.get_connection_params())
    return {
        name: value
        for name, value in parameters.items()
        if name not in {"context", "cursor_factory", "pool", "prepare_threshold"}
    }
