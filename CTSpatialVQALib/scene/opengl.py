"""Test whether Slicer's own views can be rendered on this machine, and the reason where they cannot.

Without a working OpenGL, VTK does not raise: it ends the process with a segmentation fault. So a
child process draws one tiny window first, and only its success lets this process render.

Setting the environment variable `CTSPATIALVQA_NO_OPENGL=1` answers "no" at once: for machines
whose driver misbehaves, and for tests of the pictures without OpenGL.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from CTSpatialVQALib.optional_packages import install_command

FORCED_OFF = "CTSPATIALVQA_NO_OPENGL"
TIME_LIMIT_S = 90.0

_DRAW_ONE_WINDOW = """
import slicer, vtk
window = vtk.vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetMultiSamples(0)
window.SetSize(16, 16)
window.AddRenderer(vtk.vtkRenderer())
window.Render()
slicer.vtkMRMLScene()
"""


class OpenGLState(NamedTuple):
    """Whether MRML views can be rendered, and the reason when not (or what renders them when so)."""

    available: bool
    reason: str


def opengl_available() -> OpenGLState:
    """Say whether this process may render MRML views; probed once per process, then remembered."""
    if os.environ.get(FORCED_OFF, "") not in ("", "0"):
        return OpenGLState(False, f"switched off by {FORCED_OFF}")
    if inside_slicer():
        return OpenGLState(True, "inside 3D Slicer")
    return _probed()


def missing_mrml() -> str | None:
    """Why there can be no MRML view whatever the graphics card does: its library is not installed. Quick."""
    if inside_slicer() or find_spec("slicer_core") is not None:
        return None
    return f"slicer-core is not installed: {install_command('slicer-core', 'vtk')}"


def inside_slicer() -> bool:
    """Whether this Python runs in the Slicer application (not merely with its MRML libraries)."""
    return getattr(sys.modules.get("slicer"), "app", None) is not None


@cache
def _probed() -> OpenGLState:
    missing = missing_mrml()
    if missing is not None:
        return OpenGLState(False, missing)
    return probe(_DRAW_ONE_WINDOW, TIME_LIMIT_S)


def probe(program: str, time_limit_s: float) -> OpenGLState:
    """Run `program` in a child Python and say what became of it; the child is killed at the limit."""
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-c", program],  # -P: no module of the current folder is run
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return OpenGLState(False, f"OpenGL did not draw within {time_limit_s:.0f} s")
    except OSError as error:
        return OpenGLState(False, f"no Python could be started to try OpenGL: {error.strerror}")
    if child.returncode == 0:
        return OpenGLState(True, "offscreen OpenGL")
    if child.returncode < 0:
        return OpenGLState(
            False, "no working OpenGL (on Debian/Ubuntu: apt install libegl1 libegl-mesa0 libgl1-mesa-dri)"
        )
    return OpenGLState(False, _last_line(child.stderr) or f"the OpenGL probe ended with {child.returncode}")


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:200] if lines else ""
