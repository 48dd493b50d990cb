from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboundConfig(AppConfig):
    name = "outbound"

    def ready(self) -> None:
        from outbound import access, queues, secrets, telling  # noqa: PLC0415  apps are ready only now
        from outbound.models import NoticeKind  # noqa: PLC0415
        from outbound.tellers import ChatEnded  # noqa: PLC0415

        for name, label, oldest in (
            ("notices", _("Notices"), access.oldest_notice),
            ("deliveries", _("Messages"), access.oldest_delivery),
            ("letters", _("Invitations and password resets"), access.oldest_letter),
        ):
            queues.register_queue(name, queues.Queue(label, oldest))
        secrets.register_sealed("outbound.ChatHook", "address")
        telling.register(NoticeKind.CHAT_ENDED, ChatEnded())
