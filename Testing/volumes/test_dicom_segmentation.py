"""A DICOM SEG, written by highdicom over a series written by pydicom, is the mask of that series."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.sr.coding import Code

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.anatomy_mask import read_mask
from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.volumes.dicom_folder import write_series
from Testing.volumes.small_volumes import oblique_affine, speckled, stored_as

AFFINE = oblique_affine((1.5, 1.5, 2.5), (0, 0, 0))
SHAPE = (20, 16, 10)
LIVER = Code("10200004", "SCT", "Liver")
KIDNEY, LEFT = Code("64033007", "SCT", "Kidney"), Code("7771000", "SCT", "Left")


def described(
    number: int, label: str, code: Code, modifier: Code | None = None
) -> highdicom.seg.SegmentDescription:
    description = highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=Code("123037004", "SCT", "Anatomical Structure"),
        segmented_property_type=code,
        algorithm_type="MANUAL",
    )
    if modifier is not None:
        coded = highdicom.sr.CodedConcept(modifier.value, modifier.scheme_designator, modifier.meaning)
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [coded]
    return description


def write_seg(
    folder: Path,
    inside: NDArray[np.bool_],
    segments: list[highdicom.seg.SegmentDescription],
    *,
    kind: str = "BINARY",
) -> Path:
    """`inside` is (R, A, S, segment); the series beside it is stored as LPS."""
    folder.mkdir()
    files = write_series(folder / "ct", stored_as("LPS", speckled(SHAPE), AFFINE))
    source = sorted((pydicom.dcmread(path) for path in files), key=lambda one: one.ImagePositionPatient[2])
    for one in source:
        for keyword in (
            "PatientBirthDate",
            "PatientSex",
            "StudyDate",
            "StudyTime",
            "AccessionNumber",
            "StudyID",
        ):
            setattr(one, keyword, "")
        one.ReferringPhysicianName, one.FrameOfReferenceUID, one.SeriesNumber = "", "1.2.3.4", 1
    as_lps = inside[::-1, ::-1].transpose(2, 1, 0, 3)  # slices, rows, columns
    segmentation = highdicom.seg.Segmentation(
        source_images=source,
        pixel_array=as_lps.astype(np.uint8),
        segmentation_type=kind,
        segment_descriptions=segments,
        series_instance_uid=highdicom.UID(),
        series_number=2,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="m",
        manufacturer_model_name="m",
        software_versions="1",
        device_serial_number="1",
    )
    path = folder / "seg.dcm"
    segmentation.save_as(path)
    return path


def two_organs() -> NDArray[np.bool_]:
    inside = np.zeros((*SHAPE, 2), dtype=bool)
    inside[12:18, 4:12, 2:7, 0] = True
    inside[2:6, 3:8, 5:9, 1] = True
    return inside


def test_segments_are_found_by_label_and_by_code(tmp_path: Path) -> None:
    inside = two_organs()
    path = write_seg(
        tmp_path / "case", inside, [described(1, "Liver", LIVER), described(2, "Niere", KIDNEY, LEFT)]
    )
    ct = read_ras(tmp_path / "case" / "ct", what="a CT volume")
    mask = read_mask(path, grid=ct.grid)
    assert set(mask.structures) == {"liver", "kidney_left"}
    np.testing.assert_array_equal(mask.voxels_of("liver"), inside[..., 0])
    np.testing.assert_array_equal(mask.voxels_of("kidney_left"), inside[..., 1])


def test_a_folder_with_one_segmentation_will_do(tmp_path: Path) -> None:
    path = write_seg(tmp_path / "case", two_organs()[..., :1], [described(1, "Liver", LIVER)])
    folder = tmp_path / "seg"
    folder.mkdir()
    path.rename(folder / "IM0")
    assert read_mask(folder).structures == ("liver",)


def test_a_label_that_contradicts_its_code_is_named(tmp_path: Path) -> None:
    path = write_seg(tmp_path / "case", two_organs()[..., :1], [described(1, "Spleen", LIVER)])
    mask = read_mask(path)
    assert mask.structures == ("spleen",)
    assert [finding.code for finding in mask.findings] == ["segment_contradictory"]


def test_a_fractional_segmentation_is_refused_by_name(tmp_path: Path) -> None:
    path = write_seg(
        tmp_path / "case", two_organs()[..., :1], [described(1, "Liver", LIVER)], kind="FRACTIONAL"
    )
    with pytest.raises(
        BadInput, match=r"seg\.dcm: expected a binary segmentation, but found a fractional one"
    ):
        read_mask(path)


@pytest.mark.parametrize("kept", [0.3, 0.8, 0.97])
def test_a_segmentation_that_is_cut_short_is_refused(kept: float, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "case", two_organs()[..., :1], [described(1, "Liver", LIVER)])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(BadInput, match=r"seg\.dcm") as refusal:
        read_mask(path)
    assert "\n" not in str(refusal.value)
