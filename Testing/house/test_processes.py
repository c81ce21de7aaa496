"""A program is run beside this one: heard line by line, never waited for, stopped with all it started."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.processes import ChildProcess, library_environment, python_command


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-c", code]


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # a killed orphan nobody waited for is still listed, as a zombie
    stat = Path(f"/proc/{pid}/stat")
    return not stat.is_file() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_lines_come_while_it_runs_and_each_once() -> None:
    with ChildProcess(python("import time\nprint('one')\nprint('tw', end='')\ntime.sleep(600)")) as child:
        heard: list[str] = []
        until(lambda: heard.extend(child.lines()) or heard == ["one"])
        assert child.lines() == ()
        assert child.exit_code is None


def test_last_line_without_an_end_is_told_at_the_end() -> None:
    with ChildProcess(python("print('one\\r\\ntwo', end='')")) as child:
        until(lambda: child.exit_code is not None)
        assert child.lines() == ("one", "two")
        assert child.exit_code == 0


def test_last_words_on_stderr_say_why_it_failed() -> None:
    with ChildProcess(
        python("import sys; print('10 %\\r20 %\\nno room', file=sys.stderr); sys.exit(2)")
    ) as child:
        until(lambda: child.exit_code is not None)
        assert (child.exit_code, child.said()) == (2, "no room")


def test_cancel_ends_it_and_what_it_started() -> None:
    grandchild = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
    )
    with ChildProcess(python(f"{grandchild}\nprint(p.pid)\np.wait()")) as child:
        heard: list[str] = []
        until(lambda: heard.extend(child.lines()) or bool(heard))
        pid = int(heard[0])
        assert alive(pid)
        child.cancel()
        until(lambda: child.exit_code is not None and not alive(pid))
        assert child.cancelled


def test_leaving_stops_it() -> None:
    with ChildProcess(python("import time; time.sleep(600)")) as child:
        pid = child.pid
    assert not alive(pid)


def test_program_that_is_not_there_is_told() -> None:
    with pytest.raises(WorkFailed, match="could not be started"):
        ChildProcess(["ctspatialvqa-no-such-program"])


def test_child_finds_the_library_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = python_command("CTSpatialVQALib.cli.main", "ground", "Where is the liver?")
    with ChildProcess(command, environment=library_environment()) as child:
        until(lambda: child.exit_code is not None)
        assert "liver" in "\n".join(child.lines())
