"""A mask that lies on other tissue than its names say is an error; a sound CT is never blamed for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.plausibility import check_case
from CTSpatialVQALib.anatomy.spatial_answer import NotMeasurable, answer_question
from CTSpatialVQALib.demo.phantom import Phantom, make_patient
from CTSpatialVQALib.records.structures import label_names
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask, resample
from CTSpatialVQALib.volumes.check_finding import Finding
from CTSpatialVQALib.volumes.hounsfield_check import check_hounsfield
from CTSpatialVQALib.volumes.image_file import read_ras


@cache
def patient(index: int) -> Phantom:
    return make_patient(index)


def mask_of(phantom: Phantom, labels: NDArray[np.uint8] | None = None) -> AnatomyMask:
    array = phantom.labels if labels is None else labels
    return AnatomyMask(np.asfortranarray(array), phantom.grid, phantom.names)


def errors(hu: NDArray[np.generic], mask: AnatomyMask) -> list[Finding]:
    return [finding for finding in check_case(hu, mask.grid, mask) if finding.severity == "error"]


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("noise_hu", [0, 80])
def test_the_mask_of_the_patient_fits_also_under_noise(index: int, noise_hu: int) -> None:
    phantom = patient(index)
    noise = np.random.default_rng(1).normal(0, noise_hu, phantom.hu.shape)
    found = check_hounsfield((phantom.hu + noise).astype(np.float32), mask_of(phantom))
    assert "mask_misfit" not in {finding.code for finding in found}


def test_the_mask_of_another_patient_is_an_error_after_resampling_too() -> None:
    other = mask_of(patient(0))
    moved = resample(other, patient(2).grid)
    (misfit,) = errors(patient(2).hu, moved)
    assert misfit.code == "mask_misfit"
    assert "a mask of another patient or series" in misfit.message


@pytest.mark.parametrize(
    ("axis", "words"), [(0, "mirrored left-right"), (1, "turned front to back"), (2, "turned upside down")]
)
def test_a_ct_that_was_turned_and_its_mask_not_is_an_error_that_says_so(axis: int, words: str) -> None:
    phantom = patient(0)
    (misfit,) = errors(np.flip(phantom.hu, axis), mask_of(phantom))
    assert misfit.code == "mask_misfit"
    assert f"CT or mask {words} (so turned, 0 of" in misfit.message


def test_names_that_were_only_assumed_are_suspected_and_the_other_table_is_tried() -> None:
    phantom = patient(0)
    of_version_1 = {name: label for label, name in label_names("total_v1").items()}
    labels = np.zeros_like(phantom.labels)
    for label, name in phantom.names.items():
        labels[phantom.labels == label] = of_version_1.get(name, 0)
    present = {int(label) for label in np.unique(labels)} - {0}
    names = {label: name for label, name in label_names("total_v2").items() if label in present}
    mask = AnatomyMask(np.asfortranarray(labels), phantom.grid, names, names_assumed=True)
    (misfit,) = errors(phantom.hu, mask)
    assert misfit.code == "mask_misfit", misfit.message
    assert "mask_naming = 'total_v1'; they do fit" in misfit.message


def test_a_shift_is_refuted_by_air_and_soft_tissue_in_their_places() -> None:
    """Organs at -1000 under wrong names looked like a rescale that was applied twice."""
    phantom = patient(0)
    air = np.asfortranarray(np.where(phantom.hu < -990, 5, 0).astype(np.uint8))
    air[0, 0, 0] = 1
    air[:20, :20, :20][phantom.hu[:20, :20, :20] < -990] = 1
    mask = AnatomyMask(air, phantom.grid, {5: "liver", 1: "spleen"}, names_assumed=True)
    found = errors(phantom.hu, mask)
    assert [finding.code for finding in found] == ["mask_misfit"]
    assert "intercept" not in found[0].message


def test_no_side_is_told_of_a_case_whose_mask_does_not_fit() -> None:
    phantom = patient(0)
    question = "On which side is the liver?"
    mask = mask_of(phantom)
    assert not isinstance(answer_question(CaseGeometry(mask), question), NotMeasurable)
    findings = check_case(np.flip(phantom.hu, 0), mask.grid, mask)
    withheld = answer_question(CaseGeometry(mask, findings=findings), question)
    assert isinstance(withheld, NotMeasurable)
    assert "does not fit" in withheld.why


@pytest.mark.real_data
@pytest.mark.parametrize("axis", [None, 0, 1, 2])
def test_a_real_mask_fits_its_ct_and_no_turned_one(axis: int | None, real_data: Path) -> None:
    image = read_ras(real_data / "ct" / "example_ct.nii.gz", what="a CT volume", whole_hu=True)
    mask = read_mask(real_data / "ct" / "example_ct_totalsegmentator.nii.gz", grid=image.grid)
    hu = image.array if axis is None else np.flip(image.array, axis)
    assert [finding.code for finding in errors(hu, mask)] == ([] if axis is None else ["mask_misfit"])


@pytest.mark.real_data
def test_real_masks_of_a_crop_fit(real_data: Path) -> None:
    image = read_ras(real_data / "ct" / "chest_crop.nii.gz", what="a CT volume", whole_hu=True)
    mask = read_mask(real_data / "ct" / "chest_crop_masks", grid=image.grid)
    assert errors(image.array, mask) == []
