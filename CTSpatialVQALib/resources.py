"""Where the files under Resources are: in a source tree, an installed wheel and Slicer's install tree."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(relative: str) -> Path:
    """The path of `Resources/<relative>`.

    A wheel and Slicer's install tree carry Resources inside the package, a source checkout beside it.

    Raises
    ------
    FileNotFoundError
        If the resource is in neither place: the installation is incomplete.
    """
    for root in (_PACKAGE / "Resources", _PACKAGE.parent / "Resources"):
        candidate = root / relative
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"CTSpatialVQA is installed without Resources/{relative}; install it again.")
