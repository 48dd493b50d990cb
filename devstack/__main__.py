"""`python -m devstack run | exec COMMAND … | manage … | reset | browser`."""

import argparse
import os
import sys

from devstack import browser, console, reset, running
from devstack.refusal import CannotStart
from devstack.var import Var


def main() -> int:
    asked = _parser().parse_args()
    var = Var.chosen(os.environ)
    try:
        return _do(asked, var)
    except CannotStart as refusal:
        console.say(str(refusal))
    except PermissionError as error:
        console.say(
            f"This user may not use {error.filename}, which somebody else made. Start"
            " as they did, or name another folder in AFTERWORD_VAR."
        )
    except OSError as error:
        console.say(f"The system refuses: {error}")
    return 1


def _do(asked: argparse.Namespace, var: Var) -> int:
    match asked.what:
        case "run":
            return running.run(var, os.environ, with_parent=asked.stop_with_parent)
        case "exec":
            return running.execute(var, os.environ, asked.command)
        case "manage":
            command = [sys.executable, "manage.py", *asked.command]
            return running.execute(var, os.environ, command)
        case "reset":
            return reset.reset(var, asked_already=asked.yes)
        case _:
            print(browser.find_browser())
            return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devstack")
    what = parser.add_subparsers(dest="what", required=True)
    run = what.add_parser("run", help="the whole application, until Ctrl-C")
    run.add_argument(
        "--stop-with-parent",
        action="store_true",
        help="stop when the process that started this one has gone",
    )
    execute = what.add_parser("exec", help="a command beside the servers")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    manage = what.add_parser("manage", help="a command of manage.py beside the servers")
    manage.add_argument("command", nargs=argparse.REMAINDER)
    empty = what.add_parser("reset", help="empty var/, after asking")
    empty.add_argument("--yes", action="store_true", help="do not ask")
    what.add_parser("browser", help="the path of a Chromium, installed if need be")
    return parser


if __name__ == "__main__":
    sys.exit(main())
