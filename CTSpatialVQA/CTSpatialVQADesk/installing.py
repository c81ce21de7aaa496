"""What is missing, and how is it installed? Needs nothing but Python: it runs before anything is there."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class NeededPackage(NamedTuple):
    """A Python package the library uses: the name it is imported by, and the name it is installed by."""

    module: str
    distribution: str


class PackageState(NamedTuple):
    """A needed package and the version found, or None where it is absent."""

    package: NeededPackage
    version: str | None


NEEDED = (
    NeededPackage("numpy", "numpy"),
    NeededPackage("scipy", "scipy"),
    NeededPackage("SimpleITK", "SimpleITK"),
    NeededPackage("pydantic", "pydantic"),
    NeededPackage("requests", "requests"),
)
# what Slicer brings and other modules rely on: an installation must leave it as it is
_BUNDLED = ("numpy", "scipy", "SimpleITK", "requests", "urllib3", "pydicom", "pillow", "cryptography")


def states(needed: Sequence[NeededPackage] = NEEDED) -> tuple[PackageState, ...]:
    """Every needed package with its version, found without importing it."""
    return tuple(PackageState(one, _version_of(one)) for one in needed)


def constraints() -> str:
    """A constraints file that pins what is here already."""
    lines = []
    for name in _BUNDLED:
        try:
            lines.append(f"{name}=={importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return "\n".join(lines) + "\n"


def constraints_file(folder: Path) -> Path:
    """`constraints` in a file of `folder`, as pip takes it."""
    target = folder / "ctspatialvqa-constraints.txt"
    target.write_text(constraints(), encoding="utf-8")
    return target


def wheels_in(folder: Path) -> tuple[str, ...]:
    """The wheels of a folder as requirements, for a computer without a network."""
    return tuple(
        f"{path.name.split('-')[0].replace('_', '-')} @ {path.resolve().as_uri()}"
        for path in sorted(folder.glob("*.whl"))
    )


def _version_of(package: NeededPackage) -> str | None:
    if importlib.util.find_spec(package.module) is None:
        return None
    try:
        return importlib.metadata.version(package.distribution)
    except importlib.metadata.PackageNotFoundError:
        return "version unknown"
