"""Import of Python packages that only one feature needs."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from CTSpatialVQALib.errors import WorkFailed


def require_package(module: str, feature: str, package: str | None = None) -> ModuleType:
    """The module called `module`.

    Parameters
    ----------
    feature : what needs it, as the subject of a sentence ("The DICOM SR export")
    package : name on a package index; default: that of the module's top level

    Raises
    ------
    WorkFailed
        If it is not installed, with the command that installs it into this program's environment.
    """
    try:
        return import_module(module)
    except ImportError as error:
        name = package or module.partition(".")[0]
        raise WorkFailed(f"{feature} needs {name}: {install_command(name)}") from error


def install_command(*packages: str, prefix: str | None = None) -> str:
    """The command that adds packages to the environment in which this program runs.

    Parameters
    ----------
    prefix : folder of the environment; default: that of this Python
    """
    names = " ".join(packages)
    if getattr(sys.modules.get("slicer"), "app", None) is not None:
        return f"slicer.util.pip_install('{names}') in Slicer's Python console"
    environment = Path(prefix or sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return f"pipx inject {environment.name} {names}"
    if (environment / "uv-receipt.toml").is_file():  # of `uv tool install`, without pip
        return f"uv pip install --python '{environment}' {names}"
    return f"pip install {names}"
