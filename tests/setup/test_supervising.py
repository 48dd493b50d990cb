"""The guardian, and what people see while a step goes on."""

import signal
import subprocess
import sys
import time

import pytest

from devstack import console
from devstack.var import ROOT


def left_by_a_supervisor(program: subprocess.Popen[bytes], *last_words: str) -> None:
    """Tell a guardian of the program and then `last_words`, and nothing more."""
    lines = [f"+ {program.pid} SIGTERM application", *last_words]
    guardian = subprocess.Popen(
        [sys.executable, "-m", "devstack.guardian"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert guardian.stdin is not None
    guardian.stdin.write("".join(f"{line}\n" for line in lines))
    guardian.stdin.close()
    if not last_words:
        program.wait(timeout=30)
    assert guardian.wait(timeout=30) == 0


def test_the_guardian_stops_what_a_killed_supervisor_left() -> None:
    program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    left_by_a_supervisor(program)
    assert program.returncode == -signal.SIGTERM


def test_the_guardian_leaves_alone_what_the_supervisor_has_let_go() -> None:
    program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    left_by_a_supervisor(program, "bye")
    assert program.poll() is None
    program.kill()
    program.wait()


def test_the_guardian_kills_what_does_not_want_to_stop() -> None:
    program = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert program.stdout is not None
    program.stdout.readline()
    left_by_a_supervisor(program)
    program.stdout.close()
    assert program.returncode == -signal.SIGKILL


def test_a_long_step_says_again_what_it_is_doing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with console.step("Counting sheep", patience=0.05):
        time.sleep(0.2)
    first, second, *_rest = capsys.readouterr().out.splitlines()
    assert first == "afterword | Counting sheep …"
    assert "still counting sheep" in second


def test_a_short_step_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    with console.step("Blinking"):
        pass
    assert capsys.readouterr().out.splitlines() == ["afterword | Blinking …"]
