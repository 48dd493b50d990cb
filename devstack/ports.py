"""Ports on 127.0.0.1: any free one, and the one that the web process listens on."""

import socket

from devstack.refusal import CannotStart

HOST = "127.0.0.1"
DEFAULT = 8000
TRIED_AFTER_DEFAULT = 100
LARGEST = 65_535
WAITING = 100
"""Connections that may wait until the web process takes them."""


def any_free() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(host: str, port: int, seconds: float = 0.5) -> bool:
    """Somebody takes a connection at this address."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True


def listen(asked: str | None) -> socket.socket:
    """Listen on the port asked for; else on the first free one from 8000 on.

    From now on nobody else gets it; the web process inherits it. Raises CannotStart.
    """
    if asked:
        return _exactly(asked)
    for port in range(DEFAULT, DEFAULT + TRIED_AFTER_DEFAULT):
        if listener := _listening(port):
            return listener
    raise CannotStart(
        f"Ports {DEFAULT} to {DEFAULT + TRIED_AFTER_DEFAULT - 1} are all taken."
        " Name a free one: make run PORT=9000"
    )


def _exactly(asked: str) -> socket.socket:
    if not asked.isascii() or not asked.isdecimal() or not 1 <= int(asked) <= LARGEST:
        raise CannotStart(f"PORT is “{asked}”; it is a number from 1 to {LARGEST}.")
    try:
        listener = _listening(int(asked))
    except PermissionError:
        raise CannotStart(f"This user may not open port {asked}.") from None
    if listener is None:
        raise CannotStart(f"Port {asked} is taken; name another, or leave PORT out.")
    return listener


def _listening(port: int) -> socket.socket | None:
    """None where the port is taken. PermissionError where this user may not open it."""
    if answers(HOST, port):  # some systems let two listen beside one another
        return None
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        if isinstance(error, PermissionError):
            raise
        return None
    return listener
