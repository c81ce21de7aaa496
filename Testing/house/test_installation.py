"""What a stranger's machine gets: an environment from nothing, a wheel that works alone, one home page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.optional_packages import install_command

# One package without a wheel, so that pip must build it; nothing else of the project.
NEEDS_BUILDING = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "needs-building"
version = "0"

[project.optional-dependencies]
scene = []
metrics = ["rouge-score"]
sbert = []
local = []
test = []

[tool.hatch.build]
dev-mode-dirs = ["."]

[tool.hatch.build.targets.wheel]
packages = ["CTSpatialVQALib"]
"""
PYTHONS = ("3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def settings(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def python_of(version: str) -> str:
    """A Python of this version, by itself or from pyenv, or a skip."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.base_prefix + "/bin/python3"
    for candidate in (
        shutil.which(f"python{version}"),
        *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python3")),
    ):
        works = candidate and subprocess.run(
            [candidate, "-c", "import ensurepip"], check=False, capture_output=True
        )
        if candidate and works and works.returncode == 0:
            return candidate
    pytest.skip(f"no Python {version} here")


def require_index(folder: Path) -> None:
    """Skip where no package index can be reached: what has no wheel here cannot be fetched either."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-cache-dir",
        "--no-deps",
        "--dest",
        folder,
        "six",
    ]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no package index can be reached")


@pytest.mark.parametrize("version", [PYTHONS[0], PYTHONS[-1]])
def test_environment_builds_what_has_no_wheel_with_an_empty_cache_and_no_build_tools(
    version: str, root: Path, tmp_path: Path
) -> None:
    python = python_of(version)
    require_index(tmp_path / "reachable")
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    (project / "CTSpatialVQALib").mkdir()
    (project / "CTSpatialVQALib/__init__.py").touch()
    (project / "pyproject.toml").write_text(NEEDS_BUILDING, encoding="utf-8")
    for name in ("constraints.txt", "scripts/environment.sh"):
        shutil.copy(root / name, project / name)
    # Python 3.11 puts an old setuptools into a new environment; none may be needed, and no wheel package
    subprocess.run([python, "-m", "venv", project / ".venv"], check=True)
    subprocess.run(
        [project / ".venv/bin/python", "-m", "pip", "uninstall", "--yes", "--quiet", "setuptools", "wheel"],
        check=True,
        capture_output=True,
    )
    clean = {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}

    ran = subprocess.run(
        ["sh", project / "scripts/environment.sh", "test"],
        env=clean | {"PYTHON": python, "PIP_CACHE_DIR": str(tmp_path / "empty"), "PIP_NO_CACHE_DIR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    subprocess.run([project / ".venv/bin/python", "-c", "import rouge_score"], check=True)


def test_continuous_integration_starts_from_nothing(root: Path) -> None:
    lines = (root / ".ci/run").read_text(encoding="utf-8").splitlines()

    assert lines.index("export PIP_NO_CACHE_DIR=1") < lines.index("make check")
    assert lines.index("rm -rf .venv") < lines.index("make check")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *offline, "-w", folder, root], check=True, cwd=folder
    )
    return next(folder.glob("ctspatialvqa-*.whl"))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(opened.read(name).decode("utf-8"))


def with_what_they_need(requirements: list[str]) -> set[str]:
    """The names of these distributions and of all that they need, from what is installed here."""
    from packaging.requirements import Requirement

    names: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = requirement.name.lower().replace("_", "-")
        if name in names or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        names.add(name)
        try:
            waiting += [Requirement(text) for text in distribution(name).requires or []]
        except PackageNotFoundError:
            pytest.fail(f"{name} is a dependency and not installed here")
    return names


ONLY_PLAIN_DEPENDENCIES = """
import sys


class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        absent = name.partition(".")[0] in {refused!r}
        return None if absent else self.finder.find_spec(name, path, target)


sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
from CTSpatialVQALib.cli.main import main
sys.exit(main(["demo", "--size", "tiny", "--out", "demo"]))
"""


def test_installed_wheel_with_its_plain_dependencies_runs_the_demo_elsewhere(
    wheel: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    plain = with_what_they_need(settings["project"]["dependencies"])
    refused = {
        module
        for module, distributions in packages_distributions().items()
        if not any(name.lower().replace("_", "-") in plain for name in distributions)
        and module != "CTSpatialVQALib"
    }
    assert {"slicer", "torch"} & refused
    program = ONLY_PLAIN_DEPENDENCIES.format(refused=refused)

    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "demo/report.html").stat().st_size > 100_000
    first = ran.stderr.splitlines()[0]
    assert first.startswith("note: pictures have no 3D view: slicer-core is not installed: pip install ")


def test_readme_of_the_wheel_has_no_relative_link(metadata: Message, settings: dict[str, Any]) -> None:
    text = metadata.get_payload()
    links = re.findall(r"\]\(([^)]+)\)", text)
    home = settings["project"]["urls"]["Homepage"]

    assert f"{home}/docs/pictures/question-card.png" in links
    assert not [link for link in links if not re.match("https?://|#", link)]


def test_supported_pythons_are_those_that_are_proven(metadata: Message) -> None:
    classifiers = metadata.get_all("Classifier") or []

    assert [
        version for version in PYTHONS if f"Programming Language :: Python :: {version}" not in classifiers
    ] == []
    assert metadata["Requires-Python"] == ">=3.11"


def test_one_home_page_and_one_version_everywhere(root: Path, settings: dict[str, Any]) -> None:
    from CTSpatialVQALib import __version__

    home = settings["project"]["urls"]["Homepage"]
    for name in ("CMakeLists.txt", "CTSpatialVQA.s4ext", "pyproject.toml", "CTSpatialVQA.json"):
        addresses = re.findall(
            r"https://[a-z.-]*ctspatialvqa[a-z.-]*", (root / name).read_text(encoding="utf-8")
        )
        assert addresses, name
        assert set(addresses) == {home}, name
    assert f"\nversion: {__version__}\n" in (root / "CITATION.cff").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("written_by_installer", "command"),
    [
        ("pyvenv.cfg", "pip install jinja2"),
        ("pipx_metadata.json", "pipx inject ctspatialvqa jinja2"),
        ("uv-receipt.toml", "uv pip install --python '{prefix}' jinja2"),
    ],
)
def test_command_that_installs_a_package_suits_the_environment(
    written_by_installer: str, command: str, tmp_path: Path
) -> None:
    prefix = tmp_path / "ctspatialvqa"
    prefix.mkdir()
    (prefix / written_by_installer).touch()

    assert install_command("jinja2", prefix=str(prefix)) == command.format(prefix=prefix)
