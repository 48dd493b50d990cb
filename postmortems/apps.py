from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostmortemsConfig(AppConfig):
    name = "postmortems"

    def ready(self) -> None:
        from live import domain  # noqa: PLC0415  models are there only now
        from outbound.queues import Queue, register_queue  # noqa: PLC0415
        from postmortems.access import oldest_mention  # noqa: PLC0415
        from postmortems.shared_texts import SharedReports  # noqa: PLC0415

        domain.register(SharedReports())
        register_queue("mentions", Queue(_("Mentions in comments"), oldest_mention))
