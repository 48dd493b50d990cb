"""Answers that are sent piece by piece, without ever being whole in memory."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse


def streamed(
    request: HttpRequest, pieces: Iterator[bytes], **options: Any
) -> StreamingHttpResponse:
    """Each piece is made in a thread when the one before has been sent.

    A slow reader holds no connection to the database in the meantime. (Given a plain
    iterator, Django would gather all of it first under ASGI.)
    """
    if isinstance(request, ASGIRequest):
        return StreamingHttpResponse(_in_threads(pieces), **options)
    return StreamingHttpResponse(pieces, **options)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def take() -> bytes | None:
        try:
            return next(pieces, None)
        finally:
            close_old_connections()

    while (piece := await sync_to_async(take)()) is not None:
        yield piece
