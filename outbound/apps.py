from django.apps import AppConfig


class OutboundConfig(AppConfig):
    name = "outbound"

    def ready(self) -> None:
        from outbound import secrets  # noqa: PLC0415  apps are ready only now

        secrets.register_sealed("outbound.ChatHook", "address")
