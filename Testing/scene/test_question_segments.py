"""Contents and size of the segmentation node of a question."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.records.structures import Colour, structures
from CTSpatialVQALib.scene.core import HeadlessCore
from CTSpatialVQALib.scene.crops import CaseCrops, StructureCrop, VoxelBlock
from CTSpatialVQALib.scene.evidence import EvidenceRenderer
from CTSpatialVQALib.scene.planes import PlaneKind, plane_through
from CTSpatialVQALib.scene.segments import QuestionSegments, Shown, labelmap_of
from CTSpatialVQALib.scene.skin_shell import body_block
from CTSpatialVQALib.scene.surfaces import surface_of
from CTSpatialVQALib.scene.terminology import terminology_entry
from CTSpatialVQALib.scene.views import SliceView
from CTSpatialVQALib.scene.volumes import add_volume
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.scene.patients import BALLS, Patient, make_patient

RED = Colour(1, 0, 0)


@pytest.fixture
def core() -> Iterator[HeadlessCore]:
    pytest.importorskip("slicer_core")
    core = HeadlessCore()
    yield core
    core.close()


@pytest.fixture
def segments(core: HeadlessCore, patient: Patient) -> QuestionSegments:
    return QuestionSegments(core.scene, CaseCrops(patient.mask))


@pytest.fixture
def kidney(patient: Patient) -> StructureCrop:
    (crop,) = CaseCrops(patient.mask).present(["kidney_left"])
    return crop


def _ids(segments: QuestionSegments) -> list[str]:
    segmentation = segments.node.GetSegmentation()
    return [segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments())]


def test_it_holds_what_the_question_asks_for_and_the_mask_has(segments: QuestionSegments) -> None:
    segments.show([Shown("liver", RED), Shown("trachea", RED), Shown("spleen", RED)])
    assert _ids(segments) == ["liver", "spleen"]
    segments.show([Shown("heart", RED)])
    assert _ids(segments) == ["heart"]


def test_every_segment_has_its_surface_from_the_start(segments: QuestionSegments) -> None:
    segments.show([Shown("liver", RED), Shown("spleen", RED)])
    for name in _ids(segments):
        segment = segments.node.GetSegmentation().GetSegment(name)
        assert segment.GetRepresentation("Binary labelmap") is not None
        assert segment.GetRepresentation("Closed surface").GetNumberOfPoints() > 100


def test_the_left_kidney_carries_its_code_and_side(segments: QuestionSegments) -> None:
    import slicer

    segments.show([Shown("kidney_left", RED)])
    segment = segments.node.GetSegmentation().GetSegment("kidney_left")
    entry = slicer.vtkSlicerTerminologyEntry()
    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    assert logic.DeserializeTerminologyEntry(segment.GetTerminology(), entry)
    kind, side = entry.GetTypeObject(), entry.GetTypeModifierObject()
    assert (kind.GetCodingSchemeDesignator(), kind.GetCodeValue()) == ("SCT", "64033007")
    assert (side.GetCodeValue(), side.GetCodeMeaning()) == ("7771000", "Left")
    assert entry.GetCategoryObject().GetCodeValue() == "123037004"


def test_an_unpaired_structure_carries_no_side() -> None:
    assert terminology_entry(structures()["liver"]).split("~")[3] == "^^"


def test_a_cyst_is_not_called_normal_anatomy() -> None:
    assert "49755003" in terminology_entry(structures()["kidney_cyst_left"])


def test_hundreds_of_questions_leave_the_scene_as_it_was(
    core: HeadlessCore, segments: QuestionSegments
) -> None:
    segments.show([Shown("liver", RED)])
    before = core.scene.GetNumberOfNodes()
    for _ in range(100):
        segments.show([Shown("liver", RED), Shown("spleen", RED)])
        segments.show([Shown("kidney_left", RED)])
    assert core.scene.GetNumberOfNodes() == before


@pytest.mark.opengl
def test_rendering_leaves_the_scene_as_it_was(tmp_path: Path) -> None:
    with EvidenceRenderer(*make_patient((10, 10, 10))) as renderer:
        renderer.render(("liver",), tmp_path / "x.png")
        before = renderer.core.scene.GetNumberOfNodes()
        for n in range(5):
            renderer.render(tuple(BALLS)[n % 5 :], tmp_path / "x.png")
        assert renderer.core.scene.GetNumberOfNodes() == before


def test_surfaces_are_made_once_per_structure(segments: QuestionSegments) -> None:
    surfaces = []
    for _ in range(2):
        segments.show([Shown("spleen", RED)])
        segment = segments.node.GetSegmentation().GetSegment("spleen")
        surfaces.append(segment.GetRepresentation("Closed surface"))
    assert surfaces[0] is surfaces[1]


def test_the_surface_is_closed_and_as_large_as_the_voxels(kidney: StructureCrop) -> None:
    vtk = pytest.importorskip("vtk")
    surface = surface_of(kidney)
    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(surface)
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.Update()
    mass = vtk.vtkMassProperties()
    mass.SetInputData(surface)
    assert edges.GetOutput().GetNumberOfCells() == 0
    assert mass.GetVolume() / 1000 == pytest.approx(kidney.count * kidney.grid.voxel_ml, rel=0.1)
    assert np.reshape(surface.GetBounds(), (3, 2)).mean(axis=1) == pytest.approx(
        np.array(BALLS["kidney_left"].centre), abs=2.5
    )


def test_the_label_map_lies_on_the_masks_voxels(kidney: StructureCrop) -> None:
    pytest.importorskip("slicer_core")
    image = labelmap_of(kidney)
    bounds = [0.0] * 6
    image.GetBounds(bounds)
    centre = np.array(BALLS["kidney_left"].centre)
    assert np.reshape(bounds, (3, 2)).mean(axis=1) == pytest.approx(centre, abs=2.5)
    assert image.GetScalarRange() == (0, 1)


def test_the_volume_node_shares_the_arrays_memory(core: HeadlessCore, patient: Patient) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    node = add_volume(core.scene, patient.volume)
    voxels = vtk_to_numpy(node.GetImageData().GetPointData().GetScalars())
    assert np.shares_memory(voxels, patient.volume.hu)
    assert node.GetImageData().GetScalarComponentAsDouble(40, 20, 25, 0) == patient.volume.hu[40, 20, 25]


@pytest.mark.opengl
@pytest.mark.parametrize("kind", PlaneKind)
def test_a_slice_view_shows_exactly_the_plane_it_is_told(
    core: HeadlessCore, patient: Patient, kind: PlaneKind
) -> None:
    plane = plane_through(kind, (12.0, -7.0, 90.0), patient.volume.grid, 80, 60)
    view = SliceView(core, kind, 80, 60)
    view.set_background(add_volume(core.scene, patient.volume))
    view.show(plane)
    points = plane.points()
    for row, column in ((0, 0), (59, 79), (20, 50)):
        seen = view.node.GetXYToRAS().MultiplyPoint((column, 59 - row, 0, 1))[:3]
        assert seen == pytest.approx(points[row, column], abs=1e-6)
    view.close()


@pytest.mark.opengl
def test_the_factories_serve_again_whom_they_served_before(patient: Patient) -> None:
    import slicer

    factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
    application = slicer.vtkMRMLApplicationLogic()
    factory.SetMRMLApplicationLogic(application)
    with EvidenceRenderer(*patient):
        assert factory.GetMRMLApplicationLogic() is application
    factory.SetMRMLApplicationLogic(None)


def test_the_body_is_filled_and_without_the_air_around_it() -> None:
    volume = make_patient().volume
    body = body_block(volume)
    assert body is not None
    extents = np.ptp(np.argwhere(body.voxels), axis=0) * body.grid.spacing_mm
    assert extents == pytest.approx(np.array([280, 180, 250]), abs=11)


def test_a_scan_cropped_inside_the_body_has_no_skin_to_show() -> None:
    volume = make_patient().volume
    inside = (slice(12, -12), slice(8, -8), slice(None))
    grid = Grid.of(volume.hu[inside].shape, volume.grid.affine)
    assert body_block(OrientedVolume(volume.hu[inside], grid)) is None


def test_a_volume_of_air_has_no_body() -> None:
    hu = np.full((8, 8, 8), -1000, np.int16)
    hu[4, 4, 4] = -900
    assert body_block(OrientedVolume(hu, Grid.of((8, 8, 8), np.eye(4)))) is None


def test_a_coarser_shape_keeps_its_place_and_volume(kidney: StructureCrop) -> None:
    pytest.importorskip("vtk")
    coarse = kidney.coarsened(kidney.count // 6)
    assert coarse.grid.spacing_mm == (10, 10, 10)
    assert coarse.count * coarse.grid.voxel_ml == pytest.approx(kidney.count * kidney.grid.voxel_ml, rel=0.2)
    fine_bounds, coarse_bounds = (np.array(surface_of(one).GetBounds()) for one in (kidney, coarse))
    assert coarse_bounds == pytest.approx(fine_bounds, abs=6)
    assert kidney.coarsened(kidney.count) is kidney


def test_a_thin_sheet_survives_being_coarsened() -> None:
    voxels = np.zeros((40, 40, 6), np.uint8)
    voxels[1:-1, 1:-1, 3] = 1
    sheet = VoxelBlock(voxels, (0, 0, 0), Grid.of((40, 40, 6), np.eye(4)))
    coarse = sheet.coarsened(150)
    extent = np.ptp(np.argwhere(coarse.voxels), axis=0) * coarse.grid.spacing_mm
    assert extent == pytest.approx(np.array([37, 37, 0]), abs=4)


@pytest.mark.opengl
def test_a_renderer_that_is_never_closed_does_not_crash_the_process(root: Path, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from pathlib import Path\n"
        "from CTSpatialVQALib.scene.evidence import EvidenceRenderer\n"
        "from Testing.scene.patients import make_patient\n"
        "renderer = EvidenceRenderer(*make_patient((10, 10, 10)))\n"
        f"renderer.render(('liver',), Path({str(tmp_path / 'x.png')!r}))\n"
    )
    assert subprocess.run([sys.executable, "-B", "-c", program], check=False).returncode == 0
