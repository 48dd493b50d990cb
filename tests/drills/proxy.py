"""A wire between two programs that can be slow, deaf, cut or torn, as it is told.

It runs in a thread of its own, so that a drill may block or await as it likes.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

Mangle = Callable[[bytes], Iterable[bytes]]
"""What becomes of bytes on their way from the server to the client."""
PATIENCE = 10.0
"""Seconds in which the wire itself has to do as it is told."""


class Wire:
    """Listens on `port` of this machine and passes on to the first target that answers.

    `mangle` makes a function for each connection, which may change what the server
    says.
    """

    def __init__(
        self,
        targets: Sequence[int],
        *,
        seed: int = 0,
        mangle: Callable[[], Mangle] | None = None,
    ) -> None:
        self.targets = list(targets)
        self.delay = 0.0
        """Seconds that whatever is said takes in each direction."""
        self.torn = 0.0
        """Share of pieces of data at which the connection is reset instead."""
        self.refusing = False
        self.taken = 0
        """Connections so far."""
        self._mangle = mangle or (lambda: lambda data: [data])
        self._chance = random.Random(seed)  # noqa: S311  the same faults each time
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._passing = asyncio.Event()
        self._passing.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server = self._do(
            asyncio.start_server(self._taken, "127.0.0.1", 0)
        )
        self.port: int = self._server.sockets[0].getsockname()[1]

    # --- What a drill says ------------------------------------------------------------

    def mend(self) -> None:
        """Pass everything on, also what was held back."""
        self.delay = self.torn = 0.0
        self.refusing = False
        self._loop.call_soon_threadsafe(self._passing.set)

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        self._do(self._cut())

    def refuse(self) -> None:
        """Reset every connection, and whatever comes."""
        self.refusing = True
        self.cut()

    def swallow(self) -> None:
        """Take connections and data, and never answer."""
        self._loop.call_soon_threadsafe(self._passing.clear)

    def close(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    # --- What the wire does -----------------------------------------------------------

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _cut(self) -> None:
        for end in list(self._ends):
            end.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _taken(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.taken += 1
        self._ends.add(writer)
        try:
            await self._passing.wait()
            if not self.refusing:
                await self._join(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._ends.discard(writer)
            writer.transport.abort()

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from_server, to_server = await self._reach()
        self._ends.add(to_server)
        try:
            ways = (
                self._pass_on(reader, to_server, lambda data: [data]),
                self._pass_on(from_server, writer, self._mangle()),
            )
            await asyncio.gather(*ways)
        finally:
            self._ends.discard(to_server)
            to_server.transport.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for target in list(self.targets):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", target)
        raise ConnectionRefusedError

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        mangle: Mangle,
    ) -> None:
        while data := await reader.read(65_536):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._passing.wait()
            if self.torn and self._chance.random() < self.torn:
                raise ConnectionResetError
            writer.writelines(mangle(data))
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
