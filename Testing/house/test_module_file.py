"""The module file loads in any Slicer: it imports, installs, fetches and writes nothing by itself."""

from __future__ import annotations

import ast
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

# Categories that Slicer's own modules use; another one would open a new menu.
STANDARD_CATEGORIES = {
    "Informatics", "Quantification", "Registration", "Segmentation", "Utilities", "Surface Models",
    "Converters", "Filtering", "Diffusion", "IGT", "Examples", "Developer Tools", "Testing",
}  # fmt: skip
# What runs at import may only describe: names, classes, functions, constants.
HARMLESS_CALLS: set[str] = set()


@pytest.fixture
def tree(root: Path) -> ast.Module:
    return ast.parse((root / "CTSpatialVQA/CTSpatialVQA.py").read_text(encoding="utf-8"))


def classes(tree: ast.Module) -> dict[str, str]:
    """Class name -> name of its first base."""
    return {
        node.name: ast.unparse(node.bases[0])
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.bases
    }


def imported_when_loaded(tree: ast.Module) -> set[str]:
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def calls_when_loaded(tree: ast.Module) -> set[str]:
    """What the file calls outside functions: module level, class level, decorators and defaults."""
    found = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            found.add(ast.unparse(node.func))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults]
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found


def method(tree: ast.Module, class_name: str, name: str) -> ast.FunctionDef:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            return next(one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == name)
    raise AssertionError(f"no class {class_name}")


def set_on_parent(tree: ast.Module) -> dict[str, str]:
    """Attribute of `self.parent` -> the expression it is set to."""
    return {
        node.targets[0].attr: ast.unparse(node.value)
        for node in ast.walk(method(tree, "CTSpatialVQA", "__init__"))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute)
        and ast.unparse(node.targets[0].value) == "self.parent"
    }


def test_module_has_its_four_classes(tree: ast.Module) -> None:
    assert (
        classes(tree).items()
        >= {
            "CTSpatialVQA": "ScriptedLoadableModule",
            "CTSpatialVQAWidget": "ScriptedLoadableModuleWidget",
            "CTSpatialVQALogic": "ScriptedLoadableModuleLogic",
            "CTSpatialVQATest": "ScriptedLoadableModuleTest",
        }.items()
    )


def test_loading_imports_only_slicer_and_the_standard_library(tree: ast.Module) -> None:
    allowed = set(sys.stdlib_module_names) | {"slicer", "qt", "ctk", "vtk"}

    assert imported_when_loaded(tree) <= allowed


def test_loading_calls_nothing(tree: ast.Module) -> None:
    assert calls_when_loaded(tree) <= HARMLESS_CALLS


def test_construction_only_describes_the_module(tree: ast.Module) -> None:
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(method(tree, "CTSpatialVQA", "__init__"))
        if isinstance(node, ast.Call)
    }

    translated = {call for call in calls if call.startswith("_(") and call.endswith(".format")}
    # Slicer calls back when it is ready: what is offered to its sample data needs nothing before
    assert calls - translated <= {"ScriptedLoadableModule.__init__", "_", "translate", "slicer.app.connect"}


def test_nothing_is_installed_or_fetched_anywhere(tree: ast.Module) -> None:
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    words |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    assert not words & {"pip_install", "urlopen", "requests", "subprocess", "socket", "write_text", "open"}


def test_texts_are_translated_through_slicer(tree: ast.Module) -> None:
    imported = {
        (node.module, alias.name, alias.asname)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert ("slicer.i18n", "tr", "_") in imported
    formatted = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_"
        and not isinstance(node.args[0], ast.Constant)
    ]  # fmt: skip
    assert not formatted, "a translated text is a plain string; insert values with .format() afterwards"


def test_module_describes_itself(tree: ast.Module) -> None:
    described = set_on_parent(tree)

    assert set(described) == {
        "title", "categories", "dependencies", "contributors", "helpText", "acknowledgementText",
    }  # fmt: skip
    category = ast.literal_eval(described["categories"].rpartition(", ")[2].rstrip("])"))
    assert category in STANDARD_CATEGORIES
    assert "<a href=" in described["helpText"]
    assert "Research use only" in described["helpText"]
    assert described["contributors"] != "[]"


def test_window_names_every_widget_that_the_module_uses(root: Path, tree: ast.Module) -> None:
    window = ElementTree.parse(root / "CTSpatialVQA/Resources/UI/CTSpatialVQA.ui")
    names = [one.attrib["name"] for one in window.iter("widget")]
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self.ui"
    }

    assert used
    assert used <= set(names)
    assert len(names) == len(set(names))


def test_window_says_research_use_only(root: Path) -> None:
    text = (root / "CTSpatialVQA/Resources/UI/CTSpatialVQA.ui").read_text(encoding="utf-8")

    assert "Research use only" in text


def test_icon_is_the_size_slicer_asks_for(root: Path) -> None:
    from PIL import Image

    with Image.open(root / "CTSpatialVQA/Resources/Icons/CTSpatialVQA.png") as icon:
        assert icon.size == (128, 128)
