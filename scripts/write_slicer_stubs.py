"""Type stubs of Slicer's modules qt and ctk: the classes that the module uses, with their attributes.

The attributes come from the lists of the test host (Testing/host/slicerhost/listed), which were read from Qt
5.15 and from public headers. PythonQt shows a property and a method under the same kind of name, so every
attribute is `Any`: mypy finds names that do not exist, and everything around them is typed.
"""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Testing" / "host"))

from slicerhost.attribute_lists import listed_classes  # noqa: E402  # found through the line above

TARGETS = {"qt": ROOT / "typings" / "qt.pyi", "ctk": ROOT / "typings" / "ctk.pyi"}
# what PythonQt adds to every QObject
PYTHONQT = ("className", "connect", "delete", "disconnect", "findChild", "findChildren", "inherits", "name")
SOURCES = sorted((ROOT / "CTSpatialVQA").rglob("*.py")) + sorted((ROOT / "docs").glob("*.py"))


def used_classes(module: str) -> list[str]:
    """Names of the classes of `qt` or `ctk` that the module's files name."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    return sorted(set(re.findall(rf"\b{module}\.(\w+)", text)) & set(listed_classes()))


def with_parents(names: list[str]) -> list[str]:
    """The same with every class they inherit from, parents first."""
    ordered: dict[str, None] = {}

    def add(name: str) -> None:
        for parent in listed_classes()[name].parents:
            if parent in listed_classes():
                add(parent)
        ordered[name] = None

    for name in names:
        add(name)
    return list(ordered)


def class_stub(name: str, prefix: str) -> str:
    """The text of one class."""
    listed = listed_classes()[name]
    parents = [f"{prefix}{parent}" for parent in listed.parents if parent in listed_classes()]
    attributes = sorted(listed.names | (set(PYTHONQT) if name == "QObject" else set()))
    lines = [f"class {name}({', '.join(parents)}):" if parents else f"class {name}:"]
    lines += ["    def __init__(self, *arguments: Any) -> None: ..."]
    lines += [f"    {one}: Any" for one in attributes if one.isidentifier() and not keyword.iskeyword(one)]
    return "\n".join(lines)


def stub(module: str) -> str:
    """The text of a stub file."""
    names = with_parents(used_classes(module))
    head = ["# Written by scripts/write_slicer_stubs.py: what the module uses, by the host's lists."]
    if module == "ctk":
        own = [name for name in names if name.startswith("ctk")]
        return "\n".join(
            [*head, "from typing import Any", "", "import qt", "", *(class_stub(n, "qt.") for n in own), ""]
        )
    own = [name for name in names if not name.startswith("ctk")]
    return "\n".join([*head, "from typing import Any", "", *(class_stub(name, "") for name in own), ""])


def main() -> None:
    for module, target in TARGETS.items():
        target.write_text(stub(module), encoding="utf-8", newline="\n")
        print(f"{target.relative_to(ROOT)} is current.")


if __name__ == "__main__":
    main()
