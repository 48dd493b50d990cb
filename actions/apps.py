from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActionsConfig(AppConfig):
    name = "actions"

    def ready(self) -> None:
        # These need loaded models, so they cannot stand at the top.
        from actions.access import oldest_to_plan  # noqa: PLC0415
        from actions.forms import ActionForm  # noqa: PLC0415
        from actions.operations import planning, report_steps, reporting  # noqa: PLC0415
        from actions.parts import ACTIONS  # noqa: PLC0415
        from actions.report_teller import TELLERS as REPORTS  # noqa: PLC0415
        from actions.step_teller import StepTeller  # noqa: PLC0415
        from actions.tellers import TELLERS  # noqa: PLC0415
        from outbound import telling  # noqa: PLC0415
        from outbound.queues import Queue, register_queue  # noqa: PLC0415
        from outbound.ticking import register_planner  # noqa: PLC0415
        from postmortems import parts  # noqa: PLC0415
        from postmortems.forms import rows  # noqa: PLC0415

        parts.register(ACTIONS)
        rows.register(ACTIONS.name, ActionForm)
        register_queue("actions", Queue(_("Reminders to plan"), oldest_to_plan))
        register_planner("actions", planning.plan)
        register_planner("report steps", report_steps.plan)
        register_planner("reports", reporting.plan)
        for kind, teller in (*TELLERS.items(), *REPORTS.items()):
            telling.register(kind, teller)
        telling.register(report_steps.KIND, StepTeller())
