"""What 3D Slicer saves as a segmentation is read back; its own storage node writes these files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from CTSpatialVQALib.volumes.segmentation_nrrd import terminology_code
from CTSpatialVQALib.volumes.segments import Segment, structure_of
from Testing.volumes.small_volumes import oblique_affine

slicer = pytest.importorskip("slicer", reason="slicer-core writes the segmentations of these tests")

SHAPE = (20, 16, 12)
TILTED = oblique_affine((1.5, 2.0, 2.5), (10, -5, 20))
KIDNEY = "SCT^64033007^Kidney"
LEFT = "SCT^7771000^Left"


class Drawn(NamedTuple):
    """A segment to write."""

    segment_id: str
    name: str
    inside: NDArray[np.bool_]
    terminology: str = ""


def terminology(kind: str, modifier: str = "^^") -> str:
    head = "Segmentation category and type - DICOM master list~SCT^123037004^Anatomical Structure"
    return f"{head}~{kind}~{modifier}~Anatomic codes - DICOM master list~^^~^^"


def box(*slices: slice) -> NDArray[np.bool_]:
    inside = np.zeros(SHAPE, dtype=bool)
    inside[slices] = True
    return inside


def saved(path: Path, *segments: Drawn, cropped: bool = False) -> Path:
    """Written by vtkMRMLSegmentationStorageNode, exactly as Slicer does."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(TILTED.ravel().tolist())
    scene = slicer.vtkMRMLScene()
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    geometry = slicer.vtkSegmentationConverter.SerializeImageGeometry(
        matrix, [0, SHAPE[0] - 1, 0, SHAPE[1] - 1, 0, SHAPE[2] - 1]
    )
    node.GetSegmentation().SetConversionParameter("Reference image geometry", geometry)
    for drawn in segments:
        image = slicer.vtkOrientedImageData()
        image.SetDimensions(*SHAPE)
        image.SetGeometryFromImageToWorldMatrix(matrix)
        image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
        vtk_to_numpy(image.GetPointData().GetScalars())[:] = drawn.inside.ravel(order="F")
        segment = slicer.vtkSegment()
        segment.SetName(drawn.name)
        segment.AddRepresentation("Binary labelmap", image)
        if drawn.terminology:
            segment.SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), drawn.terminology)
        node.GetSegmentation().AddSegment(segment, drawn.segment_id)
    node.GetSegmentation().CollapseBinaryLabelmaps(False)
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(path))
    storage.SetCropToMinimumExtent(cropped)
    assert storage.WriteData(node)
    return path


LIVER = box(np.s_[2:8], np.s_[2:8], np.s_[2:8])
ELSEWHERE = box(np.s_[10:14], np.s_[9:14], np.s_[6:11])
CORNER = box(np.s_[16:18], np.s_[0:3], np.s_[0:3])
OVERLAPPING = box(np.s_[7:9], np.s_[7:9], np.s_[7:9])
CT_GRID = Grid.of(SHAPE, TILTED)


def same_places(mask: AnatomyMask, name: str, inside: NDArray[np.bool_]) -> bool:
    mine = mask.grid.to_ras(np.argwhere(mask.voxels_of(name)))
    wanted = CT_GRID.to_ras(np.argwhere(inside))
    return mine.shape == wanted.shape and bool(np.abs(mine - wanted).max() < 0.01)


def test_segments_are_what_slicer_shows_them_as(tmp_path: Path) -> None:
    """The name is what a reader sees; id and terminology count where it says nothing."""
    path = saved(
        tmp_path / "a.seg.nrrd",
        Drawn("spleen", "Liver", LIVER, terminology(KIDNEY, LEFT)),
        Drawn("Segment_2", "mine", ELSEWHERE, terminology(KIDNEY, LEFT)),
        Drawn("Segment_3", "Right Kidney", box(np.s_[15:18], np.s_[1:3], np.s_[0:2])),
        Drawn("Segment_4", "left antenna", box(np.s_[0:1], np.s_[0:1], np.s_[0:1])),
    )
    mask = read_mask(path)
    assert mask.structures == ("kidney_right", "kidney_left", "liver")
    assert same_places(mask, "liver", LIVER)
    assert same_places(mask, "kidney_left", ELSEWHERE)
    assert any("'left antenna'" in note for note in mask.notes)
    codes = {finding.code: finding for finding in mask.findings}
    assert set(codes) == {"segment_contradictory", "segment_named_otherwise"}
    assert codes["segment_contradictory"].severity == "warning"
    assert "'Liver'" in codes["segment_contradictory"].message
    assert "its id says spleen and its terminology says kidney_left" in codes["segment_contradictory"].message


def test_id_and_terminology_that_contradict_each_other_under_a_name_that_says_nothing_are_refused(
    tmp_path: Path,
) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("spleen", "mine", LIVER, terminology(KIDNEY, LEFT)))
    with pytest.raises(BadInput, match="whose id says spleen and terminology kidney_left"):
        read_mask(path)


def without_layers(path: Path) -> Path:
    """As Slicer 4.10 and before wrote it: a component for each segment, no Layer and no LabelValue."""
    header, gap, samples = path.read_bytes().partition(b"\n\n")
    lines = [line for line in header.split(b"\n") if b"_Layer:=" not in line and b"_LabelValue:=" not in line]
    path.write_bytes(b"\n".join(lines) + gap + samples)
    return path


def voxels_as_slicer_reads(path: Path) -> dict[str, int]:
    """Voxels of each segment by name, read by Slicer's own storage node."""
    from vtk.util.numpy_support import vtk_to_numpy

    scene = slicer.vtkMRMLScene()
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(path))
    assert storage.ReadData(node)
    segmentation = node.GetSegmentation()
    counts = {}
    for number in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(number)
        image = segment.GetRepresentation("Binary labelmap")
        values = vtk_to_numpy(image.GetPointData().GetScalars())
        counts[segment.GetName()] = int(np.count_nonzero(values == segment.GetLabelValue()))
    return counts


def test_a_segmentation_of_old_slicer_is_read_as_slicer_reads_it(tmp_path: Path) -> None:
    drawn = (Drawn("Segment_1", "Liver", LIVER), Drawn("Segment_2", "Spleen", OVERLAPPING))
    path = without_layers(saved(tmp_path / "a.seg.nrrd", *drawn))
    counts = voxels_as_slicer_reads(path)
    assert counts == {"Liver": int(LIVER.sum()), "Spleen": int(OVERLAPPING.sum())}
    mask = read_mask(path)
    assert same_places(mask, "spleen", OVERLAPPING)
    assert same_places(mask, "liver", LIVER & ~OVERLAPPING)


def test_two_segments_with_one_label_in_one_layer_are_refused(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER), Drawn("spleen", "spleen", ELSEWHERE)
    )
    path.write_bytes(path.read_bytes().replace(b"Segment1_LabelValue:=2", b"Segment1_LabelValue:=1"))
    with pytest.raises(BadInput, match="label 1 of layer 0 for 'liver' and 'spleen'"):
        read_mask(path)


def test_a_fractional_labelmap_is_called_by_its_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER))
    binary = path.read_bytes()
    path.write_bytes(
        binary.replace(b"Representation:=Binary labelmap", b"Representation:=Fractional labelmap")
    )
    with pytest.raises(BadInput, match="a fractional labelmap, as its header says"):
        read_mask(path)


def test_values_that_belong_to_no_segment_are_refused(tmp_path: Path) -> None:
    three = [
        Drawn("liver", "liver", LIVER),
        Drawn("spleen", "spleen", ELSEWHERE),
        Drawn("heart", "heart", CORNER),
    ]
    path = saved(tmp_path / "a.seg.nrrd", *three)
    data = path.read_bytes().replace(b"Segment1_LabelValue:=2", b"Segment1_LabelValue:=7")
    path.write_bytes(data)
    with pytest.raises(BadInput, match="found the value 2 in layer 0"):
        read_mask(path)


def test_what_slicer_saved_cropped_is_put_back_into_the_ct(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER), cropped=True)
    cropped, whole = read_mask(path), read_mask(path, grid=CT_GRID)
    assert cropped.grid.shape == (6, 6, 6)
    assert whole.grid == CT_GRID
    np.testing.assert_array_equal(whole.voxels_of("liver"), LIVER)
    assert any("put back" in note for note in whole.notes)


def test_a_cropped_segmentation_between_the_voxels_of_the_ct_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER), cropped=True)
    shifted = TILTED.copy()
    shifted[0, 3] += 0.4
    with pytest.raises(BadInput, match="another grid"):
        read_mask(path, grid=Grid.of(SHAPE, shifted))


def test_a_segmentation_that_reaches_beyond_the_ct_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("liver", "liver", ELSEWHERE), cropped=True)
    with pytest.raises(BadInput, match="another grid"):
        read_mask(path, grid=Grid.of((12, 16, 12), TILTED))


def test_a_segmentation_that_starts_before_the_ct_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER), cropped=True)
    later = TILTED.copy()
    later[:3, 3] = CT_GRID.to_ras((4, 0, 0))
    with pytest.raises(BadInput, match="another grid"):
        read_mask(path, grid=Grid.of((16, 16, 12), later))


def test_overlapping_segments_lie_in_layers_and_the_smaller_wins(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER), Drawn("gallbladder", "g", OVERLAPPING)
    )
    assert b"dimension: 4" in path.read_bytes()[:300]
    mask = read_mask(path)
    assert same_places(mask, "gallbladder", OVERLAPPING)
    assert same_places(mask, "liver", LIVER & ~OVERLAPPING)
    assert any(note.startswith("1 voxels were claimed") for note in mask.notes)


def test_two_segments_of_one_structure_are_refused(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER), Drawn("Segment_2", "Liver", ELSEWHERE)
    )
    with pytest.raises(BadInput, match=r"a\.seg\.nrrd.*2 for liver \('liver', 'Liver'\)"):
        read_mask(path)


def test_a_segmentation_of_nothing_known_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("Segment_1", "antenna", LIVER))
    with pytest.raises(BadInput, match=r"a\.seg\.nrrd.*only unknown ones \('antenna'\)"):
        read_mask(path)


def test_a_segmentation_is_known_by_its_header_whatever_it_is_called(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER)).rename(tmp_path / "a.nrrd")
    assert read_mask(path).structures == ("liver",)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"Segment0_ID:=", b"Segmentx_ID:=", "a header without segments"),
        (b"LabelValue:=1", b"LabelValue:=x", "label 'x'"),
        (b"LabelValue:=1", b"LabelValue:=0", "label '0'"),
        (b"Segment0_Layer:=0", b"Segment0_Layer:=5", "layer 5 of 1"),
    ],
)
def test_a_damaged_header_is_refused(old: bytes, new: bytes, expected: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.seg.nrrd", Drawn("liver", "liver", LIVER))
    data = path.read_bytes()
    assert old in data
    if old.startswith(b"Segment0_ID"):
        data = data.replace(b"Segment0_", b"Segmentx_")
    path.write_bytes(data.replace(old, new))
    with pytest.raises(BadInput, match=expected) as refusal:
        read_mask(path)
    assert "a.seg.nrrd" in str(refusal.value)


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (Segment("x", "vertebra L1", 1, 0, terminology_code("")), "vertebrae_L1"),
        (Segment("x", "Vertebrae L1", 1, 0, terminology_code("")), "vertebrae_L1"),
        (Segment("x", "lung upper lobe left", 1, 0, terminology_code("")), "lung_upper_lobe_left"),
        (
            Segment("x", "y", 1, 0, terminology_code(terminology("SCT^39607008^Lung", "SCT^24028007^Right"))),
            "lung_right",
        ),
        (Segment("x", "y", 1, 0, terminology_code(terminology("SCT^39607008^Lung"))), "lung"),
        (Segment("x", "y", 1, 0, terminology_code(terminology("SRT^T-62000^Liver"))), None),
        (Segment("x", "y", 1, 0, terminology_code(terminology("SCT^41699000^Effusion"))), None),
        (Segment("x", "y", 1, 0, terminology_code("~~~")), None),
    ],
)
def test_a_segment_is_the_structure_it_says(segment: Segment, expected: str | None) -> None:
    assert structure_of(Path("a.seg.nrrd"), segment).structure == expected
