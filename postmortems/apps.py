from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    name = "postmortems"

    def ready(self) -> None:
        from live import domain  # noqa: PLC0415  models are there only now
        from postmortems.shared_texts import SharedReports  # noqa: PLC0415

        domain.register(SharedReports())
