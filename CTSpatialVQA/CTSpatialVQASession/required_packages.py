"""The Python packages that the library needs in Slicer. This file itself needs nothing but Python."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class RequiredPackage(NamedTuple):
    """A package the library needs: imported as, installed as, and the oldest version that will do."""

    module: str
    distribution: str
    at_least: str

    @property
    def requirement(self) -> str:
        """As pip takes it."""
        return f"{self.distribution}>={self.at_least}"


class PackageState(NamedTuple):
    """A required package and the version found, or None where it is absent."""

    package: RequiredPackage
    version: str | None

    @property
    def usable(self) -> bool:
        """Whether it is there and not too old; an unknown version is taken for good."""
        if self.version is None:
            return False
        numbers = _numbers(self.version)
        return not numbers or numbers >= _numbers(self.package.at_least)


# the dependencies of pyproject.toml, which is not installed with the module, without those that only a
# terminal needs (progress bars, completion); a test compares them
REQUIRED = (
    RequiredPackage("numpy", "numpy", "1.26"),
    RequiredPackage("scipy", "scipy", "1.11"),
    RequiredPackage("SimpleITK", "SimpleITK", "2.3"),
    RequiredPackage("pydantic", "pydantic", "2.6"),
    RequiredPackage("orjson", "orjson", "3.10"),
    RequiredPackage("requests", "requests", "2.31"),
    RequiredPackage("PIL", "pillow", "10.2"),
    RequiredPackage("cryptography", "cryptography", "42"),
    RequiredPackage("jinja2", "jinja2", "3.1"),
    RequiredPackage("pydicom", "pydicom", "3.0"),
    RequiredPackage("highdicom", "highdicom", "0.25"),
    RequiredPackage("openpyxl", "openpyxl", "3.1"),
)
# what Slicer brings and other modules rely on: an installation must leave it as it is
_BUNDLED = ("numpy", "scipy", "SimpleITK", "requests", "urllib3", "pydicom", "pillow", "cryptography")


def package_states(packages: Sequence[RequiredPackage] = REQUIRED) -> tuple[PackageState, ...]:
    """Every required package with its version, found without importing it."""
    return tuple(PackageState(package, _version_of(package)) for package in packages)


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
    """The wheels of a folder that fit this Python, as requirements, for a computer without a network.

    pydantic and orjson have a wheel for each system; a folder may hold those of several.
    """
    fitting = _tags_here()
    return tuple(
        f"{path.name.split('-')[0].replace('_', '-')} @ {path.resolve().as_uri()}"
        for path in sorted(folder.glob("*.whl"))
        if _tags_of(path) & fitting
    )


def _tags_of(wheel: Path) -> frozenset[str]:
    pythons, abis, platforms = (part.split(".") for part in wheel.stem.split("-")[-3:])
    return frozenset("-".join(tag) for tag in itertools.product(pythons, abis, platforms))


def _tags_here() -> frozenset[str]:
    # `packaging` comes with Slicer through other packages; pip always has its own copy
    name = "packaging.tags" if importlib.util.find_spec("packaging") else "pip._vendor.packaging.tags"
    return frozenset(str(tag) for tag in importlib.import_module(name).sys_tags())


def _numbers(version: str) -> tuple[int, ...]:
    parts = re.match(r"\d+(\.\d+)*", version)
    return () if parts is None else tuple(int(part) for part in parts.group().split("."))


def _version_of(package: RequiredPackage) -> str | None:
    if importlib.util.find_spec(package.module) is None:
        return None
    try:
        return importlib.metadata.version(package.distribution)
    except importlib.metadata.PackageNotFoundError:
        return "version unknown"
