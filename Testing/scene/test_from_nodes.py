"""Are a volume and a segmentation of the scene the same as if they were read from files?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.structures import Colour, structures
from CTSpatialVQALib.scene.core import HeadlessCore, MrmlObject
from CTSpatialVQALib.scene.crops import CaseCrops
from CTSpatialVQALib.scene.from_nodes import mask_of_node, volume_of_node
from CTSpatialVQALib.scene.segments import QuestionSegments, Shown
from CTSpatialVQALib.scene.structure_cache import labelmap_of
from CTSpatialVQALib.scene.terminology import terminology_entry
from CTSpatialVQALib.scene.volumes import add_volume, image_of
from Testing.scene.patients import Patient

RED = Colour(1, 0, 0)


@pytest.fixture
def core() -> Iterator[HeadlessCore]:
    pytest.importorskip("slicer_core")
    core = HeadlessCore()
    yield core
    core.close()


@pytest.fixture
def volume_node(core: HeadlessCore, patient: Patient) -> MrmlObject:
    return add_volume(core.scene, patient.volume)


@pytest.fixture
def segmentation(core: HeadlessCore, patient: Patient) -> QuestionSegments:
    segments = QuestionSegments(core.scene, CaseCrops(patient.mask))
    segments.show([Shown("liver", RED), Shown("kidney_left", RED)])
    return segments


def test_a_volume_of_the_scene_is_the_same_volume(volume_node: MrmlObject, patient: Patient) -> None:
    found = volume_of_node(volume_node)
    assert found.content_sha256 == patient.volume.content_sha256
    assert found.grid.matches(patient.volume.grid)


def test_a_volume_stored_left_posterior_is_turned(core: HeadlessCore, patient: Patient) -> None:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    node = core.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "LPS")
    r, a, _ = patient.volume.hu.shape
    flip = patient.volume.grid.affine @ np.array(
        [[-1, 0, 0, r - 1], [0, -1, 0, a - 1], [0, 0, 1, 0], [0, 0, 0, 1]]
    )
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(flip.ravel().tolist())
    node.SetIJKToRASMatrix(matrix)
    node.SetAndObserveImageData(image_of(patient.volume.hu[::-1, ::-1]))
    found = volume_of_node(node)
    assert found.content_sha256 == patient.volume.content_sha256
    assert found.grid.matches(patient.volume.grid)


def test_floats_are_rounded_and_what_does_not_fit_is_refused(core: HeadlessCore, patient: Patient) -> None:
    node = core.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "float")
    values = np.asfortranarray(patient.volume.hu[:8, :8, :8], dtype=np.float32)
    values[0, 0, 0] = 3.6
    node.SetAndObserveImageData(image_of(values))
    assert volume_of_node(node).hu[0, 0, 0] == 4
    values[0, 0, 0] = 1e6
    node.SetAndObserveImageData(image_of(values))
    with pytest.raises(BadInput, match="16 bits"):
        volume_of_node(node)


def test_a_volume_under_a_transform_is_refused(core: HeadlessCore, volume_node: MrmlObject) -> None:
    transform = core.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    volume_node.SetAndObserveTransformNodeID(transform.GetID())
    with pytest.raises(BadInput, match="transform"):
        volume_of_node(volume_node)


def test_an_empty_volume_is_refused(core: HeadlessCore) -> None:
    with pytest.raises(BadInput, match="grey image"):
        volume_of_node(core.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"))


def test_segments_become_the_mask_they_came_from(
    volume_node: MrmlObject, segmentation: QuestionSegments, patient: Patient
) -> None:
    found = mask_of_node(segmentation.node, volume_node)
    assert set(found.structures) == {"liver", "kidney_left"}
    assert found.grid.matches(patient.mask.grid)
    for name in found.structures:
        assert (found.voxels_of(name) == patient.mask.voxels_of(name)).all()


def test_a_segment_is_known_by_its_code_and_strangers_are_noted(
    core: HeadlessCore, volume_node: MrmlObject, patient: Patient
) -> None:
    import slicer

    node = core.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "of another module")
    for segment_id, name, structure in (("Segment_1", "a", "liver"), ("Segment_2", "my lesion", "spleen")):
        (crop,) = CaseCrops(patient.mask).present([structure])
        segment = slicer.vtkSegment()
        segment.SetName(name)
        segment.AddRepresentation("Binary labelmap", labelmap_of(crop))
        if structure == "liver":
            segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(structures()["liver"]))
        node.GetSegmentation().AddSegment(segment, segment_id)
    found = mask_of_node(node, volume_node)
    assert found.structures == ("liver",)
    assert "my lesion" in found.notes[0]
    assert (found.voxels_of("liver") == patient.mask.voxels_of("liver")).all()


def test_a_segmentation_without_structures_is_refused(core: HeadlessCore, volume_node: MrmlObject) -> None:
    empty = core.scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty")
    with pytest.raises(BadInput, match="at least one structure"):
        mask_of_node(empty, volume_node)
