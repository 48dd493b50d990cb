"""Long answers are made while they are sent, under ASGI as under WSGI."""

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncRequestFactory, RequestFactory

from config.streaming import streamed


def counted(made: list[int]) -> Iterator[bytes]:
    for number in range(3):
        made.append(number)
        yield b"%d" % number


@pytest.mark.django_db
def test_a_piece_is_made_when_the_one_before_is_taken() -> None:
    """Django would gather a plain iterator first, which a test of ASGI alone shows."""
    made: list[int] = []
    answer: Any = streamed(AsyncRequestFactory().get("/"), counted(made))
    assert answer.is_async

    async def read() -> list[tuple[bytes, int]]:
        return [(piece, len(made)) async for piece in answer.streaming_content]

    assert async_to_sync(read)() == [(b"0", 1), (b"1", 2), (b"2", 3)]


def test_without_asgi_it_is_a_plain_iterator() -> None:
    made: list[int] = []
    answer: Any = streamed(RequestFactory().get("/"), counted(made))
    pieces = iter(answer.streaming_content)
    assert (next(pieces), made) == (b"0", [0])
