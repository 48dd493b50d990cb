"""A mail server that takes everything; prints its port, ends with its input."""

import sys
from typing import Any

from aiosmtpd.controller import Controller

from devstack import ports


class Taking:
    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802  aiosmtpd's name
        return "250 2.0.0 taken"


def main() -> None:
    port = ports.any_free()
    server = Controller(Taking(), hostname=ports.HOST, port=port)
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
