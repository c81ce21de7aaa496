"""A small body for the backends: boxes with known places, and cases that hold it on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from CTSpatialVQALib.records.case import Case
from Testing.anatomy.volumes import box_labels

SPACING_MM = 4.0


@pytest.fixture(scope="session")
def body(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A case with CT and mask of the boxes of `Testing.anatomy.volumes`."""
    folder = tmp_path_factory.mktemp("body")
    labels = box_labels()
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
