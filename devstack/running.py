"""The two ways to run something: the whole application, or a command beside servers."""

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence

from devstack import application, console, lock, ports, servers
from devstack.processes import Program
from devstack.supervisor import Stopped, Supervisor
from devstack.var import ROOT, Var, write_private

FOR_OTHERS = (
    "AFTERWORD_ENV",
    "AFTERWORD_VAR",
    "DATABASE_URL",
    "EMAIL_URL",
    "ENCRYPTION_KEY",
    "PUBLIC_URL",
    "REDIS_URL",
    "SECRET_KEY",
)
"""What a command needs to know to work beside the running application."""

KILLED_BY = 128
"""A program that signal N ended is reported as this and N, as shells do."""


def run(var: Var, environ: Mapping[str, str], *, with_parent: bool) -> int:
    """Bring up everything, and keep it up until asked to stop."""
    began = time.monotonic()
    var.prepare()
    held = lock.hold(var)
    listener = ports.listen(environ.get("PORT"))
    port = listener.getsockname()[1]
    ready = False
    try:
        with Supervisor(held, with_parent=with_parent) as supervisor:
            try:
                env = servers.bring_up(supervisor, var, environ)
                env = application.environment(env, var, port)
                application.prepare(supervisor, env, var)
                welcome = _welcome(supervisor, env, var)
                application.start(supervisor, env, var, listener)
                ready = True
                _announce(var, env, welcome, time.monotonic() - began)
                supervisor.watch()
            finally:
                var.state.unlink(missing_ok=True)
                console.say("Stopping …")
    except Stopped:
        pass
    console.say("Everything has stopped")
    return 0 if ready else 1


def _welcome(supervisor: Supervisor, environ: Mapping[str, str], var: Var) -> list[str]:
    """Who can sign in: the demo's people, or whoever creates the first account."""
    if environ.get("DEMO") != "0":
        with console.step("Loading the demo, unless it is there"):
            return application.load_demo(supervisor, environ, var)
    if first := application.first_run_address(supervisor, environ):
        return [f"Create the first administrator, once, at {first}"]
    return []


def execute(var: Var, environ: Mapping[str, str], command: Sequence[str]) -> int:
    """Run one command beside the servers, and return its exit code.

    Beside the application where that runs, else beside servers started for it.
    """
    var.prepare()
    if state := lock.running(var):
        return _beside(environ | state["environ"], command)
    held = lock.hold(var)
    try:
        with Supervisor(held) as supervisor:
            env = servers.bring_up(supervisor, var, environ)
            return _attached(supervisor, env, command)
    except Stopped:
        return KILLED_BY + signal.SIGINT


def _attached(
    supervisor: Supervisor, environ: Mapping[str, str], command: Sequence[str]
) -> int:
    """Run the command on this terminal."""
    ended = supervisor.finish(
        Program(command[0], command, environ, stop_signal=signal.SIGINT, attached=True)
    )
    code = ended.code or 0
    return code if code >= 0 else KILLED_BY - code


def _beside(environ: Mapping[str, str], command: Sequence[str]) -> int:
    """Become the command."""
    os.chdir(ROOT)
    os.execvpe(command[0], list(command), dict(environ))  # noqa: S606


def _announce(
    var: Var, environ: Mapping[str, str], lines: Sequence[str], seconds: float
) -> None:
    """Say where it is, and leave the same for commands that run beside it."""
    address = environ["PUBLIC_URL"]
    shared = {name: environ[name] for name in FOR_OTHERS}
    write_private(var.state, json.dumps({"address": address, "environ": shared}))
    console.say(f"Ready after {seconds:.1f} s at {address}/")
    for line in lines:
        console.say(line)
    console.say("Ctrl-C stops everything.")
