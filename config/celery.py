"""The Celery application: worker and scheduler start from here."""

import os
from typing import Any

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class BackgroundTask(Task[..., Any]):
    """A task that costs its process at most, never its worker (BAR DR16)."""

    max_retries = 3
    """Beside the first try, where the process that worked on it was killed."""
    default_retry_delay = 60
    """Seconds; jobs that beat are asked for anew by the scheduler anyway."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """End this process where memory is short: Celery would end the whole worker."""
        try:
            return super().__call__(*args, **kwargs)
        except MemoryError:
            raise SystemExit(1) from None


app = Celery("afterword", task_cls=BackgroundTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
