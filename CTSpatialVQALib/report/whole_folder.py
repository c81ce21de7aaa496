"""Folders written as a whole: filled beside their place under another name, then renamed."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from CTSpatialVQALib.errors import BadInput, WorkFailed


@contextmanager
def folder_written_whole(target: Path) -> Iterator[Path]:
    """Give an empty folder beside `target`; when the block ends well, it becomes `target`.

    Files in it must be on disk already, as `files.written_whole` leaves them.

    Raises
    ------
    BadInput
        If there is something at `target` other than an empty folder: files of two exports must not mix.
    WorkFailed
        If the folder cannot be written to; then there is nothing at `target`.
    """
    require_new_folder(target)
    temporary = target.parent / f".writing-{uuid.uuid4().hex}"
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if target.is_dir():
            target.rmdir()  # it is empty; POSIX would replace it, Windows refuses to
        temporary.replace(target)
    except OSError as error:
        raise WorkFailed(f"{target}: could not be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def require_new_folder(target: Path) -> None:
    """Refuse a path at which there is something already.

    Raises
    ------
    BadInput
        If it is neither free nor an empty folder.
    """
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists() or target.is_symlink():
        came = "a folder that is not empty" if target.is_dir() else "a file"
        raise BadInput(target, expected="a new folder", came=came, remedy="Give another path with --out")


def sha256_of_folder(folder: Path) -> str:
    """SHA-256 over the lines `<sha256 of the file>  <name>` of all files, sorted by name.

    What `sha256sum` prints of the files in that order, hashed once more.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = hashlib.sha256()
    for name in names:
        with (folder / name).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        lines.update(f"{digest}  {name}\n".encode())
    return lines.hexdigest()
