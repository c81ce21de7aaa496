"""Slicer installs what its CMake lists name and silently nothing else."""

from __future__ import annotations

import re
import runpy
from pathlib import Path


def listed(text: str, name: str) -> set[str]:
    found = re.search(rf"set\({name}\n(.*?)\n\s*\)", text, re.DOTALL)
    assert found, f"no list {name}"
    return set(found.group(1).split())


def tree(folder: Path, pattern: str) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def test_lists_name_exactly_the_files_of_library_and_resources(root: Path) -> None:
    text = (root / "CTSpatialVQALib/FileLists.cmake").read_text(encoding="utf-8")

    assert listed(text, "LIBRARY_SCRIPTS") == tree(root / "CTSpatialVQALib", "*.py"), "run: make lists"
    assert listed(text, "RESOURCE_FILES") == tree(root / "Resources", "*"), "run: make lists"


def test_script_writes_what_is_there(root: Path) -> None:
    written = runpy.run_path(str(root / "scripts/write_cmake_lists.py"))["file_lists"](root)

    assert written == (root / "CTSpatialVQALib/FileLists.cmake").read_text(encoding="utf-8")


def test_module_lists_name_exactly_its_files(root: Path) -> None:
    module = root / "CTSpatialVQA"
    text = (module / "CMakeLists.txt").read_text(encoding="utf-8").replace("${MODULE_NAME}", "CTSpatialVQA")

    assert listed(text, "MODULE_PYTHON_SCRIPTS") == tree(module, "*.py")
    assert listed(text, "MODULE_PYTHON_RESOURCES") == {
        f"Resources/{name}" for name in tree(module / "Resources", "*")
    }


def test_every_module_file_is_a_module(root: Path) -> None:
    """Slicer takes each .py beside the module for a module of its own, but none in the folders below."""
    assert [path.name for path in (root / "CTSpatialVQA").glob("*.py")] == ["CTSpatialVQA.py"]


def test_window_and_desk_are_packages(root: Path) -> None:
    folders = {path.parent for path in (root / "CTSpatialVQA").rglob("*.py")} - {root / "CTSpatialVQA"}

    assert {path.name for path in folders} == {"CTSpatialVQASession", "CTSpatialVQAGui"}
    assert all((path / "__init__.py").is_file() for path in folders)


def test_stubs_of_slicers_modules_are_current(root: Path) -> None:
    """mypy checks the window against them; `python scripts/write_slicer_stubs.py` writes them anew."""
    names = runpy.run_path(str(root / "scripts" / "write_slicer_stubs.py"))

    for module, target in names["TARGETS"].items():
        assert target.read_text(encoding="utf-8") == names["stub"](module), module
