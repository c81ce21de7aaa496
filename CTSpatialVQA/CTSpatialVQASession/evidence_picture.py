"""The picture that a reader may keep with a verdict."""

from __future__ import annotations

import hashlib
from pathlib import Path

from CTSpatialVQALib.files import write_bytes
from CTSpatialVQALib.records.judgement import Viewing


def with_picture(viewing: Viewing, png: bytes, folder: Path) -> Viewing:
    """Keep the picture under its hash in `folder`; the viewing that names the hash.

    Raises
    ------
    WorkFailed
        If it cannot be written.
    """
    if not png:
        return viewing
    sha256 = hashlib.sha256(png).hexdigest()
    target = folder / f"{sha256}.png"
    if not target.exists():
        write_bytes(target, png, private=True)
    return viewing.model_copy(update={"picture_sha256": sha256})
