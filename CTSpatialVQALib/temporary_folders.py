"""Temporary folders that go away: at their end, and after a kill when the program starts again."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "ctspatialvqa-"
_NAME = re.compile(rf"{_PREFIX}[a-z]+-(\d+)-")
_OLD_S = 24 * 3600  # where processes cannot be asked for: no work goes on longer with one folder


def temporary_folder(kind: str) -> tempfile.TemporaryDirectory[str]:
    """A folder of this process for its owner only (0700); those that killed processes left are removed.

    Parameters
    ----------
    kind : a word of a-z for its name, e.g. `pictures`
    """
    sweep(Path(tempfile.gettempdir()))
    return tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{kind}-{os.getpid()}-", ignore_cleanup_errors=True)


def sweep(place: Path) -> None:
    """Remove the folders of ended processes below `place`; what cannot be removed stays."""
    for folder in place.glob(f"{_PREFIX}*-*"):
        match = _NAME.match(folder.name)
        if match is not None and _is_ours(folder) and not _in_use(folder, int(match[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """A folder, no link to one, of this user."""
    try:
        state = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and (os.name == "nt" or state.st_uid == os.getuid())


def _in_use(folder: Path, process_id: int) -> bool:
    if os.name == "nt":  # there, signal 0 would end the process
        return time.time() - folder.lstat().st_mtime < _OLD_S
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
