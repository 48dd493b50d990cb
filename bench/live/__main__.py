"""`python -m bench.live [PART …]`: seed, start two web processes, measure, print."""

import os
import sys

from bench.live.database import durable, fresh_database

PARTS = (
    *("typing", "rows", "editors", "readers", "storm"),
    *("redis", "kill", "slow", "opening"),
)


def main() -> None:
    asked = sys.argv[1:] or list(PARTS)
    if unknown := set(asked) - set(PARTS):
        raise SystemExit(f"There is no {sorted(unknown)}; parts are {' '.join(PARTS)}.")
    os.environ["DATABASE_URL"] = database = fresh_database()
    if not durable(database):
        raise SystemExit("PostgreSQL does not flush what it commits: no numbers.")
    os.environ["AFTERWORD_ENV"] = "development"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415  needs the environment above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    for part in asked:
        _measure(part)


def _measure(part: str) -> None:
    """Each part on processes of its own, so that none inherits the other's memory."""
    import uvloop  # noqa: PLC0415  comes with the server

    from bench.live import faults, load, opening, pages  # noqa: PLC0415
    from bench.live.stage import stage  # noqa: PLC0415

    work = {
        "typing": pages.typing,
        "rows": pages.rows,
        "editors": load.editors,
        "readers": load.readers,
        "storm": load.storm,
        "redis": faults.redis,
        "kill": faults.kill,
        "slow": faults.slow,
        "opening": opening.opening,
    }
    with stage() as here:
        uvloop.run(work[part](here))


if __name__ == "__main__":
    main()
