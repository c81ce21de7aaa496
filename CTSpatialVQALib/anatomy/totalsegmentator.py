"""TotalSegmentator on this machine: its installation, its command line and its report.

It is used when it is there, and never installed from here: it weighs gigabytes. The options are those of
version 2.15 and later (`--ml` for one multilabel file with the names in its header, `--report`).
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput, WorkFailed, one_line

PROGRAM = "TotalSegmentator"
LEAST_VERSION = (2, 15)
_HOW = (
    "Install the TotalSegmentator extension with the Extensions Manager, or 'pip install TotalSegmentator' "
    "where it is to run, so that the program TotalSegmentator is on the PATH. Reading works without it."
)


class Installation(NamedTuple):
    """A TotalSegmentator of this computer.

    Parameters
    ----------
    command : how it is started; empty where there is none
    version : as its package says; None where that is not known
    remedy : what to do where it is not usable; else empty
    """

    command: tuple[str, ...]
    version: str | None
    remedy: str

    @property
    def usable(self) -> bool:
        """Whether a job can be started."""
        return not self.remedy


class SegmentingJob(NamedTuple):
    """One run of it: the command, and the files it will have written."""

    command: tuple[str, ...]
    mask: Path
    report: Path


def find() -> Installation:
    """The program beside this Python (Slicer's extension puts it there), or else on the PATH."""
    beside = shutil.which(PROGRAM, path=sysconfig.get_path("scripts"))
    program = beside or shutil.which(PROGRAM)
    if program is None:
        return Installation((), None, _HOW)
    # Slicer's own scripts carry no usable first line: they are run by Slicer's Python
    python = (sys.executable,) if beside is not None and not beside.lower().endswith(".exe") else ()
    version = _installed_version() if beside is not None else None
    if version is not None and _numbers(version) < LEAST_VERSION:
        least = ".".join(str(part) for part in LEAST_VERSION)
        return Installation(
            (), version, f"TotalSegmentator {version} is too old: {least} or later is needed."
        )
    return Installation((*python, program), version or "of unknown version", "")


def job(installed: Installation, ct: Path | None, mask: Path, *, fast: bool = False) -> SegmentingJob:
    """The run that segments `ct` into the multilabel file `mask`.

    Parameters
    ----------
    fast : the 3 mm model: coarser, and many times faster without a graphics processor

    Raises
    ------
    BadInput
        If there is no CT.
    WorkFailed
        If TotalSegmentator cannot be run here.
    """
    if not installed.usable:
        raise WorkFailed(installed.remedy)
    if ct is None:
        raise BadInput("segmentation", expected="a CT", came="a case without one", remedy="Add its CT")
    report = mask.with_name(mask.name.split(".")[0] + ".report.json")
    options = ["-i", str(ct), "-o", str(mask), "--ml", "--report", str(report)]
    return SegmentingJob((*installed.command, *options, *(["--fast"] if fast else [])), mask, report)


def read_report(done: SegmentingJob) -> str:
    """What it says about its run, in one line; the mask must be there.

    Raises
    ------
    WorkFailed
        If it wrote no mask.
    """
    if not done.mask.is_file():
        raise WorkFailed("TotalSegmentator ended without writing a mask. Run it by hand to see why.")
    try:
        report = json.loads(done.report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"{done.mask.name} was written; TotalSegmentator gave no report."
    facts = report.items() if isinstance(report, dict) else ()
    plain = [f"{key} {value}" for key, value in facts if isinstance(value, str | int | float)]
    return one_line(f"{done.mask.name} was written. " + ", ".join(plain), 300)


def _installed_version() -> str | None:
    try:
        return importlib.metadata.version(PROGRAM)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])
