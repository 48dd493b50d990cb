"""Redis pub/sub between web processes: a doorbell. It may lose anything, or be away."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from live.broadcast import channel, packed, unpacked

logger = logging.getLogger("afterword.live")

AGAIN = 0.5
"""Seconds between two tries to reach Redis."""
MOST_WAITING = 10_000
"""Hints that wait for Redis; more are lost, and the database tells instead."""
Ring = Callable[[str, dict[str, Any], bytes], None]


class Bus:
    def __init__(
        self, hub_id: str, ring: Ring, topics: Callable[[], Iterable[str]]
    ) -> None:
        self._hub_id, self._ring, self._topics = hub_id, ring, topics
        self._redis = Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=5
        )
        self._pubsub: PubSub | None = None
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(MOST_WAITING)
        self._prefix = channel("")

    def publish(self, topic: str, head: dict[str, Any], payload: bytes = b"") -> None:
        try:
            message = packed({**head, "from": self._hub_id}, payload)
            self._waiting.put_nowait((channel(topic), message))
        except asyncio.QueueFull:
            logger.warning("a hint was lost: too many wait")

    async def subscribe(self, topic: str) -> None:
        await self._quietly("subscribe", topic)

    async def unsubscribe(self, topic: str) -> None:
        await self._quietly("unsubscribe", topic)

    async def _quietly(self, what: str, topic: str) -> None:
        """While Redis is away there is nothing to subscribe to; later all is done."""
        if self._pubsub is None:
            return
        try:
            await getattr(self._pubsub, what)(channel(topic))
        except (RedisError, OSError) as error:
            logger.warning("%s failed: %s", what, type(error).__name__)

    async def send(self) -> None:
        while True:
            waiting = [await self._waiting.get()]
            while not self._waiting.empty():
                waiting.append(self._waiting.get_nowait())
            try:
                pipeline = self._redis.pipeline(transaction=False)
                for name, message in waiting:
                    pipeline.publish(name, message)
                await pipeline.execute()
            except (RedisError, OSError) as error:
                logger.warning(
                    "%s hints were lost: %s", len(waiting), type(error).__name__
                )
                await asyncio.sleep(AGAIN)

    async def listen(self) -> None:
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                logger.warning("Redis is away: %s", type(error).__name__)
            finally:
                self._pubsub = None
            await asyncio.sleep(AGAIN)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            # The empty topic is what the processes tell each other about themselves.
            names = [self._prefix, _of_hub(self._hub_id)]
            await pubsub.subscribe(*names, *map(channel, self._topics()))
            self._pubsub = pubsub
            # Whatever was opened while Redis answered.
            await pubsub.subscribe(self._prefix, *map(channel, self._topics()))
            self._ring("", {"k": "listening"}, b"")
            while True:
                message = await pubsub.get_message(timeout=2.0)
                if message is not None:
                    self._take(message)

    async def dead(self, hubs: Sequence[str]) -> list[str]:
        """Those of these processes that have no connection to Redis any more."""
        if not hubs:
            return []
        try:
            found = await self._redis.pubsub_numsub(*map(_of_hub, hubs))
        except (RedisError, OSError):
            return []
        return [hub for hub, (_name, n) in zip(hubs, found, strict=True) if not n]

    def _take(self, message: dict[str, Any]) -> None:
        topic = message["channel"].decode().removeprefix(self._prefix)
        try:
            head, payload = unpacked(message["data"])
            if head.get("from") != self._hub_id:
                self._ring(topic, head, payload)
        except Exception:
            logger.exception("a hint that cannot be read")

    async def close(self) -> None:
        await self._redis.aclose()


def _of_hub(hub_id: str) -> str:
    return channel(f"hub:{hub_id}")
