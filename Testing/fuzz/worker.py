"""A process of its own that reads one file after the other; a crash of it is a finding."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import traceback
from pathlib import Path

HANG_S = 20
FLOOD_BYTES = 300 * 1024**2  # above what is taken already; the files are far smaller
_ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """Asks the process; a context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def fault(self, target: str, folder: Path) -> str | None:
        """What is wrong with how the target reads the file in `folder`; None if it read or refused it."""
        process = self._process = self._process or self._begun()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{target}\t{folder}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if answer:
            return answer.strip() or None
        self._process = None
        process.stdin.close()
        process.stdout.close()
        return f"the process died with {process.wait()} (negative: a signal; 1: no answer in {HANG_S} s)"

    def _begun(self) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": str(_ROOT)}
        command = [sys.executable, "-m", "Testing.fuzz.worker"]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=_ROOT
        )


def serve() -> None:
    """Answer each line `target, tab, folder` with an empty line or with what went wrong."""
    from Testing.fuzz.targets import TARGETS

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a reader prints must not be taken for an answer
    _limit_memory()
    for line in sys.stdin:
        name, folder = line.rstrip("\n").split("\t")
        # also a native loop ends: this does not wait for the interpreter
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        fault = _fault(TARGETS[name].read, Path(folder))
        faulthandler.cancel_dump_traceback_later()
        answers.write(fault.replace("\n", " | ") + "\n")
        answers.flush()


def _fault(read: object, folder: Path) -> str:
    from CTSpatialVQALib.errors import BadInput, WorkFailed

    assert callable(read)
    try:
        read(folder)
    except (BadInput, WorkFailed) as refusal:
        told = str(refusal)
        if "\n" in told or len(told) > 2000:
            return f"refused in more than one line: {told}"
        return "it tried to take all memory" if "larger than the free memory" in told else ""
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        return "".join(traceback.format_exception(error)[-4:])
    return ""


def _limit_memory() -> None:
    try:
        import resource

        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except (ImportError, OSError):  # Windows, macOS
        return
    limit = int(pages) * os.sysconf("SC_PAGE_SIZE") + FLOOD_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    serve()
