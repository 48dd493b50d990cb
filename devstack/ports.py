"""Ports on 127.0.0.1: which are free, and which one the web process gets."""

import socket

from devstack.refusal import CannotStart

HOST = "127.0.0.1"
DEFAULT = 8000
TRIED_AFTER_DEFAULT = 100
LARGEST = 65_535


def any_free() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Nobody listens on `port`. PermissionError where this user may not open it."""
    if answers(HOST, port):  # some systems let two listen beside one another
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def answers(host: str, port: int, seconds: float = 0.5) -> bool:
    """Somebody takes a connection at this address."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True


def for_web(asked: str | None) -> int:
    """The port asked for, which must be free; else the first free one from 8000 on."""
    if asked:
        return _exactly(asked)
    for port in range(DEFAULT, DEFAULT + TRIED_AFTER_DEFAULT):
        if is_free(port):
            return port
    raise CannotStart(
        f"Ports {DEFAULT} to {DEFAULT + TRIED_AFTER_DEFAULT - 1} are all taken."
        " Name a free one: make run PORT=9000"
    )


def _exactly(asked: str) -> int:
    if not asked.isascii() or not asked.isdecimal() or not 1 <= int(asked) <= LARGEST:
        raise CannotStart(f"PORT is “{asked}”; it is a number from 1 to {LARGEST}.")
    try:
        free = is_free(int(asked))
    except PermissionError:
        raise CannotStart(f"This user may not open port {asked}.") from None
    if not free:
        raise CannotStart(f"Port {asked} is taken; name another, or leave PORT out.")
    return int(asked)
