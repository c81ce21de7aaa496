"""How is another program run without waiting for it, heard line by line, and stopped with all it started?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from CTSpatialVQALib.errors import WorkFailed, one_line
from CTSpatialVQALib.temporary_folders import temporary_folder

_TAIL_BYTES = 4000
_CREATION_FLAGS: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows: no console pops up


class ChildProcess:
    """A program that runs beside this one. A context manager: leaving it stops the program.

    What it prints goes into files in a private folder, not through pipes: nothing here ever waits for it, no
    thread is needed to listen (they starve inside Slicer while its event loop runs), and a program that
    prints much cannot get stuck.

    Parameters
    ----------
    command : program and arguments; never a line for a shell
    environment : variables in addition to, or instead of, this process's own

    Raises
    ------
    WorkFailed
        If the program cannot be started.
    """

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        self._folder = temporary_folder("child")
        self._out, self._err = (Path(self._folder.name) / name for name in ("out", "err"))
        self._read = 0
        self._part = b""
        self._cancelled = False
        try:
            with self._out.open("wb") as out, self._err.open("wb") as err:
                self._process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env={**os.environ, **(environment or {})},
                    creationflags=_CREATION_FLAGS,
                    start_new_session=True,
                )
        except OSError as error:
            self._folder.cleanup()
            raise WorkFailed(f"{command[0]} could not be started: {error.strerror or error}.") from error

    @property
    def pid(self) -> int:
        """Of the program itself, and on POSIX of the process group that it leads."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._process.poll()

    @property
    def cancelled(self) -> bool:
        """Whether it was stopped by `cancel`."""
        return self._cancelled

    def lines(self) -> tuple[str, ...]:
        """The complete lines it printed to stdout since the last call; after its end also the last part."""
        ended = self.exit_code is not None  # asked first: what it wrote before its end is then in the file
        with self._out.open("rb") as stream:
            stream.seek(self._read)
            fresh = stream.read()
        self._read += len(fresh)
        *complete, self._part = (self._part + fresh).split(b"\n")
        if ended and self._part:
            complete.append(self._part)
            self._part = b""
        return tuple(line.decode("utf-8", "replace").rstrip("\r") for line in complete)

    def said(self) -> str:
        """The last thing it wrote to stderr, in one line: why it failed, or how far it is.

        Progress bars go back with a carriage return; only what stands after the last one counts.
        """
        with self._err.open("rb") as stream:
            stream.seek(max(0, self._err.stat().st_size - _TAIL_BYTES))
            text = stream.read().decode("utf-8", "replace")
        lines = [part for part in text.replace("\r", "\n").splitlines() if part.strip()]
        return one_line(lines[-1]) if lines else ""

    def cancel(self) -> None:
        """Stop it and every process that it started, at once; what they had on disk stays."""
        if self._process.poll() is not None:
            return
        self._cancelled = True
        _kill_tree(self._process)

    def close(self) -> None:
        """Stop it if it runs, and forget what it printed."""
        self.cancel()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def python_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this library, with the Python that this process has.

    Inside Slicer that is its own PythonSlicer. Modules that lie in the current folder, which may be that of a
    received study, are not found.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def library_environment() -> dict[str, str]:
    """The variables with which a child process finds this library, wherever it lies."""
    root = str(Path(__file__).resolve().parent.parent)
    known = os.environ.get("PYTHONPATH", "")
    # without the third, what a child writes on Windows is not UTF-8
    return {
        "PYTHONPATH": os.pathsep.join([root, known] if known else [root]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        # taskkill walks the tree by parent ids
        command = ["taskkill", "/PID", str(process.pid), "/T", "/F"]
        try:
            subprocess.run(command, capture_output=True, check=False)
        except OSError:  # a PATH without Windows' own folder: at least the program itself
            process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
