"""The entrance: everything that people and probes ask for comes through here."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

from config.edge import Receive, Scope, Send, bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application: Any = get_asgi_application()

from live import hub  # noqa: E402  Django is set up
from live.consumer import NoSuchSocket, ReportConsumer  # noqa: E402

websockets: Any = URLRouter(
    [
        path("ws/r/<str:reference>/", ReportConsumer.as_asgi()),
        re_path(r"", NoSuchSocket.as_asgi()),
    ]
)


async def lifespan(_scope: Scope, receive: Receive, send: Send) -> None:
    """Ends what runs beside the requests, before the server's event loop ends."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await hub.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "lifespan.startup.complete"})


application = bounded(
    ProtocolTypeRouter(
        {"http": django_application, "websocket": websockets, "lifespan": lifespan}
    )
)
