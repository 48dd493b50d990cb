"""The guardian, and what people see while a step goes on."""

import subprocess
import sys
import time

import pytest

from devstack import console
from devstack.guardian import group_is_alive
from devstack.var import ROOT


def guarded(*last_words: str) -> subprocess.Popen[bytes]:
    """A program whose supervisor said `last_words` to the guardian, and was gone."""
    program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    lines = [f"+ {program.pid} SIGTERM application", *last_words]
    subprocess.run(
        [sys.executable, "-m", "devstack.guardian"],
        cwd=ROOT,
        input="".join(f"{line}\n" for line in lines),
        text=True,
        check=True,
        timeout=30,
    )
    return program


def test_the_guardian_stops_what_a_killed_supervisor_left() -> None:
    program = guarded()
    program.wait(timeout=10)
    assert not group_is_alive(program.pid)


def test_the_guardian_leaves_alone_what_the_supervisor_has_let_go() -> None:
    program = guarded("bye")
    assert program.poll() is None
    program.kill()
    program.wait()


def test_the_guardian_kills_what_does_not_want_to_stop() -> None:
    deaf = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert deaf.stdout is not None
    deaf.stdout.readline()
    subprocess.run(
        [sys.executable, "-m", "devstack.guardian"],
        cwd=ROOT,
        input=f"+ {deaf.pid} SIGTERM application\n",
        text=True,
        check=True,
        timeout=30,
    )
    deaf.stdout.close()
    assert deaf.wait(timeout=10) == -9


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
