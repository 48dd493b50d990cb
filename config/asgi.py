"""The entrance: everything that people and probes ask for comes through here."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

from config.edge import bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application: Any = get_asgi_application()
application = bounded(django_application)
