"""Whether a mask lies on the tissue of its CT.

Solid organs, muscles and bones hold hardly any fat or air; lungs and airways are not all full of tissue. In
real and phantom CTs whose masks fit, none of about 30 solid structures held more than 12 % (one in fifteen
under heavy noise); with the mask of another patient, a mask scaled by 15 %, turned by 10 degrees, shifted by
30 mm or mirrored, a quarter to nine tenths of them did. Noise puts values on both sides of the median alike
and is taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.records.structures import label_names
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.check_finding import Finding

FAT_HU = -60  # below: fat or air, also in a fatty liver with its noise
LEAST_MEDIAN_HU = 20  # of solid tissue; noise is symmetric around it
FOREIGN_SHARE = 0.12  # of a structure that lies in fat or air
FOREIGN_SHARE_OF_ONE = 0.30  # where there is only one structure to go by
LEAST_STRUCTURES = 0.12  # share of the structures that must be foreign
ELSEWHERE_SHARE = 0.9  # of one solid structure: enough where the file names no labels
LUNG_HU = -300  # above: no aerated lung
FULL_SHARE = 0.8  # of a lung or airway without air; one lobe or lung may be so in disease
FEWEST_TO_TURN = 4  # structures: fewer may fit by chance in any direction
FEWEST_VOXELS = 50
SAMPLED_VOXELS = 50_000
_SOLID = frozenset(
    {
        *(
            "liver",
            "spleen",
            "kidney_left",
            "kidney_right",
            "heart",
            "aorta",
            "pancreas",
            "gallbladder",
            "brain",
        ),
        *("inferior_vena_cava", "portal_vein_and_splenic_vein", "urinary_bladder", "spinal_cord", "sternum"),
        *("adrenal_gland_left", "adrenal_gland_right", "autochthon_left", "autochthon_right", "sacrum"),
        *("iliopsoas_left", "iliopsoas_right", "gluteus_maximus_left", "gluteus_maximus_right"),
        *("hip_left", "hip_right", "femur_left", "femur_right"),
    }
)
_AXES = {"mirrored left-right": 0, "turned front to back": 1, "turned upside down": 2}


class _Fit(NamedTuple):
    """Share of each structure that is another tissue: fat and air in solid ones, no gas in lungs."""

    shares: Mapping[str, float]
    names_assumed: bool

    @property
    def foreign(self) -> tuple[str, ...]:
        """Structures that cannot lie here, the worst first."""
        worst = sorted(self.shares, key=lambda name: -self.shares[name])
        return tuple(name for name in worst if self.shares[name] > self._least(name))

    @property
    def fails(self) -> bool:
        """Whether that is more than a failed segmentation of single structures."""
        count = len(self.foreign)
        elsewhere = any(
            share > ELSEWHERE_SHARE for name, share in self.shares.items() if not _holds_gas(name)
        )
        if self.names_assumed and elsewhere:
            return True
        return count >= min(2, len(self.shares)) and count >= max(1, LEAST_STRUCTURES * len(self.shares))

    def _least(self, name: str) -> float:
        if _holds_gas(name):
            return FULL_SHARE
        return FOREIGN_SHARE_OF_ONE if len(self.shares) == 1 else FOREIGN_SHARE


def check_fit(hu: NDArray[np.generic], mask: AnatomyMask) -> tuple[Finding, ...]:
    """An error `mask_misfit` if the structures of the mask lie in fat and air of the CT.

    Parameters
    ----------
    hu : (R, A, S) Hounsfield units on the mask's grid, known to be such
    """
    fit = _fit_of(hu, mask, mask.names)
    if not fit.shares or not fit.fails:
        return ()
    worst = ", ".join(f"{name} {fit.shares[name]:.0%}" for name in fit.foreign[:4])
    counted = (
        f"{len(fit.foreign)} of {len(fit.shares)} structures lie in other tissue than their own ({worst})"
    )
    causes = "; ".join(("a mask of another patient or series", *_tested_causes(hu, mask, fit)))
    return (
        Finding("mask_misfit", "error", f"the mask does not fit this CT: {counted}. What fits: {causes}"),
    )


def _tested_causes(hu: NDArray[np.generic], mask: AnatomyMask, fit: _Fit) -> tuple[str, ...]:
    """Other explanations; those that can be tried are tried."""
    causes = [
        f"CT or mask {how} (so turned, {len(alternative.foreign)} of {len(alternative.shares)} do)"
        for how, axis in _AXES.items()
        if len(fit.shares) >= FEWEST_TO_TURN
        and _is_better(alternative := _fit_of(np.flip(hu, axis), mask, mask.names), fit)
    ]
    if not mask.names_assumed:
        causes.append("names of another label table in the mask's header or file names")
        return tuple(causes)
    other_names = label_names("total_v1")
    named = _fit_of(hu, mask, other_names) if set(mask.statistics) <= set(other_names) else None
    if named is not None and _is_better(named, fit):
        causes.append("label names of TotalSegmentator version 1 (set mask_naming = 'total_v1'; they do fit)")
    else:
        causes.append(
            "labels of another task: the file names none, and TotalSegmentator total was only assumed"
        )
    return tuple(causes)


def _is_better(alternative: _Fit, fit: _Fit) -> bool:
    return (
        bool(alternative.shares)
        and not alternative.fails
        and 2 * len(alternative.foreign) <= len(fit.foreign)
    )


def _fit_of(hu: NDArray[np.generic], mask: AnatomyMask, names: Mapping[int, str]) -> _Fit:
    shares = {}
    for label, statistic in mask.statistics.items():
        name = names.get(label, "")
        judged = name in _SOLID or name.startswith("vertebrae_") or _holds_gas(name)
        if judged and statistic.voxels >= FEWEST_VOXELS:
            thin = (slice(None), slice(None), slice(None, None, max(1, statistic.voxels // SAMPLED_VOXELS)))
            inside = mask.labels[statistic.box][thin] == label
            values = hu[statistic.box][thin][inside]
            if values.size >= FEWEST_VOXELS:
                shares[name] = _full_share(values) if _holds_gas(name) else _foreign_share(values)
    return _Fit(shares, mask.names_assumed)


def _holds_gas(name: str) -> bool:
    return name in ("trachea", "lung_left", "lung_right") or name.startswith(
        ("lung_upper", "lung_middle", "lung_lower")
    )


def _full_share(values: NDArray[np.generic]) -> float:
    """Share of a lung or airway that holds no gas."""
    return float(np.mean(values.astype(np.float32) > LUNG_HU))


def _foreign_share(values: NDArray[np.generic]) -> float:
    """Share of fat and air, less what noise alone puts there."""
    hu = values.astype(np.float32)
    median = max(float(np.median(hu)), LEAST_MEDIAN_HU)
    low, noise = np.count_nonzero(hu < FAT_HU), np.count_nonzero(hu > 2 * median - FAT_HU)
    return float(low - noise) / values.size
