from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        # These need loaded models, so they cannot stand at the top.
        from actions import panels  # noqa: PLC0415
        from integrations.issues.showing import panel_of  # noqa: PLC0415
        from integrations.trackers import (  # noqa: PLC0415
            adapter,
            github,
            gitlab,
            jira,
            linear,
        )
        from integrations.trackers.access import oldest_to_sync  # noqa: PLC0415
        from integrations.trackers.operations import asking  # noqa: PLC0415
        from integrations.trackers.teller import TrackerTeller  # noqa: PLC0415
        from outbound import telling  # noqa: PLC0415
        from outbound.models import NoticeKind  # noqa: PLC0415
        from outbound.queues import Queue, register_queue  # noqa: PLC0415
        from outbound.secrets import register_sealed  # noqa: PLC0415
        from outbound.ticking import register_planner  # noqa: PLC0415

        for kind in (
            jira.CLOUD,
            jira.DATA_CENTER,
            github.GITHUB,
            github.GITHUB_APP,
            gitlab.GITLAB,
            linear.LINEAR,
        ):
            adapter.register(kind)
        panels.register(panels.Panel("issue", "integrations/issue.html", panel_of))
        register_planner("trackers", asking.plan)
        telling.register(NoticeKind.TRACKER, TrackerTeller())
        register_queue("issues", Queue(_("Issues in trackers"), oldest_to_sync))
        register_sealed(
            "integrations.Connection", "secret", "hook_secret", "hook_secret_before"
        )
