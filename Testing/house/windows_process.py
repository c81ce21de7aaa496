"""A process that looks like Windows to Python code: run with the script to execute and its arguments.

Modules that only POSIX has cannot be imported; `os.name` and `sys.platform` are those of Windows. The file
system stays this computer's, so separators and locks are not imitated.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import runpy
import sys

POSIX_ONLY = (
    "crypt curses fcntl grp nis pty pwd readline resource spwd syslog termios tty _posixshmem".split()
)
# used by others at import in ways that the imitation cannot serve: they know for themselves where they are
FIRST = (
    "asyncio cryptography.hazmat.primitives.asymmetric.ed25519 email.message jinja2 multiprocessing.pool "
    "numpy "
    "orjson PIL.Image pydantic pydicom requests scipy.ndimage scipy.spatial scipy.stats SimpleITK sqlite3 "
    "ssl subprocess tempfile tomllib unittest.mock uuid zipfile"
).split()


def imitate() -> None:
    for name in FIRST:
        importlib.import_module(name)
    for name in POSIX_ONLY:
        sys.modules[name] = None  # type: ignore[assignment]  # an import of it fails from now on
    pathlib.WindowsPath = pathlib.PosixPath  # type: ignore[misc, assignment]  # what Path() makes by os.name
    os.name, sys.platform = "nt", "win32"
    os.environ.update(LOCALAPPDATA=os.environ.get("HOME", "/"), USERPROFILE=os.environ.get("HOME", "/"))
    for missing in ("fork", "getuid", "geteuid", "getpgid", "killpg", "setsid", "fchmod"):
        if hasattr(os, missing):
            delattr(os, missing)


if __name__ == "__main__":
    script, *arguments = sys.argv[1:]
    imitate()
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")
