"""Places and distances as a radiologist writes them."""

from __future__ import annotations

from collections.abc import Sequence

from CTSpatialVQALib.anatomy.relations import Relation

# (positive, negative) direction of each axis of the RAS system
_DIRECTIONS = (("R", "L"), ("A", "P"), ("S", "I"))
_NEAR_MM = 0.5  # what rounds to 0 mm has no direction


def point_text(ras: Sequence[float]) -> str:
    """A place in millimetres, e.g. `L 113  P 56  I 226`: left, posterior and inferior of the origin."""
    return "  ".join(
        f"{names[value < 0] if abs(value) >= _NEAR_MM else names[0]} {abs(value):4.0f}"
        for value, names in zip(ras, _DIRECTIONS, strict=True)
    )


def relation_text(
    a: str, b: str, relation: Relation, surface_distance_mm: float, *, sides_withheld: bool = False
) -> str:
    """How `a` lies to `b`, e.g. `liver: 179 mm right of the spleen, 27 mm above it; 66 mm apart`.

    Parameters
    ----------
    sides_withheld : left and right cannot be trusted in this volume, so nothing is said of them
    """
    directions = [
        (relation.right_of_mm, "right of", "left of"),
        (relation.above_mm, "above", "below"),
        (relation.front_of_mm, "in front of", "behind"),
    ]
    parts = [
        f"{abs(value):.0f} mm {positive if value > 0 else negative}"
        for value, positive, negative in directions[sides_withheld:]
        if abs(value) >= _NEAR_MM
    ]
    name_of_b = f"the {plain_structure(b)}"
    sentence = ", ".join(f"{part} {name_of_b if at == 0 else 'it'}" for at, part in enumerate(parts))
    sentence = sentence or f"at the height and depth of {name_of_b}"
    return f"{plain_structure(a)}: {sentence}; {_contact(relation, surface_distance_mm)}"


def plain_structure(name: str) -> str:
    """`lung_upper_lobe_left` as words: `lung upper lobe left`."""
    return name.replace("_", " ")


def _contact(relation: Relation, surface_distance_mm: float) -> str:
    if not relation.touching:
        return f"{surface_distance_mm:.0f} mm apart at their surfaces"
    return f"they touch, {relation.enclosed_share:.0%} of its surface"
