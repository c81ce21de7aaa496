"""Writing that leaves either the old file or the whole new one, and hashing of files."""

from __future__ import annotations

import hashlib
import os
import stat
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from CTSpatialVQALib.errors import BadInput, WorkFailed

# Windows refuses to replace a file that another program has open, and virus scanners open every new file for
# a moment: it is tried again, for about two seconds in all.
_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8)

# What a name leads to, as a message names it.
_KINDS = (
    (stat.S_ISREG, "a file"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def kind_of_file(path: Path) -> str:
    """What lies at `path`, links followed: `a file`, `a folder`, `a named pipe` and so on, or `nothing`."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # not there, a loop of links, a folder that may not be entered, a NUL
        return "nothing"
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")


def require_regular_file(path: Path, *, expected: str, remedy: str = "Check the path") -> None:
    """Refuse whatever is no regular file: opening a named pipe or a device may wait or read for ever.

    Raises
    ------
    BadInput
        Naming what lies there instead.
    """
    if (kind := kind_of_file(path)) != "a file":
        raise BadInput(path, expected=expected, came=kind, remedy=remedy)


@contextmanager
def written_whole(target: Path, *, private: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `target`; when the block ends well, it becomes `target`.

    The bytes are on disk (fsync of file and folder) before the rename returns, so a crash at any
    moment leaves no half-written `target`. The temporary name keeps the suffixes of `target`,
    because image writers choose their format by them.

    Parameters
    ----------
    private : readable by the owner only (0600), for most of what is written speaks of patients; otherwise
        the user's umask decides

    Raises
    ------
    WorkFailed
        If the folder cannot be written to or the disk is full.
    """
    folder = target.parent
    # short, because Windows ends a path at 260 characters
    temporary = folder / f".writing-{uuid.uuid4().hex[:12]}{''.join(target.suffixes)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if private else 0o666))
        yield temporary
        _sync(temporary)
        _replace(temporary, target)
        _sync_folder(folder)
    except OSError as error:
        raise WorkFailed(f"{target}: could not be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # it may never have come to be, in a folder that never was
            temporary.unlink(missing_ok=True)


def write_text(target: Path, text: str, *, private: bool = True) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with written_whole(target, private=private) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(target: Path, data: bytes, *, private: bool = True) -> None:
    """Write `data`, whole or not at all."""
    with written_whole(target, private=private) as temporary:
        temporary.write_bytes(data)


def sha256_of_file(path: Path) -> str:
    """SHA-256 of the bytes of `path`, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _replace(temporary: Path, target: Path) -> None:
    """Rename over `target`; where another program has it open, wait for that program a little."""
    for pause in _PAUSES_S:
        try:
            os.replace(temporary, target)
        except PermissionError:
            if not target.is_file() or not os.access(target.parent, os.W_OK):
                raise
            time.sleep(pause)
        else:
            return
    try:
        os.replace(temporary, target)
    except PermissionError as error:
        raise WorkFailed(
            f"{target}: could not be replaced, another program has it open. Close it there and try again."
        ) from error


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder; NTFS journals the rename itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
