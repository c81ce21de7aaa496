"""Rooms import only what lies below them, and heavy or windowed libraries stay where they belong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

LIBRARY = "CTSpatialVQALib"

# The table of the design: what a room imports directly; with it comes what those rooms may import.
DIRECT: dict[str, set[str]] = {
    "records": set(),
    "statistics": set(),
    "benchmark": {"records"},
    "language": {"records"},
    "volumes": {"records"},
    "anatomy": {"language", "volumes"},
    "imaging": {"anatomy"},
    "backends": {"imaging", "benchmark"},
    "scoring": {"backends", "statistics"},
    "judging": {"scoring"},
    "reproduction": {"scoring", "judging"},
    "audit": {"records"},
    "reading": {"audit", "benchmark"},
    "scene": {"imaging", "reading"},
    "report": {"reproduction", "judging", "scoring", "reading", "scene"},
    "construction": {"judging", "scoring", "reading"},
    "demo": {"backends"},
    "cli": {"report", "construction", "demo"},
}
COMMON = {
    "errors",
    "escaping",
    "exclusive_lock",
    "files",
    "optional_packages",
    "processes",
    "resources",
    "sqlite_files",
    "temporary_folders",
    "version",
}
# The public face may use every room, each where it is needed; no room knows it. The package itself imports
# nothing: what its names stand for is imported when they are used.
FACE = {"__init__.py", "public.py"}
WINDOWED = {"qt", "ctk", "PythonQt", "PySide6", "PyQt5", "PyQt6", "qMRMLWidgets", "qSlicerBaseQt"}
TORCH = {"torch", "transformers", "accelerate"}


class Import(NamedTuple):
    """One imported dotted name, where it stands, whether it runs when the file is imported, or never."""

    name: str
    line: int
    at_import: bool
    for_types: bool = False


def reachable(room: str) -> set[str]:
    direct = DIRECT[room]
    return direct.union(*(reachable(one) for one in direct)) if direct else set()


def imports_of(source: str) -> list[Import]:
    tree = ast.parse(source)
    lazy = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(outer)
    }
    typed = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING"
        for inner in ast.walk(outer)
    }
    return [
        Import(name, node.lineno, id(node) not in lazy, id(node) in typed)
        for node in ast.walk(tree)
        for name in _names_in(node)
    ]


def _names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        yield from (f"{module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in {"import_module", "__import__"} and isinstance(node.args[0].value, str):
            yield node.args[0].value


def faults(relative: str, source: str) -> list[str]:
    """What is wrong with the imports of the library file `relative`, one line each."""
    found = []
    for one in imports_of(source):
        fault = _fault(relative, one)
        if fault:
            found.append(f"{relative}:{one.line}: {one.name}: {fault}")
    return found


def _fault(relative: str, one: Import) -> str | None:
    top, *rest = one.name.split(".")
    room = relative.split("/")[0] if "/" in relative else None
    if one.name.startswith("."):
        return "relative imports hide the direction"
    if top == LIBRARY and relative in FACE:
        return _fault_of_face(relative, one, rest)
    if top == LIBRARY:
        return _fault_inside(room, rest)
    if top in WINDOWED:
        return "the library works without Qt"
    if _is_mrml(top) and room != "scene":
        return "only scene/ knows Slicer"
    if top in TORCH and not (room == "backends" and relative.split("/")[1].startswith("local")):
        return "only the local backend knows torch"
    if top in TORCH and one.at_import:
        return "torch is imported where it is used, not when the file is"
    return None


def _fault_of_face(relative: str, one: Import, rest: list[str]) -> str | None:
    wanted = rest[0] if rest else ""
    if wanted not in {*COMMON, *DIRECT, "public"}:
        return "not a room"
    if not one.at_import or one.for_types:
        return None
    if relative == "__init__.py":
        return "importing the package imports nothing of ours"
    return None if wanted in COMMON or wanted == "records" else "imported in the function that needs it"


def _fault_inside(room: str | None, rest: list[str]) -> str | None:
    wanted = rest[0] if rest else "version"
    if wanted in COMMON or wanted in {"__version__", room}:
        return None
    if wanted not in DIRECT:
        return "not a room"
    if room is None:
        return "common ground imports no room"
    if wanted not in reachable(room):
        return f"{room}/ may not import {wanted}/"
    return None


def _is_mrml(top: str) -> bool:
    return top in {"slicer", "mrml"} or top.startswith(("vtkMRML", "vtkSlicer", "MRML"))


def test_every_import_goes_the_way_of_the_table(root: Path) -> None:
    library = root / LIBRARY
    files = sorted(library.rglob("*.py"))
    assert len(files) > 20

    wrong = [
        fault
        for path in files
        for fault in faults(path.relative_to(library).as_posix(), path.read_text(encoding="utf-8"))
    ]

    assert not wrong, "\n".join(wrong)


def test_every_folder_of_the_library_stands_in_the_table(root: Path) -> None:
    folders = {path.parent.name for path in (root / LIBRARY).glob("*/__init__.py")}

    assert folders == set(DIRECT)


def test_every_common_module_is_known(root: Path) -> None:
    assert {path.stem for path in (root / LIBRARY).glob("*.py")} <= COMMON | {
        path.removesuffix(".py") for path in FACE
    }


@pytest.mark.parametrize(
    ("relative", "source"),
    [
        ("records/case.py", "from CTSpatialVQALib.volumes.anatomy_mask import read_mask"),
        ("benchmark/study.py", "from CTSpatialVQALib.anatomy import masks"),
        ("benchmark/study.py", "from CTSpatialVQALib import anatomy"),
        ("demo/study.py", "import CTSpatialVQALib.report.page"),
        ("audit/log.py", "def f():\n    from CTSpatialVQALib.reading import session"),
        (
            "audit/log.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import CTSpatialVQALib.cli",
        ),
        ("report/page.py", "from ..scoring import rules"),
        ("report/page.py", "import importlib\nimportlib.import_module('slicer')"),
        ("errors.py", "from CTSpatialVQALib.records.base import Record"),
        ("volumes/oriented_volume.py", "import slicer"),
        ("volumes/oriented_volume.py", "from slicer.util import arrayFromVolume"),
        ("report/page.py", "import vtkMRMLCorePython"),
        ("scene/volumes.py", "import qt"),
        ("scene/volumes.py", "from PySide6 import QtWidgets"),
        ("scoring/metrics.py", "def f():\n    import torch"),
        ("backends/local.py", "import torch"),
        ("__init__.py", "from CTSpatialVQALib.audit.log import AuditLog"),
        ("__init__.py", "from CTSpatialVQALib import public"),
        ("public.py", "from CTSpatialVQALib.cli.main import main"),
        ("public.py", "from CTSpatialVQALib.nowhere import main"),
        ("report/page.py", "from CTSpatialVQALib.public import verify"),
        ("report/page.py", "from CTSpatialVQALib import verify"),
        ("errors.py", "from CTSpatialVQALib.public import verify"),
    ],
)
def test_wrong_import_is_caught(relative: str, source: str) -> None:
    assert len(faults(relative, source)) == 1


@pytest.mark.parametrize(
    ("relative", "source"),
    [
        ("report/page.py", "from CTSpatialVQALib.records.reply import Reply"),
        ("report/page.py", "from CTSpatialVQALib.scene.evidence import EvidenceRequest"),
        ("cli/main.py", "from CTSpatialVQALib import __version__, errors"),
        ("scene/volumes.py", "import slicer"),
        ("backends/local.py", "def load():\n    import torch"),
        ("imaging/windows.py", "import numpy as np\nimport vtk"),
        ("__init__.py", "if TYPE_CHECKING:\n    from CTSpatialVQALib.public import verify"),
        ("__init__.py", "from importlib import import_module"),
        ("public.py", "def f():\n    from CTSpatialVQALib.cli.demo_job import ask_study"),
        ("public.py", "from CTSpatialVQALib.errors import BadInput"),
    ],
)
def test_allowed_import_is_not(relative: str, source: str) -> None:
    assert not faults(relative, source)
