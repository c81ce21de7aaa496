"""Whether the numbers of a volume are Hounsfield units.

Air is about -1000, fat about -100, soft tissue 20 to 80 HU. A rescale applied twice, or not at all, moves
all of them by the same amount (1024 in most files, 1000 in some). Where air and soft tissue both stand at
their values nothing was moved, whatever the organs of a mask say: then the mask is at fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.mask_fit import check_fit

OFFSETS = (1024, 1000)
SAMPLES = 500_000
ORGAN_SAMPLES = 50_000


class Expected(NamedTuple):
    """The median HU that a structure can have, native or with contrast."""

    low: int
    high: int


# wide on purpose: from collapsed lung to emphysema, from a fatty liver to an arterial phase
SOFT = Expected(-60, 500)
LUNG = Expected(-990, -250)
EXPECTED = {
    **dict.fromkeys(("liver", "spleen", "kidney_left", "kidney_right", "heart", "aorta", "pancreas"), SOFT),
    **dict.fromkeys(
        ("inferior_vena_cava", "autochthon_left", "autochthon_right", "adrenal_gland_left"), SOFT
    ),
    **dict.fromkeys(("adrenal_gland_right", "iliopsoas_left", "iliopsoas_right", "gallbladder"), SOFT),
    **dict.fromkeys(("lung_left", "lung_right", "lung_upper_lobe_left", "lung_lower_lobe_left"), LUNG),
    **dict.fromkeys(("lung_upper_lobe_right", "lung_middle_lobe_right", "lung_lower_lobe_right"), LUNG),
    "trachea": Expected(-1050, -500),
}
# Their ranges are too wide to tell a shift by 1024, so they are looked at only where there is none.
BONE = Expected(30, 1300)
FAT = Expected(-200, -20)
OTHERS = {
    **dict.fromkeys(("vertebrae_T6", "vertebrae_T12", "vertebrae_L1", "vertebrae_L3", "sacrum"), BONE),
    **dict.fromkeys(("sternum", "hip_left", "hip_right", "femur_left", "femur_right"), BONE),
    **dict.fromkeys(("subcutaneous_fat", "torso_fat", "intermuscular_fat"), FAT),
}
AIR, SOFT_PEAK = Expected(-1050, -950), Expected(0, 100)
LEAST_ANCHOR = 0.03  # of the values; a chest or abdomen has more of both
TISSUES = {
    "air": Expected(-1100, -900),
    "lung": Expected(-900, -500),
    "fat": Expected(-150, -50),
    "soft_tissue": Expected(0, 100),
    "bone": Expected(200, 3000),
}


def check_hounsfield(hu: NDArray[np.generic], mask: AnatomyMask | None) -> tuple[Finding, ...]:
    """Findings about (R, A, S) values and the mask on them, errors `hu_...` and `mask_misfit` among them."""
    by_range = _range_finding(hu)
    if by_range:
        return (by_range,)
    medians = organ_medians(hu, mask) if mask is not None else {}
    if not _air_and_soft_tissue_in_place(hu):
        shift = (_shift_by_organs(medians) if len(medians) >= 2 else 0) or _shift_by_histogram(hu)
        if shift:
            return (_shift_finding(shift),)
    no_units = _no_tissue(hu, medians)
    if no_units or mask is None:
        return no_units
    misfit = check_fit(hu, mask)
    return misfit or _organ_findings(medians | organ_medians(hu, mask, OTHERS))


def _air_and_soft_tissue_in_place(hu: NDArray[np.generic]) -> bool:
    """Both anchors of the scale: a shift by 1000 would bring one to the place of the other."""
    values = _sample(hu)
    air = float(np.mean((values >= AIR.low) & (values <= AIR.high)))
    soft = float(np.mean((values >= SOFT_PEAK.low) & (values <= SOFT_PEAK.high)))
    return air >= LEAST_ANCHOR and soft >= LEAST_ANCHOR


def tissue_shares(hu: NDArray[np.generic]) -> dict[str, float]:
    """Share of the values in the range of each of `TISSUES`, 0 to 1, for people to look at."""
    values = _sample(hu)
    return {
        name: round(float(np.mean((values >= tissue.low) & (values <= tissue.high))), 4)
        for name, tissue in TISSUES.items()
    }


def organ_medians(
    hu: NDArray[np.generic], mask: AnatomyMask, names: Iterable[str] = EXPECTED
) -> dict[str, float]:
    """Median value of those of `names` that the mask has, of about 50 000 voxels of each."""
    medians = {}
    for name in names:
        if mask.has(name):
            crop = mask.crop(name)
            voxels = sum(mask.statistics[label].voxels for label in mask.labels_of(name))
            thin = (slice(None), slice(None), slice(None, None, max(1, voxels // ORGAN_SAMPLES)))
            sampled = hu[crop.box][thin][crop.inside[thin]]
            values = sampled if sampled.size else hu[crop.box][crop.inside]
            medians[name] = float(np.median(values.astype(np.float32)))
    return medians


def _range_finding(hu: NDArray[np.generic]) -> Finding | None:
    low, high = (float(value) for value in np.percentile(_sample(hu), (0.1, 99.9)))
    if high - low >= 300 or high < -700 or low > 700:
        return None
    text = f"almost all values lie between {low:.0f} and {high:.0f}: a windowed or 8-bit picture, or no CT"
    return Finding("hu_scaled", "error", text)


def _shift_by_organs(medians: dict[str, float]) -> int:
    """The shift that makes nearly every organ plausible that is not so without it; 0 for none."""
    good = {shift: _plausible(medians, shift) for shift in (0, *OFFSETS, *(-offset for offset in OFFSETS))}
    best = max(good, key=lambda shift: good[shift])
    return best if good[0] < 0.5 <= good[best] else 0


def _plausible(medians: dict[str, float], shift: int) -> float:
    fits = [EXPECTED[name].low <= value - shift <= EXPECTED[name].high for name, value in medians.items()]
    return sum(fits) / len(fits)


def _shift_by_histogram(hu: NDArray[np.generic]) -> int:
    """Without a mask: soft tissue is missing where it should be and stands where the shift would put it."""
    values = _sample(hu)

    def share(low: float, high: float) -> float:
        return float(np.mean((values >= low) & (values <= high)))

    dark, soft = share(-5000, -200), share(0, 100)
    for shift in OFFSETS:
        if dark < 0.02 and share(shift, shift + 100) > 0.08:
            return shift
        if soft < 0.02 and share(-shift, -shift + 100) > 0.08 and share(-5000, -1500) > 0.02:
            return -shift
    return 0


def _shift_finding(shift: int) -> Finding:
    cause = (
        "the rescale intercept was not applied" if shift > 0 else "the rescale intercept was applied twice"
    )
    by = f"{abs(shift)} too {'high' if shift > 0 else 'low'}"
    text = f"all values are about {by} to be Hounsfield units: {cause}"
    return Finding("hu_shifted", "error", text)


def _no_tissue(hu: NDArray[np.generic], medians: dict[str, float]) -> tuple[Finding, ...]:
    """No soft tissue: a warning where lung or air is there (a crop of the lung), else an error."""
    values = _sample(hu)
    soft = float(np.mean((values >= -150) & (values <= 300)))
    plausible = [EXPECTED[name].low <= median <= EXPECTED[name].high for name, median in medians.items()]
    if soft >= 0.02 or (plausible and all(plausible)):
        return ()
    seen = f"only {soft:.1%} of the values lie between -150 and 300 HU"
    gas = float(np.mean((values >= -1100) & (values < -500)))
    if gas >= 0.05:
        return (Finding("hu_implausible", "warning", f"{seen}: no soft tissue of a patient can be seen"),)
    low, middle, high = (float(value) for value in np.percentile(values, (1, 50, 99)))
    text = (
        f"no Hounsfield units: {seen} and {gas:.1%} are air or lung; most lie between {low:.0f} and "
        f"{high:.0f} around {middle:.0f}. An offset that was not taken off, another unit, or no CT"
    )
    return (Finding("hu_implausible", "error", text),)


def _organ_findings(medians: dict[str, float]) -> tuple[Finding, ...]:
    usual = EXPECTED | OTHERS
    odd = {name: value for name, value in medians.items() if not usual[name].low <= value <= usual[name].high}
    return tuple(
        Finding(
            "hu_of_organ",
            "warning",
            f"{name} has a median of {value:.0f} HU, usual is {usual[name].low} to {usual[name].high}: "
            "wrong label names, a mask that does not fit the CT, or disease",
        )
        for name, value in odd.items()
    )


def _sample(hu: NDArray[np.generic]) -> NDArray[np.float32]:
    """About two million values spread evenly over the volume, by a step along S and A."""
    step = max(1, round((hu.size / SAMPLES) ** 0.5))
    return hu[:, ::step, ::step].astype(np.float32).ravel(order="K")
