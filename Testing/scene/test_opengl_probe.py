"""A machine without OpenGL must hear "no" with a reason, and must never crash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from CTSpatialVQALib.scene import opengl
from CTSpatialVQALib.scene.opengl import FORCED_OFF, opengl_available, probe

FLAT_PICTURE = """
import sys
from pathlib import Path
from CTSpatialVQALib.scene.evidence import open_renderer
from Testing.scene.patients import make_patient
with open_renderer(*make_patient((10, 10, 10))) as renderer:
    picture = renderer.render(("liver",), Path(sys.argv[1]))
print(picture.kind, "|", picture.note, "|", sorted({"slicer", "vtk", "vtkmodules"} & set(sys.modules)))
"""


def _answer_of(program: str, *flags: str, root: Path, **environment: str) -> str:
    program = f"import sys; sys.path.insert(0, {str(root)!r})\n{program}"
    child = subprocess.run(
        [sys.executable, *flags[:1], "-c", program, *flags[1:]],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return child.stdout.strip()


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FORCED_OFF, "1")
    assert opengl_available() == (False, f"switched off by {FORCED_OFF}")


def test_switched_off_a_flat_picture_is_made_without_loading_vtk(root: Path, tmp_path: Path) -> None:
    answer = _answer_of(FLAT_PICTURE, "-B", str(tmp_path / "x.png"), root=root, **{FORCED_OFF: "1"})
    assert answer == f"flat | no 3D view: switched off by {FORCED_OFF} | []"


def test_without_slicer_core_the_reason_says_how_to_get_it(root: Path) -> None:
    program = "from CTSpatialVQALib.scene.opengl import opengl_available; print(opengl_available())"
    answer = _answer_of(program, "-S", root=root, **{FORCED_OFF: ""})  # -S: no installed packages
    assert "available=False" in answer
    assert "slicer-core is not installed: pip install" in answer


def test_a_crash_of_the_driver_stays_in_the_child() -> None:
    state = probe("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 30)
    assert not state.available
    assert "no working OpenGL" in state.reason


def test_a_driver_that_hangs_is_given_up() -> None:
    state = probe("import time; time.sleep(60)", 0.3)
    assert not state.available
    assert "did not draw" in state.reason


def test_an_error_of_the_child_is_the_reason() -> None:
    state = probe("raise ImportError('libMRML is missing')", 30)
    assert state == (False, "ImportError: libMRML is missing")


def test_the_probe_runs_once_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FORCED_OFF, raising=False)
    first = opengl_available()
    monkeypatch.setattr(opengl, "_DRAW_ONE_WINDOW", "raise SystemExit(1)")
    assert opengl_available() is first


@pytest.mark.opengl
def test_the_program_that_draws_crashes_where_there_is_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_DIRS", "/nonexistent")
    state = probe(opengl._DRAW_ONE_WINDOW, 60)
    if state.available:
        pytest.skip("this machine draws without EGL and X, so there is nothing to take away")
    assert "no working OpenGL" in state.reason
