"""The application's own settings, with the bare view to compare with beside it."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES["default"]["OPTIONS"]["pool"] = {  # noqa: F405
    "min_size": 2,
    "max_size": 8,
    "timeout": 5,
}
