"""A small body for the backends: boxes with known places, and cases that hold it on disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from CTSpatialVQALib.backends.local_backend import LocalBackend
from CTSpatialVQALib.records.case import Case
from Testing.backends.shown_patients import FOUR_SLICES, TOKENS
from Testing.volumes.small_volumes import box_labels

SPACING_MM = 4.0


@pytest.fixture(scope="session")
def body(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A case with CT and mask of the boxes of `Testing.volumes.small_volumes`."""
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


@pytest.fixture(scope="session", autouse=True)
def one_thread_for_tiny_models() -> Iterator[None]:
    """Several threads for a network of a few thousand weights only wait for each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models of `tiny_models.py`, made by a process of its own."""
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).with_name("tiny_models.py")
    subprocess.run([sys.executable, str(script), str(folder)], check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="session")
def tiny_gemma(tiny_models: Path) -> Iterator[LocalBackend]:
    """The tiny Gemma 3, shown four slices; loading it takes longer than all questions."""
    backend = LocalBackend(
        "tiny",
        model=str(tiny_models / "gemma3"),
        contract=FOUR_SLICES,
        options={"max_new_tokens": TOKENS, "batch_size": 3, "device": "cpu", "dtype": "float32"},
    )
    yield backend
    backend.close()
