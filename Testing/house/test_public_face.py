"""The names that `import CTSpatialVQALib` offers: documented, typed, with examples, imported lazily."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import CTSpatialVQALib
from CTSpatialVQALib import public

MOST_NAMES = 20
HEAVY = ("numpy", "pydantic", "scipy", "SimpleITK", "vtk", "requests", "orjson", "CTSpatialVQALib.public")


@pytest.fixture(scope="module")
def writer(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_api", root / "scripts" / "write_api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_examples_run_in_the_order_of_the_page(
    writer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {name: getattr(CTSpatialVQALib, name) for name in CTSpatialVQALib.__all__}
    report: list[str] = []
    runner = doctest.DocTestRunner()
    tried = 0
    for name in writer.ORDER:
        if inspect.ismodule(names[name]) or name in ("BadInput", "WorkFailed"):
            continue
        (example,) = doctest.DocTestFinder(recurse=False).find(names[name], name, globs=dict(names))
        assert example.examples, f"{name} has no example"
        tried += len(example.examples)
        runner.run(example, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
    assert tried > 30


def test_page_is_made_from_the_docstrings(root: Path, writer: ModuleType) -> None:
    written = (root / "docs/api.md").read_text(encoding="utf-8")
    assert written == writer.api_text(), "run: python scripts/write_api.py"
    assert set(writer.ORDER) == set(CTSpatialVQALib.__all__)


def test_names_are_few_and_each_is_there_and_documented() -> None:
    assert len(CTSpatialVQALib.__all__) <= MOST_NAMES
    assert list(CTSpatialVQALib.__all__) == sorted(CTSpatialVQALib.__all__)
    assert set(public.__all__) < set(CTSpatialVQALib.__all__)
    for name in CTSpatialVQALib.__all__:
        assert inspect.getdoc(getattr(CTSpatialVQALib, name)), name
        assert name in dir(CTSpatialVQALib)


def test_a_type_checker_sees_every_name(root: Path) -> None:
    tree = ast.parse((root / "CTSpatialVQALib/__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.name
        for outer in tree.body
        if isinstance(outer, ast.If)
        for node in ast.walk(outer)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == set(CTSpatialVQALib.__all__)


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = f"import sys, CTSpatialVQALib; print([name for name in {HEAVY!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'opne_study'"):
        CTSpatialVQALib.opne_study  # noqa: B018


def test_names_stay_functions_whatever_rooms_are_imported() -> None:
    """A room of the same name would take the place of a function once it is imported."""
    rooms = {path.parent.name for path in Path(str(CTSpatialVQALib.__file__)).parent.glob("*/__init__.py")}
    assert rooms & set(CTSpatialVQALib.__all__) == {"statistics"}


@pytest.mark.parametrize("probe", ["sideways", "", "Full"])
def test_a_probe_that_there_is_not_is_refused(probe: str) -> None:
    with pytest.raises(public.BadInput, match="expected full, "):
        public.prepare(None, "m3d", probe)  # type: ignore[arg-type]
