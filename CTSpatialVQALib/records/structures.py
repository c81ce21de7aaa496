"""Table of structures: TotalSegmentator's classes with side, group, parent, SNOMED CT code and colour.

Labels, codes and colours are those of TotalSegmentator 2.18 (Apache-2.0), `map_to_binary.py` and
`totalsegmentator_snomed_mapping.csv`. Where that file has none, the codes are those of DICOM PS3.16: CID 7170
for the segments of the liver, CID 7154 and 7155 for cavities and mediastinum. The right upper lobe got
another colour, because the two upper lobes could hardly be told apart. `lung`, `lung_left` and
`lung_right` are combinations that users make.

A parent is what its children make up together: lobes a lung, chambers the heart, segments the liver. A
cyst is not part of what makes up a kidney, and so has no parent.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.resources import resource

Naming = Literal["total_v2", "total_v1"]


class Code(NamedTuple):
    """A coded concept, e.g. (SCT, 39607008, Lung)."""

    scheme: str
    value: str
    meaning: str


class Colour(NamedTuple):
    """Red, green, blue, each 0 to 1."""

    red: float
    green: float
    blue: float


class Structure(NamedTuple):
    """One row of Resources/anatomy/structures.csv."""

    name: str
    display: str
    task: str
    side: Side | None
    group: str
    parent: str | None
    code: Code
    modifier: Code | None
    colour: Colour
    window: str


@cache
def structures() -> Mapping[str, Structure]:
    """All structures by class name, in the order of the table."""
    return MappingProxyType({row["name"]: _structure(row) for row in _rows()})


@cache
def label_names(naming: Naming) -> Mapping[int, str]:
    """Label value -> class name of TotalSegmentator's task `total` in version 1 or 2."""
    column = "label_v2" if naming == "total_v2" else "label_v1"
    return MappingProxyType({int(row[column]): row["name"] for row in _rows() if row[column]})


def children(name: str) -> tuple[str, ...]:
    """Class names whose parent is `name`: the lobes of `lung_left`, for example."""
    return tuple(structure.name for structure in structures().values() if structure.parent == name)


def opposite(name: str) -> str | None:
    """The same structure on the other side, or None if it is unpaired."""
    parts = name.split("_")
    swapped = "_".join({"left": "right", "right": "left"}.get(part, part) for part in parts)
    return swapped if swapped != name and swapped in structures() else None


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with resource("anatomy/structures.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def _structure(row: dict[str, str]) -> Structure:
    red, green, blue = (int(row["colour"][at : at + 2], 16) / 255 for at in (1, 3, 5))
    modifier = row["modifier_value"]
    return Structure(
        name=row["name"],
        display=row["display"],
        task=row["task"],
        side=Side(row["side"]) if row["side"] else None,
        group=row["group"],
        parent=row["parent"] or None,
        code=Code(row["code_scheme"], row["code_value"], row["code_meaning"]),
        modifier=Code("SCT", modifier, row["modifier_meaning"]) if modifier else None,
        colour=Colour(red, green, blue),
        window=row["window"],
    )
