"""The gate that every image file passes: what its facts allow, note or forbid, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.volumes.axis_orientation import axis_code, check_affine, check_shape
from CTSpatialVQALib.volumes.check_finding import Finding, Severity
from CTSpatialVQALib.volumes.file_facts import FileFacts, Observation

# The one table of severities. An error blocks sides and makes `check` fail; what is refused is not read.
SEVERITIES: Mapping[str, Severity | Literal["refused"]] = {
    "units_not_millimetres": "refused",
    "spacing_not_stated": "refused",
    "several_channels": "refused",
    "values_not_finite": "refused",
    "orientation_not_stated": "error",
    "orientation_contradictory": "error",
    "values_mostly_clamped": "error",
    "values_clamped": "warning",
    "spacing_contradictory": "warning",
    "position_contradictory": "warning",
    "sform_unusable": "warning",
    "rescale_not_stated": "warning",
    "rescale_not_applied": "warning",
    "not_ct": "warning",
    "slices_uneven": "warning",
    "rescale_varies": "info",
    "position_not_stated": "info",
    "localizers_left_out": "info",
    "series_chosen": "info",
}
_MILLIMETRES = frozenset({"", "mm", "millimeter", "millimeters", "millimetre", "millimetres"})
MOSTLY_CLAMPED = 0.001  # share of the voxels: metal and its streaks are less, a wrong rescale is more
_REMEDIES = {
    "units_not_millimetres": "Convert it to millimetres, or convert the original DICOM images again",
    "spacing_not_stated": "Convert the original DICOM images again, or write the spacing into the header",
    "several_channels": "Give the volume itself: one number per voxel",
    "values_not_finite": "Fill them with -1024 HU",
}


def judge_header(where: Path, facts: FileFacts, *, what: str, layers: bool = False) -> tuple[Finding, ...]:
    """Findings about what a header states, before a sample is read.

    Parameters
    ----------
    what : what the file should be, as it stands in messages
    layers : several numbers per voxel are accepted

    Raises
    ------
    BadInput
        For what the table refuses, a shape that is no volume, and a grid that cannot be a scanner's.
    """
    check_shape(where, facts.shape, facts.dtype.itemsize * facts.channels, what=what)
    refused, noted = [], []
    for observation in _observations(facts, layers=layers):
        severity = SEVERITIES[observation.code]
        if severity == "refused":
            refused.append(observation)
        else:
            noted.append(Finding(observation.code, severity, observation.text))
    for observation in refused:
        raise _refusal(where, observation)
    check_affine(where, facts.affine, facts.shape)
    return tuple(noted)


def judge_samples(where: Path, *, size: int, clamped: int, not_finite: int) -> tuple[Finding, ...]:
    """Findings about the values that were met while reading `size` samples as whole Hounsfield units.

    Raises
    ------
    BadInput
        If some are no numbers.
    """
    if not_finite:
        observation = Observation("values_not_finite", f"{not_finite} voxels that are NaN or infinite")
        raise _refusal(where, observation)
    if not clamped:
        return ()
    mostly = clamped > MOSTLY_CLAMPED * size
    text = (
        f"{where.name}: {clamped} voxels ({clamped / size:.2%}) outside -32768..32767 were set to these ends"
    )
    if mostly:
        text += ": these are no Hounsfield units (a wrong rescale, or signed numbers read as unsigned)"
    code = "values_mostly_clamped" if mostly else "values_clamped"
    severity = SEVERITIES[code]
    assert severity != "refused"
    return (Finding(code, severity, text),)


def _observations(facts: FileFacts, *, layers: bool) -> Iterator[Observation]:
    if facts.channels != 1 and not layers:
        yield Observation(
            "several_channels", f"{facts.channels} numbers per voxel (a colour or vector image)"
        )
    if facts.units.strip().lower() not in _MILLIMETRES:
        yield Observation("units_not_millimetres", f"units of {shown(facts.units, 30)}")
    if facts.spacing_from is None:
        yield Observation("spacing_not_stated", "a file that does not say how far apart its voxels are")
    if facts.orientation_from is None:
        text = "the file does not say how it lies in the patient; left and right are a guess"
        yield Observation("orientation_not_stated", text)
    yield from _second_statements(facts)
    yield from facts.observations


def _second_statements(facts: FileFacts) -> Iterator[Observation]:
    """Contradictions between two statements of one file; both must be usable for that."""
    if not _usable(facts.affine):
        return
    if facts.other_spacing_mm is not None:
        spacing = np.linalg.norm(facts.affine[:3, :3], axis=0)
        if not np.allclose(spacing, facts.other_spacing_mm, rtol=0.01, atol=1e-3):
            stated = shown([round(float(mm), 3) for mm in facts.other_spacing_mm])
            text = (
                f"the spacing {stated} contradicts the {facts.spacing_from}, which was used; others may not"
            )
            yield Observation("spacing_contradictory", text)
    if facts.other_affine is not None and _usable(facts.other_affine):
        yield from _second_orientation(facts, facts.other_affine)


def _second_orientation(facts: FileFacts, second: NDArray[np.float64]) -> Iterator[Observation]:
    used = facts.orientation_from
    if axis_code(second) != axis_code(facts.affine):
        text = (
            f"the file contradicts itself: its {used} says {axis_code(facts.affine)}, "
            f"its qform {axis_code(second)}; the {used} was used"
        )
        yield Observation("orientation_contradictory", text)
        return
    ends = (np.array([*(n - 1 for n in facts.shape[:3]), 1.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    apart = max(float(np.abs((facts.affine - second) @ point).max()) for point in ends)
    if apart > 1.0:  # mm: below that is rounding of single-precision headers
        text = f"{used} and qform of the file place it {apart:.1f} mm apart; the {used} was used"
        yield Observation("position_contradictory", text)


def _usable(affine: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 1e-9)


def _refusal(where: Path, observation: Observation) -> BadInput:
    expected = {
        "units_not_millimetres": "millimetres",
        "spacing_not_stated": "a spacing",
        "several_channels": "one number per voxel",
        "values_not_finite": "a number in every voxel",
    }[observation.code]
    remedy = _REMEDIES[observation.code]
    return BadInput(where, expected=expected, came=observation.text, remedy=remedy)
