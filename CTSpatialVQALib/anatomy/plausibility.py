"""Plausibility of a case: values, fit of the mask, sides, head and foot, front and back, sizes, edges.

What a mask can and cannot tell: TotalSegmentator names left and right by where an organ lies in the
picture. A mask that was turned together with its CT therefore shows paired organs on the wrong sides. A
mask made *from* an already mirrored picture shows consistent pairs and a liver on the left, which is also
how situs inversus looks: the file alone cannot tell these two apart, and the finding says so.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.aortic_arch import arch_right_of_trachea_mm
from CTSpatialVQALib.anatomy.midline import MIDLINE_HALF_WIDTH_MM, find_midline
from CTSpatialVQALib.anatomy.relations import centroid
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import opposite, structures
from CTSpatialVQALib.records.words import Side
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.axis_orientation import obliqueness_deg
from CTSpatialVQALib.volumes.check_finding import Finding, Severity, by_severity
from CTSpatialVQALib.volumes.hounsfield_check import check_hounsfield

COARSE_MM = 5.0
OBLIQUE_DEG = 1.0
CLEAR_MM = 10.0
ARCH_CLEAR_MM = 5.0
# +1: usually on the patient's right, -1: on the left. Only organs that situs inversus moves.
USUAL_SIDE = {"liver": 1, "gallbladder": 1, "inferior_vena_cava": 1, "spleen": -1, "stomach": -1, "heart": -1}
VERTEBRAE = (
    *(f"vertebrae_C{n}" for n in range(1, 8)),
    *(f"vertebrae_T{n}" for n in range(1, 13)),
    *(f"vertebrae_L{n}" for n in range(1, 6)),
    "vertebrae_S1",
)
ABOVE = (
    ("lung_upper_lobe_left", "lung_lower_lobe_left"),
    ("lung_upper_lobe_right", "lung_lower_lobe_right"),
    ("heart", "liver"),
    ("lung_left", "spleen"),
    ("lung_right", "liver"),
    ("liver", "urinary_bladder"),
    ("kidney_left", "hip_left"),
    ("kidney_right", "hip_right"),
    ("trachea", "heart"),
)
IN_FRONT = (
    ("sternum", "spinal_cord"),
    ("heart", "autochthon_left"),
    ("heart", "spinal_cord"),
    ("liver", "autochthon_right"),
    ("liver", "spinal_cord"),
    ("trachea", "spinal_cord"),
    ("urinary_bladder", "sacrum"),
    ("stomach", "autochthon_left"),
)


class Millilitres(NamedTuple):
    """Volumes beyond which a structure of that name is something else."""

    low: float
    high: float


# far outside of what is reported for adults, so that only wrong names and failed masks are found
SIZES = {
    "liver": Millilitres(300, 6000),
    "spleen": Millilitres(15, 3500),
    "kidney_left": Millilitres(15, 1500),
    "kidney_right": Millilitres(15, 1500),
    "gallbladder": Millilitres(0.5, 500),
    "adrenal_gland_left": Millilitres(0.2, 100),
    "adrenal_gland_right": Millilitres(0.2, 100),
    "pancreas": Millilitres(5, 400),
    "heart": Millilitres(150, 3000),
    "trachea": Millilitres(3, 200),
    "aorta": Millilitres(20, 1500),
    "lung_left": Millilitres(150, 6000),
    "lung_right": Millilitres(150, 6500),
}


class Votes(NamedTuple):
    """How many comparisons of organs agree with a patient lying as stated, and which do not."""

    agreeing: int
    against: tuple[str, ...]

    @property
    def turned(self) -> bool:
        """Whether more speak against it than for it."""
        return len(self.against) > self.agreeing


def check_case(
    volume_hu: NDArray[np.generic] | None,
    grid: Grid,
    mask: AnatomyMask | None,
    *,
    situs_inversus: bool = False,
) -> tuple[Finding, ...]:
    """All findings about one case, errors first.

    Parameters
    ----------
    volume_hu : (R, A, S) values of the CT, or None where only the mask is at hand
    situs_inversus : declared for this patient: mirrored unpaired organs are then expected
    """
    findings = [*_about_grid(grid)]
    if volume_hu is not None:
        findings += check_hounsfield(volume_hu, mask)
    if mask is not None:
        findings += mask.findings
        # where a mask lies on other tissue, its sides and sizes say nothing about this patient
        if not any(finding.code == "mask_misfit" for finding in findings):
            findings += orientation_findings(mask, situs_inversus=situs_inversus)
            findings += check_sizes(mask)
            findings += _cut_off(mask)
    return by_severity(findings)


def orientation_findings(mask: AnatomyMask, *, situs_inversus: bool = False) -> tuple[Finding, ...]:
    """Left and right, head and foot, front and back, from where the structures of the mask lie."""
    return (
        *check_sides(mask, situs_inversus=situs_inversus),
        *check_head_and_foot(mask),
        *check_front_and_back(mask),
    )


def check_sides(mask: AnatomyMask, *, situs_inversus: bool = False) -> tuple[Finding, ...]:
    """Are paired structures on the sides they are named after, and unpaired organs where they usually are?"""
    pairs, organs = pair_votes(mask), organ_votes(mask)
    if pairs.turned:
        return (_mirrored(mask, pairs, organs, situs_inversus),)
    findings = []
    if pairs.against:
        text = f"on the other side than their names say: {_listed(pairs.against)}"
        findings.append(Finding("wrong_side", "warning", text))
    findings += _situs(organs, situs_inversus)
    return tuple(findings)


def pair_votes(mask: AnatomyMask) -> Votes:
    """Paired structures: is the one named right more to the right than the one named left?"""
    against, agreeing = [], 0
    for name in mask.structures:
        counterpart = "lung_upper_lobe_left" if name == "lung_middle_lobe_right" else opposite(name)
        if counterpart is None or counterpart not in mask.label_of or structures()[name].side is Side.LEFT:
            continue  # each pair once
        if centroid(mask, name)[0] > centroid(mask, counterpart)[0]:
            agreeing += 1
        else:
            against.append(name)
    return Votes(agreeing, tuple(against))


def organ_votes(mask: AnatomyMask) -> Votes:
    """Unpaired organs: are they on their usual side of the midline, and the aortic arch of the trachea?"""
    arch = arch_right_of_trachea_mm(mask)
    against = ["aortic arch"] if arch is not None and arch > ARCH_CLEAR_MM else []
    agreeing = int(arch is not None and arch < -ARCH_CLEAR_MM)
    plane = find_midline(mask)
    if plane is None:
        others = _organs_against_each_other(mask)
        return Votes(others.agreeing + agreeing, (*others.against, *against))
    for name, side in USUAL_SIDE.items():
        if mask.has(name):
            offset = (float(centroid(mask, name)[0]) - plane.r_mm) * side
            agreeing += offset > MIDLINE_HALF_WIDTH_MM
            if offset < -MIDLINE_HALF_WIDTH_MM:
                against.append(name)
    return Votes(agreeing, tuple(against))


def _organs_against_each_other(mask: AnatomyMask) -> Votes:
    """Without a midline: is the liver to the right of spleen and stomach?"""
    agreeing, against = 0, []
    for name in ("spleen", "stomach"):
        if mask.has("liver") and mask.has(name):
            right = centroid(mask, "liver")[0] - centroid(mask, name)[0]
            agreeing += right > CLEAR_MM
            if right < -CLEAR_MM:
                against.append(name)
    return Votes(agreeing, tuple(against))


def _mirrored(mask: AnatomyMask, pairs: Votes, organs: Votes, situs_inversus: bool) -> Finding:
    counted = f"{len(pairs.against)} of {len(pairs.against) + pairs.agreeing} paired structures"
    text = f"mirrored left-right: {counted} lie on the wrong side ({_listed(pairs.against)})"
    if organs.turned != situs_inversus and (organs.against or organs.agreeing):
        text += "; the unpaired organs are mirrored too, so the file itself is turned, not only the names"
    elif organs.against or organs.agreeing:
        text += "; the unpaired organs lie as expected, so only the names of the sides are swapped"
    if mask.names_assumed:
        text += "; the file states no label names, and with those of another table this says nothing"
    return Finding("mirrored_left_right", "error", text)


def _situs(organs: Votes, declared: bool) -> tuple[Finding, ...]:
    if organs.turned and declared:
        text = f"mirrored as declared (situs inversus): {_listed(organs.against)}"
        return (Finding("situs_inversus_as_declared", "info", text),)
    if organs.turned:
        text = (
            f"mirrored organs ({_listed(organs.against)}) while the named pairs agree: either situs inversus "
            "(then declare it: situs_inversus = true), or a CT that was mirrored before it was segmented; "
            "the file alone cannot tell which"
        )
        return (Finding("situs_inversus_or_mirrored", "error", text),)
    if declared and organs.agreeing:
        text = "situs inversus is declared, but the unpaired organs lie on their usual sides"
        return (Finding("situs_not_inverted", "error", text),)
    if organs.against:
        text = f"not on their usual side: {_listed(organs.against)}"
        return (Finding("unusual_side", "warning", text),)
    return ()


def check_head_and_foot(mask: AnatomyMask) -> tuple[Finding, ...]:
    """Vertebrae and ribs in order from head to foot, lungs above liver above bladder."""
    steps = [pair for series in _series() for pair in _neighbours(mask, series)]
    votes = _votes(mask, [*steps, *ABOVE], axis=2)
    if votes.turned:
        text = f"upside down: {_listed(votes.against)} in the wrong order from head to foot"
        return (Finding("upside_down", "error", text),)
    # the centre of a cut-off structure moves with the cut, so it is no reason for a warning
    odd = tuple(pair for pair in votes.against if not set(pair.split("/")) & _cut_or_parts(mask))
    if odd:
        return (Finding("out_of_order", "warning", f"in an unusual order from head to foot: {_listed(odd)}"),)
    return ()


def check_front_and_back(mask: AnatomyMask) -> tuple[Finding, ...]:
    """Sternum, heart and liver in front of spine and back muscles."""
    votes = _votes(mask, list(IN_FRONT), axis=1)
    if votes.turned:
        text = f"front and back exchanged: {_listed(votes.against)}"
        return (Finding("mirrored_front_back", "error", text),)
    return ()


def check_sizes(mask: AnatomyMask) -> tuple[Finding, ...]:
    """Structures far larger or, if not cut off, far smaller than an organ of that name."""
    findings = []
    incomplete = _cut_or_parts(mask)
    for name, usual in SIZES.items():
        statistics = [mask.statistics[label] for label in mask.labels_of(name)]
        volume = sum(statistic.voxels for statistic in statistics) * mask.grid.voxel_ml
        if statistics and (volume > usual.high or (volume < usual.low and name not in incomplete)):
            text = f"{name} of {volume:.3g} ml, where {usual.low:g} to {usual.high:g} ml is possible: "
            severity: Severity = "error" if volume > 2 * usual.high else "warning"
            findings.append(
                Finding("implausible_size", severity, text + "wrong label names or a failed segmentation")
            )
    return tuple(findings)


def cut_off(mask: AnatomyMask) -> tuple[str, ...]:
    """Structures that reach a face of the volume, so that a part of them may be missing."""
    last = tuple(n - 1 for n in mask.labels.shape)
    return tuple(
        name
        for name, label in mask.label_of.items()
        if 0 in mask.statistics[label].first
        or any(high == end for high, end in zip(mask.statistics[label].last, last, strict=True))
    )


def _cut_or_parts(mask: AnatomyMask) -> frozenset[str]:
    """Cut-off structures, and those of which a part is cut off."""
    cut = {mask.label_of[name] for name in cut_off(mask)}
    return frozenset(name for name in structures() if cut.intersection(mask.labels_of(name)))


def _cut_off(mask: AnatomyMask) -> tuple[Finding, ...]:
    names = cut_off(mask)
    if not names:
        return ()
    text = f"{len(names)} structures reach the edge of the volume and may be incomplete: {_listed(names)}"
    return (Finding("cut_off", "info", text),)


def _about_grid(grid: Grid) -> tuple[Finding, ...]:
    findings = []
    if max(grid.spacing_mm) > COARSE_MM:
        text = f"a spacing of {max(grid.spacing_mm):.3g} mm: small structures and exact levels cannot be told"
        findings.append(Finding("coarse_spacing", "warning", text))
    angle = obliqueness_deg(grid.affine)
    if angle > OBLIQUE_DEG:
        text = f"the volume is turned by {angle:.1f} degrees against the patient's axes"
        findings.append(Finding("oblique", "info", text))
    return tuple(findings)


def _series() -> tuple[tuple[str, ...], ...]:
    ribs = (tuple(f"rib_{side}_{n}" for n in range(1, 13)) for side in ("left", "right"))
    return (VERTEBRAE, *ribs)


def _neighbours(mask: AnatomyMask, series: tuple[str, ...]) -> list[tuple[str, str]]:
    present = [name for name in series if mask.has(name)]
    return list(itertools.pairwise(present))


def _votes(mask: AnatomyMask, pairs: list[tuple[str, str]], *, axis: int) -> Votes:
    """Whether the first of each pair lies further along `axis` (index of R, A, S)."""
    against, agreeing = [], 0
    for first, second in pairs:
        if mask.has(first) and mask.has(second):
            difference = centroid(mask, first)[axis] - centroid(mask, second)[axis]
            agreeing += difference > 0
            if difference <= 0:
                against.append(f"{first}/{second}")
    return Votes(agreeing, tuple(against))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
