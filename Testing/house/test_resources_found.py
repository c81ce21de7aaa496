"""Resources are found wherever the library is: source tree, installed wheel, Slicer's install tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SCRIPTED_MODULES = "lib/Slicer-5.12/qt-scripted-modules"
ASK = """
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.resources import resource
assert "lung_left" in structures()
print(resource("anatomy/structures.csv"))
"""


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> str:
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def found_from(path: Path, elsewhere: Path) -> Path:
    """Where a fresh Python that imports the library from `path` finds a resource."""
    return Path(run(sys.executable, "-c", ASK, cwd=elsewhere, path=path).strip())


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", *offline, "-w", folder, root, cwd=folder)
    return next(folder.glob("ctspatialvqa-*.whl"))


@pytest.fixture(scope="module")
def slicer_build(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension configured and built by the real cmake against the stand-in of Slicer's interface."""
    cmake = shutil.which("cmake")
    if cmake is None or not (shutil.which("make") or shutil.which("ninja")):
        pytest.skip("cmake or its build tool is not installed")
    build = tmp_path_factory.mktemp("slicer") / "build"
    run(cmake, "-S", root, "-B", build, f"-DSlicer_DIR={root / 'Testing/host/cmake'}", cwd=root)
    run(cmake, "--build", build, cwd=root)
    return build


@pytest.fixture(scope="module")
def slicer_install(slicer_build: Path) -> Path:
    """What Slicer packages: only the component RuntimeLibraries."""
    prefix = slicer_build.parent / "install"
    wanted = ("--prefix", prefix, "--component", "RuntimeLibraries")
    run("cmake", "--install", slicer_build, *wanted, cwd=slicer_build)
    return prefix / SCRIPTED_MODULES


def test_source_tree(root: Path, tmp_path: Path) -> None:
    assert found_from(root, tmp_path) == root / "Resources/anatomy/structures.csv"


def test_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    offline = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "install", *offline, "--target", target, wheel, cwd=tmp_path)

    found = found_from(target, tmp_path)

    assert found == target / "CTSpatialVQALib/Resources/anatomy/structures.csv"


def test_wheel_carries_types_and_every_resource_and_nothing_of_cmake(root: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {
        f"CTSpatialVQALib/{path.relative_to(root).as_posix()}"
        for path in (root / "Resources").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }

    assert "CTSpatialVQALib/py.typed" in names
    assert inside <= names
    assert not [name for name in names if "CMake" in name or name.startswith(("Testing", "scripts"))]


def test_slicer_build_tree(slicer_build: Path, tmp_path: Path) -> None:
    modules = slicer_build / SCRIPTED_MODULES

    assert found_from(modules, tmp_path) == modules / "CTSpatialVQALib/Resources/anatomy/structures.csv"


def test_slicer_install_tree(slicer_install: Path, tmp_path: Path) -> None:
    found = found_from(slicer_install, tmp_path)

    assert found == slicer_install / "CTSpatialVQALib/Resources/anatomy/structures.csv"


def test_slicer_installs_module_and_whole_library(root: Path, slicer_install: Path) -> None:
    wanted = {
        "CTSpatialVQA.py",
        "Resources/UI/CTSpatialVQA.ui",
        "Resources/Icons/CTSpatialVQA.png",
        *(path.relative_to(root).as_posix() for path in (root / "CTSpatialVQALib").rglob("*.py")),
    }

    assert not [name for name in wanted if not (slicer_install / name).is_file()]


def test_missing_resource_says_what_to_do() -> None:
    from CTSpatialVQALib.resources import resource

    with pytest.raises(FileNotFoundError, match=r"without Resources/anatomy/none\.csv; install it again"):
        resource("anatomy/none.csv")
