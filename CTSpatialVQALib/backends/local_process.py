"""The process that holds a local model: started, spoken to and ended.

It has its own interpreter, so that torch never enters the process of Slicer or of the command line, and a
model that crashes or hangs takes nothing with it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

from numpy.typing import NDArray
from pydantic import JsonValue

from CTSpatialVQALib.backends.local_worker import MODULES_PREFIX, read_frame
from CTSpatialVQALib.errors import one_line

WORKER = Path(__file__).with_name("local_worker.py")
KEPT_LINES = 30
_SECRET_ENDINGS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIALS")
_HUB_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


class ProcessDied(Exception):
    """The process ended by itself; the text is its last word."""


class ProcessSlow(Exception):
    """No reply in time; the process was ended. The text says in how long."""


class ProcessStopped(Exception):
    """The process was ended from outside while it was asked."""


class LocalProcess:
    """A running worker.

    One request at a time: the caller holds a lock. `stop` may come from any thread.

    Parameters
    ----------
    python : interpreter to run the worker in
    offline : no file is fetched, and no token of the hub handed over
    worker : the program; another one only in tests of this class

    Raises
    ------
    OSError
        If the interpreter cannot be started.
    """

    def __init__(self, python: str, *, offline: bool, worker: Path = WORKER) -> None:
        self._modules = tempfile.TemporaryDirectory(prefix=MODULES_PREFIX)
        self._last_lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._late_s: float | None = None
        self._stopped = False
        try:
            self._process = subprocess.Popen(
                [python, str(worker)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=child_environment(os.environ, Path(self._modules.name), python=python, offline=offline),
                start_new_session=os.name != "nt",  # Ctrl-C in a terminal goes to whole groups
            )
        except OSError:
            self._modules.cleanup()
            raise
        self._stdin, self._stdout, stderr = _pipes(self._process)
        self._listening = threading.Thread(target=_keep_lines, args=(stderr, self._last_lines), daemon=True)
        self._listening.start()
        # the worker ends by itself when this process dies; this is for the end of the object
        self._ending = weakref.finalize(self, _end, self._process, self._modules)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def request(
        self, header: Mapping[str, JsonValue], *, timeout_s: float, array: NDArray[Any] | None = None
    ) -> dict[str, Any]:
        """Send one message, with an array's bytes (C order) if there is one, and wait for the reply.

        Raises
        ------
        ProcessDied, ProcessSlow, ProcessStopped
            The process is gone in each case.
        """
        watch = threading.Timer(timeout_s, self._end_late, (timeout_s,))
        watch.daemon = True
        watch.start()
        try:
            sent = dict(header) if array is None else {**header, "bytes": array.nbytes}
            self._stdin.write(json.dumps(sent).encode() + b"\n")
            if array is not None:
                self._stdin.write(array.data.cast("B"))
            self._stdin.flush()
            frame = read_frame(cast(BinaryIO, self._stdout))
        except (OSError, ValueError) as error:  # a broken or closed pipe, or a line that is no JSON
            raise self._gone() from error
        finally:
            watch.cancel()
        if frame is None or self._stopped or self._late_s is not None:
            raise self._gone()
        return frame.header

    def stop(self) -> None:
        """End the process at once; a request under way raises `ProcessStopped`."""
        self._stopped = True
        self._ending()

    def _end_late(self, timeout_s: float) -> None:
        self._late_s = timeout_s
        self._process.kill()

    def _gone(self) -> Exception:
        late_s, stopped = self._late_s, self._stopped
        try:
            code = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            code = None  # its output was closed or no message, and it runs on
        self._ending()
        self._listening.join(timeout=2)
        if stopped:
            return ProcessStopped("ended while it was asked")
        if late_s is not None:
            return ProcessSlow(f"no reply in {late_s:g} s; the model's process was ended")
        return ProcessDied(_last_word(code, self._last_lines))


def child_environment(
    ours: Mapping[str, str], modules: Path, *, python: str, offline: bool
) -> dict[str, str]:
    """The worker's environment: without keys of other services, and without another interpreter's paths.

    Parameters
    ----------
    modules : empty folder where transformers puts a model's own code, so that no older copy is run
    """
    kept = {
        name: value
        for name, value in ours.items()
        if not name.upper().endswith(_SECRET_ENDINGS) or (name in _HUB_TOKENS and not offline)
    }
    if python != sys.executable:
        kept = {name: value for name, value in kept.items() if not name.startswith("PYTHON")}
        home = kept.get("SLICER_HOME")
        for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
            if home and name in kept:
                parts = kept[name].split(os.pathsep)
                kept[name] = os.pathsep.join(part for part in parts if not part.startswith(home))
    kept |= {
        "HF_MODULES_CACHE": str(modules),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",  # a client of its own, past the worker's watch over its connections
        "HF_HUB_ENABLE_HF_TRANSFER": "0",  # as above
        "USE_HUB_KERNELS": "0",  # code that a configuration names, fetched from the hub and run
        "TOKENIZERS_PARALLELISM": "false",
    }
    kept |= {"PYTHONIOENCODING": "utf-8"}
    if offline:
        kept |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    else:
        kept = {
            name: value
            for name, value in kept.items()
            if name not in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
        }
    return kept


class _Pipes(NamedTuple):
    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]


def _pipes(process: subprocess.Popen[bytes]) -> _Pipes:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise OSError("a process without pipes")
    return _Pipes(process.stdin, process.stdout, process.stderr)


def _end(process: subprocess.Popen[bytes], modules: tempfile.TemporaryDirectory[str]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            _close(stream)
    modules.cleanup()


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:  # what was not yet written has nobody to read it
        return


def _keep_lines(stream: IO[bytes], lines: deque[str]) -> None:
    with stream:
        for line in stream:
            text = one_line(line.decode("utf-8", "replace"), 300)
            if text:
                lines.append(text)


def _last_word(code: int | None, lines: deque[str]) -> str:
    ended = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    hint = "; the system does so when memory runs out" if code == -9 else ""
    last = f": {lines[-1]}" if lines else ""
    return f"the model's process {ended}{hint}{last}"
