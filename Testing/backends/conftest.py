"""A small body for the backends: boxes with known places, and cases that hold it on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from CTSpatialVQALib.records.case import Case

SPACING_MM = 4.0
SHAPE = (60, 40, 60)  # R, A, S
# label value of TotalSegmentator's `total` v2 -> first and last index along R, A, S
BOXES = {
    1: ((10, 10, 20), (18, 18, 28)),  # spleen, left
    5: ((34, 14, 20), (50, 30, 32)),  # liver, right
    2: ((38, 8, 8), (43, 13, 16)),  # kidney_right
    3: ((16, 8, 11), (21, 13, 19)),  # kidney_left, higher
    51: ((24, 18, 33), (34, 28, 44)),  # heart
    26: ((28, 2, 2), (32, 6, 6)),  # vertebrae_S1
    29: ((28, 2, 10), (32, 6, 14)),  # vertebrae_L3
    32: ((28, 2, 26), (32, 6, 30)),  # vertebrae_T12
}


@pytest.fixture(scope="session")
def body(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A case with CT and mask of the boxes above."""
    folder = tmp_path_factory.mktemp("body")
    labels = np.zeros(SHAPE, np.uint8)
    for label, (first, last) in BOXES.items():
        labels[tuple(slice(low, high + 1) for low, high in zip(first, last, strict=True))] = label
    hu = np.where(labels > 0, 60, -1000).astype(np.int16)
    hu[5:55, 1:36] = np.maximum(hu[5:55, 1:36], -100)
    for name, array in (("ct", hu), ("mask", labels)):
        _write(array, folder / f"{name}.nii.gz")
    return Case(case_id="body", patient_id="p", ct=folder / "ct.nii.gz", mask=folder / "mask.nii.gz")


def _write(array: np.ndarray, path: Path) -> None:
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    image.SetSpacing((SPACING_MM,) * 3)
    image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))  # index R, A, S in ITK's LPS world
    sitk.WriteImage(image, str(path))
