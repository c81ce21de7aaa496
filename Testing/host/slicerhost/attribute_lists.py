"""Attributes of the real classes, from the lists under listed/."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "listed"


class ListedClass(NamedTuple):
    """Own names of a real class, and the classes it inherits from."""

    parents: tuple[str, ...]
    names: frozenset[str]


@cache
def listed_classes() -> Mapping[str, ListedClass]:
    """Every listed class by its name."""
    return {**_read(FOLDER / "qt.txt"), **_read(FOLDER / "slicer.txt")}


@cache
def names_of(class_name: str) -> frozenset[str]:
    """Every attribute of the real class, inherited ones included; KeyError for an unlisted class."""
    listed = listed_classes()[class_name]
    above = [names_of(parent) for parent in listed.parents if parent in listed_classes()]
    return listed.names.union(*above)


@cache
def is_listed(class_name: str, name: str) -> bool:
    """Whether the real class has `name`; PythonQt writes Python's keywords with an underscore."""
    names = names_of(class_name)
    return name in names or name == "name" or (name.endswith("_") and name[:-1] in names)


def _read(path: Path) -> dict[str, ListedClass]:
    text = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    sections = re.findall(r"^\[(\w+): ?([\w ]*)\]\n([^\[]*)", text, re.MULTILINE)
    return {
        name: ListedClass(tuple(parents.split()), frozenset(names.split()))
        for name, parents, names in sections
    }
