"""Rules by which regions are derived from the structures of a mask, each with a note how.

The names are those that `grounding` finds in texts, and some finer ones of our own (compartments of the
mediastinum, apex and base of a lung). Derived places are rough: their purpose is to show where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.anatomy import airway_regions, chest_regions, lung_regions, mediastinum
from CTSpatialVQALib.anatomy.region import NotDerivable, Region, Space
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask

_Draw = Callable[[AnatomyMask, str, Side | None], Region | NotDerivable]


class _Rule(NamedTuple):
    """How a region is drawn, and of which structures at least one must be there."""

    draw: _Draw
    needs: tuple[str, ...]


_LUNGS = ("lung_left", "lung_right")
_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        **dict.fromkeys(("subpleural", "peripheral", "central"), _Rule(lung_regions.by_depth, _LUNGS)),
        **dict.fromkeys(("lung_apex", "lung_base"), _Rule(lung_regions.end_of_lung, _LUNGS)),
        "fissure": _Rule(lung_regions.fissure, _LUNGS),
        "pleura": _Rule(lung_regions.pleura, _LUNGS),
        "diaphragm": _Rule(lung_regions.diaphragm, _LUNGS),
        "paramediastinal": _Rule(lung_regions.paramediastinal, _LUNGS),
        "hemithorax": _Rule(chest_regions.hemithorax, _LUNGS),
        "hilum": _Rule(airway_regions.hilum, _LUNGS),
        **dict.fromkeys(
            (
                "mediastinum",
                "anterior_mediastinum",
                "prevascular",
                "middle_mediastinum",
                "posterior_mediastinum",
                "upper_mediastinum",
            ),
            _Rule(mediastinum.mediastinum, _LUNGS),
        ),
        **dict.fromkeys(
            ("paratracheal", "pretracheal", "retrotracheal", "carina", "subcarinal"),
            _Rule(airway_regions.near_trachea, ("trachea",)),
        ),
        "retrosternal": _Rule(chest_regions.retrosternal, ("sternum",)),
        **dict.fromkeys(
            ("supraclavicular", "infraclavicular"),
            _Rule(chest_regions.by_clavicle, ("clavicula_left", "clavicula_right")),
        ),
        "midline": _Rule(chest_regions.midline, ()),
        "upper_abdomen": _Rule(chest_regions.upper_abdomen, ("liver", "spleen", "stomach")),
    }
)
# regions that further tasks of TotalSegmentator segment themselves, or that are unions of classes
_OWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "thoracic_spine": tuple(f"vertebrae_T{n}" for n in range(1, 13)),
        "left_atrium": ("heart_atrium_left",),
        "right_atrium": ("heart_atrium_right",),
        "left_ventricle": ("heart_ventricle_left",),
        "right_ventricle": ("heart_ventricle_right",),
        "coronary_arteries": ("coronary_arteries",),
        "breast": ("breast",),
        "bronchi": ("lung_airways",),
        "mediastinum": ("mediastinum",),
        "pericardium": ("pericardium",),
        "liver_left_lobe": tuple(f"liver_segment_{n}" for n in (2, 3, 4)),
        "liver_right_lobe": tuple(f"liver_segment_{n}" for n in (5, 6, 7, 8)),
    }
)
_VESSEL = "no mask separates the branches of the coronary arteries"
NOT_DERIVABLE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("left_anterior_descending", "circumflex_artery"), _VESSEL),
        **dict.fromkeys(("right_coronary_artery", "left_coronary_artery"), _VESSEL),
        **dict.fromkeys(
            ("axilla", "chest_wall", "subcutaneous"), "no structure tells where muscle and skin end"
        ),
        **dict.fromkeys(
            ("mesentery", "peritoneum"), "no structure tells it from the organs between which it lies"
        ),
        **dict.fromkeys(
            ("interlobular_septa", "peribronchial"), "finer than any mask, and all over the lung"
        ),
        "aortopulmonary_window": "the pulmonary artery, which ends it, has no mask",
        "heart_valve": "no mask separates the valves",
        "larynx": "no mask of it in a chest CT",
    }
)


def region_names() -> tuple[str, ...]:
    """Every region that can be made where its structures are there."""
    return tuple(dict.fromkeys((*_RULES, *_OWN)))


def region_with_own_mask(mask: AnatomyMask, name: str) -> bool:
    """Whether `mask` has a structure that is the region, so that nothing has to be derived."""
    return bool(_own_masks(mask, name))


def _own_masks(mask: AnatomyMask, name: str) -> tuple[str, ...]:
    return tuple(part for part in _OWN.get(name, ()) if part in structures() and mask.has(part))


def find_region(
    mask: AnatomyMask, name: str, *, side: Side | None = None, within: str | None = None
) -> Region | NotDerivable:
    """Make region `name`, or say why it cannot be made from this mask.

    Parameters
    ----------
    side : of a region that has two sides; None for both
    within : only what lies in this structure: the subpleural zone of a lobe
    """
    region = _find(mask, name, side)
    if within is None or isinstance(region, NotDerivable):
        return region
    inside = region.inside & np.isin(mask.labels[region.box], mask.labels_of(within))
    if not inside.any():
        return NotDerivable(name, f"none of it lies in {within}")
    return region._replace(inside=inside, note=f"{region.note}, in {within}")


def _find(mask: AnatomyMask, name: str, side: Side | None) -> Region | NotDerivable:
    own = _own_masks(mask, name)
    if own:
        space = Space(mask, own)
        return space.region(name, space.of(*own), "its own masks")
    if name not in _RULES:
        missing = f"the mask has no {_OWN[name][0]}" if name in _OWN else ""
        return NotDerivable(name, missing or NOT_DERIVABLE.get(name, "no such region is known"))
    rule = _RULES[name]
    needed = [
        structure for structure in rule.needs if side in (None, Side.BILATERAL) or _may_lie(structure, side)
    ]
    if rule.needs and not any(mask.has(structure) for structure in needed):
        return NotDerivable(name, f"the mask has no {' or '.join(needed)}")
    return rule.draw(mask, name, side)


def _may_lie(structure: str, side: Side | None) -> bool:
    own = structures()[structure].side
    return own is None or own is side
