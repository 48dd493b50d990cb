"""`python -m bench.mails`: 20,000 mails through a mail server of this machine."""

import os

from bench.__main__ import environment, say


def main() -> None:
    os.environ.update(environment("afterword_bench_mails"))
    import django  # noqa: PLC0415  needs the environment above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from bench import mailing  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    mailing.measure(say)


if __name__ == "__main__":
    main()
