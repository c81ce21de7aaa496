"""The Python of local models: an environment of their own, so that torch never enters Slicer's."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.processes import python_command
from CTSpatialVQASession.required_packages import wheels_in

# the extra `local` of pyproject.toml, which is not installed with the module, and pillow, which the worker
# needs beside it; a test compares them
REQUIREMENTS = ("torch>=2.3", "transformers>=4.50", "accelerate>=1.0", "pillow>=10.2")
_LEAST_FREE_GB = 8.0  # 1.1 without CUDA (torch 2.13, measured); PyPI's build for Linux brings CUDA
_LOOKED_FOR = ("torch", "transformers", "pillow")
_LOOK = """
import importlib.metadata, json
versions = {}
for name in %r:
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        versions[name] = None
print(json.dumps(versions))
"""


class Step(NamedTuple):
    """One command of the creation, and the text shown while it runs."""

    text: str
    command: tuple[str, ...]


def python_of(folder: Path) -> Path:
    """The interpreter of the environment in `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def steps(folder: Path, wheels: Path | None = None) -> tuple[Step, ...]:
    """What makes an environment in `folder`; an unfinished one that stands there is replaced.

    Parameters
    ----------
    wheels : folder that the packages come from, without a network; None takes them as pip is set up
    """
    source = () if wheels is None else ("--no-index", *wheels_in(wheels))
    # the pip of this Python installs into the environment, which needs none of its own then
    pip = ("--python", str(python_of(folder)), "install", "--no-input", "--progress-bar", "off", *source)
    return (
        Step("1/2 python", tuple(python_command("venv", "--clear", "--without-pip", str(folder)))),
        Step("2/2 pip", tuple(python_command("pip", *pip, *REQUIREMENTS))),
    )


def environment() -> dict[str, str]:
    """Variables for these commands: what this Python has must not be taken for that of the environment."""
    return {
        "PYTHONPATH": "",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def free_gb(folder: Path) -> float:
    """Free space where `folder` is to lie, in 10^9 bytes."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(existing).free / 1e9


def enough(folder: Path) -> bool:
    """Whether the larger build would fit."""
    return free_gb(folder) >= _LEAST_FREE_GB


def look_command(python: Path) -> list[str]:
    """The command that tells which packages an interpreter has; see `versions`.

    Raises
    ------
    BadInput
        If there is no such file.
    """
    if not python.is_file():
        raise BadInput(
            python, expected="a Python interpreter", came="no file", remedy="Choose bin/python or python.exe"
        )
    return [str(python), "-c", _LOOK % (_LOOKED_FOR,)]


def versions(python: Path, lines: tuple[str, ...]) -> str:
    """What `look_command` printed, as one line.

    Raises
    ------
    WorkFailed
        If a package is missing there, or the program is no Python.
    """
    try:
        installed = json.loads(lines[-1] if lines else "")
        missing = [name for name in _LOOKED_FOR if installed[name] is None]
    except (ValueError, KeyError, TypeError) as error:
        raise WorkFailed(f"{python} does not answer as a Python does. Choose another one.") from error
    if missing:
        raise WorkFailed(f"{python} lacks {', '.join(missing)}. Install that there, or choose another one.")
    return ", ".join(f"{name} {installed[name]}" for name in _LOOKED_FOR)


def this_python() -> str:
    """The version that an environment made here has."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
