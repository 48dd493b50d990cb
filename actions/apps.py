from django.apps import AppConfig


class ActionsConfig(AppConfig):
    name = "actions"

    def ready(self) -> None:
        from actions.parts import ACTIONS  # noqa: PLC0415  needs loaded models
        from postmortems import parts  # noqa: PLC0415

        parts.register(ACTIONS)
