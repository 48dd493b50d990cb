from django.apps import AppConfig


class OutboundConfig(AppConfig):
    name = "outbound"

    def ready(self) -> None:
        from outbound import secrets, telling  # noqa: PLC0415  apps are ready only now
        from outbound.models import NoticeKind  # noqa: PLC0415
        from outbound.tellers import ChatEnded  # noqa: PLC0415

        secrets.register_sealed("outbound.ChatHook", "address")
        telling.register(NoticeKind.CHAT_ENDED, ChatEnded())
