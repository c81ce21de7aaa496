"""The process that holds a model: spoken to over pipes, ended when asked, when late, and with its parent."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.backends.local_model import LocalModel
from CTSpatialVQALib.backends.local_options import LocalOptions
from CTSpatialVQALib.backends.local_process import (
    WORKER,
    LocalProcess,
    ProcessDied,
    ProcessSlow,
    ProcessStopped,
    child_environment,
)
from CTSpatialVQALib.errors import BadInput

LOAD = {
    "do": "load",
    "kind": "images",
    "folder": "/nowhere",
    "device": "cpu",
    "dtype": "float32",
    "trusted": False,
}
HANGING = "import time; time.sleep(600)"
KILLED = """
import os, signal, sys
print("loading", file=sys.stderr, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def process() -> Iterator[LocalProcess]:
    made = LocalProcess(sys.executable, offline=True)
    yield made
    made.stop()


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[LocalProcess]:
    """A process that never replies."""
    worker = tmp_path / "hanging.py"
    worker.write_text(HANGING)
    made = LocalProcess(sys.executable, offline=True, worker=worker)
    yield made
    made.stop()


def gone(pid: int) -> bool:
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def shown(array: np.ndarray, digest: str) -> dict[str, object]:
    return {"do": "show", "sha256": digest, "dtype": array.dtype.str, "shape": list(array.shape)}


def test_an_array_arrives_as_it_was_sent_or_is_refused(process: LocalProcess) -> None:
    array = np.arange(2 * 300 * 400 * 3, dtype=np.uint8).reshape(2, 300, 400, 3)
    digest = hashlib.sha256(f"{array.dtype.str};{array.shape};".encode() + array.tobytes()).hexdigest()
    assert process.request(shown(array, digest), array=array, timeout_s=60) == {"ok": True}  # type: ignore[arg-type]
    other = array.copy()
    other[1, 2, 3, 0] += 1
    reply = process.request(shown(array, digest), array=other, timeout_s=60)  # type: ignore[arg-type]
    assert (reply["ok"], reply["kind"]) == (False, "refused")


def test_a_process_that_does_not_reply_in_time_is_ended(hanging: LocalProcess) -> None:
    with pytest.raises(ProcessSlow, match=r"no reply in 0\.3 s"):
        hanging.request(LOAD, timeout_s=0.3)
    assert gone(hanging.pid)


def test_stopping_ends_what_is_being_asked(hanging: LocalProcess) -> None:
    threading.Timer(0.3, hanging.stop).start()
    with pytest.raises(ProcessStopped):
        hanging.request(LOAD, timeout_s=60)
    assert gone(hanging.pid)


def test_a_killed_process_is_told_from_a_slow_one(tmp_path: Path) -> None:
    worker = tmp_path / "killed.py"
    worker.write_text(KILLED)
    process = LocalProcess(sys.executable, offline=True, worker=worker)
    with pytest.raises(ProcessDied, match="signal 9; the system does so when memory runs out: loading"):
        process.request(LOAD, timeout_s=60)


def test_the_process_ends_with_its_parent(root: Path, tmp_path: Path) -> None:
    """A parent that is killed cannot clean up; the child notices by itself."""
    program = (
        "import sys, time\n"
        "from CTSpatialVQALib.backends.local_process import LocalProcess\n"
        "made = LocalProcess(sys.executable, offline=True)\n"
        "made.request({'do': 'nothing'}, timeout_s=60)\n"
        "print(made.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program]
    places = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=places) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        assert list(tmp_path.iterdir())
        parent.kill()
    assert gone(child)
    assert not list(tmp_path.iterdir())


def test_ctrl_c_is_the_parents_to_handle(process: LocalProcess) -> None:
    process.request({"do": "nothing"}, timeout_s=60)
    os.kill(process.pid, signal.SIGINT)
    assert process.request({"do": "nothing"}, timeout_s=60)["ok"] is False


def test_the_worker_needs_nothing_of_ours_and_says_what_is_lacking(tmp_path: Path) -> None:
    """Copied elsewhere, in an interpreter without any installed package."""
    for name in (WORKER.name, "local_models.py"):
        (tmp_path / name).write_bytes(WORKER.with_name(name).read_bytes())
    # a module beside it, with a name that a library might want, must not be imported in its place
    (tmp_path / "torch.py").write_text("raise SystemExit('the wrong torch')")
    command = [sys.executable, "-E", "-S", str(tmp_path / WORKER.name)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps(LOAD).encode() + b"\n")
        worker.stdin.flush()
        reply = json.loads(worker.stdout.readline())
        worker.stdin.close()
    assert reply == {
        "ok": False,
        "kind": "unusable",
        "text": "ModuleNotFoundError: No module named 'torch'",
    }
    assert worker.returncode == 0


def test_an_environment_without_torch_is_bad_input_that_says_what_to_do(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    bare.chmod(0o755)
    (tmp_path / "config.json").write_text('{"model_type": "gemma3"}')
    for python, came in ((str(bare), "No module named 'torch'"), (str(tmp_path / "none"), "No such file")):
        model = LocalModel("x", str(tmp_path), "images", LocalOptions(python=python))
        with pytest.raises(BadInput, match=came) as refused:
            model.answers([], None, None)  # type: ignore[arg-type]
        assert "interpreter" in str(refused.value)


def test_no_key_and_no_path_of_another_interpreter_is_handed_over(tmp_path: Path) -> None:
    ours = {
        "OPENAI_API_KEY": "s",
        "AWS_SECRET": "s",
        "HF_TOKEN": "hub",
        "PYTHONHOME": "/slicer/lib/Python",
        "PYTHONPATH": "/slicer/bin",
        "SLICER_HOME": "/slicer",
        "LD_LIBRARY_PATH": os.pathsep.join(("/slicer/lib", "/usr/cuda/lib")),
        "HOME": "somewhere",
    }
    foreign = child_environment(ours, tmp_path, python="/other/python", offline=True)
    assert "s" not in foreign.values()
    assert not {"HF_TOKEN", "PYTHONHOME", "PYTHONPATH"} & set(foreign)
    assert foreign["LD_LIBRARY_PATH"] == "/usr/cuda/lib"
    assert (foreign["HOME"], foreign["HF_HUB_OFFLINE"]) == ("somewhere", "1")
    own = child_environment(ours, tmp_path, python=sys.executable, offline=False)
    assert (own["PYTHONPATH"], own["HF_TOKEN"]) == ("/slicer/bin", "hub")
    assert "HF_HUB_OFFLINE" not in own
