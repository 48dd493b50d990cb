"""The entrance: everything that people and probes ask for comes through here."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

from config.edge import bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application: Any = get_asgi_application()

from live.consumer import NoSuchSocket, ReportConsumer  # noqa: E402  Django is set up

websockets: Any = URLRouter(
    [
        path("ws/r/<str:reference>/", ReportConsumer.as_asgi()),
        re_path(r"", NoSuchSocket.as_asgi()),
    ]
)
application = bounded(
    ProtocolTypeRouter({"http": django_application, "websocket": websockets})
)
