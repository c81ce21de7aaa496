"""What are a volume and a segmentation that already stand in the scene? The same as if read from files."""

# VTK's numpy bridge is untyped
# mypy: untyped-calls-exclude=vtkmodules

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.grid import Grid
from CTSpatialVQALib.scene.core import MrmlObject
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
from CTSpatialVQALib.volumes.axis_orientation import check_affine, turn_to_ras, turned
from CTSpatialVQALib.volumes.mask_labels import nothing_marked, unknown_note, whole_labels
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from CTSpatialVQALib.volumes.sample_reader import INT16
from CTSpatialVQALib.volumes.segmentation_nrrd import Segment, structure_of

_CT = Path("CT of the scene")  # stands in messages where a file's name would: node names may name patients
_MASK = Path("segmentation of the scene")


class _Placed(NamedTuple):
    """(R, A, S) samples and where they lie."""

    array: NDArray[Any]
    grid: Grid


def volume_of_node(node: MrmlObject) -> OrientedVolume:
    """A vtkMRMLScalarVolumeNode as volume; its samples are shared where they already run to R, A, S.

    Raises
    ------
    BadInput
        If it is empty, under a transform, in colour, or not in whole Hounsfield units that fit into int16.
    """
    placed = _placed(node.GetImageData(), _affine_of(node), _CT)
    hu = placed.array
    if hu.dtype != np.int16:
        if hu.size and not (np.isfinite(hu).all() and hu.min() >= INT16.min and hu.max() <= INT16.max):
            came = f"values of {hu.dtype} from {hu.min():.6g} to {hu.max():.6g}"
            raise _refuse(_CT, "Hounsfield units of 16 bits", came, "Load the CT again from its file")
        hu = np.rint(hu).astype(np.int16, order="K")
    return OrientedVolume(hu, placed.grid, source=str(_CT))


def mask_of_node(node: MrmlObject, volume_node: MrmlObject) -> AnatomyMask:
    """A vtkMRMLSegmentationNode as mask on the grid of a volume node; Slicer resamples it where it must be.

    Segments that are no structures of ours are left out with a note; where segments overlap the later wins.

    Raises
    ------
    BadInput
        If no segment is a structure of ours, or two are the same one.
    """
    import slicer

    segmentation = node.GetSegmentation()
    segments = [_described(segmentation, n) for n in range(segmentation.GetNumberOfSegments())]
    named = {one.segment_id: name for one in segments if (name := structure_of(one)) is not None}
    repeated = [name for name, count in Counter(named.values()).items() if count > 1]
    if repeated:
        came = f"two for {repeated[0]}"
        raise _refuse(_MASK, "one segment for each structure", came, "Rename or remove one of them")
    if not named:
        raise nothing_marked(_MASK)
    image = slicer.vtkOrientedImageData()
    as_the_ct = slicer.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY
    node.GenerateMergedLabelmapForAllSegments(
        image, as_the_ct, _geometry_of(volume_node), _string_array(list(named))
    )
    placed = _placed(image, _affine_of(volume_node), _MASK)
    unknown = [one.name or one.segment_id for one in segments if one.segment_id not in named]
    labels = whole_labels(_MASK, placed.array)
    if not labels.any():
        raise nothing_marked(_MASK)
    return AnatomyMask(labels, placed.grid, dict(enumerate(named.values(), start=1)), unknown_note(unknown))


def _placed(image: MrmlObject | None, affine: NDArray[np.float64], where: Path) -> _Placed:
    from vtkmodules.util import numpy_support

    if image is None or image.GetNumberOfPoints() == 0 or image.GetNumberOfScalarComponents() != 1:
        raise _refuse(where, "a grey image", "an empty one or one in colour", "Choose another volume")
    scalars = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
    array = scalars.reshape(tuple(reversed(image.GetDimensions()))).T
    check_affine(where, affine, array.shape)
    array, affine = turned(array, affine, turn_to_ras(affine))
    r, a, s = array.shape
    return _Placed(array, Grid.of((r, a, s), affine))


def _affine_of(volume_node: MrmlObject) -> NDArray[np.float64]:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    if volume_node.GetParentTransformNode() is not None:
        raise _refuse(_CT, "a volume where it was scanned", "one under a transform", "Harden or remove it")
    matrix = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def _described(segmentation: MrmlObject, n: int) -> Segment:
    segment = segmentation.GetNthSegment(n)
    return Segment(segmentation.GetNthSegmentID(n), segment.GetName(), 1, 0, segment.GetTerminology())


def _geometry_of(volume_node: MrmlObject) -> MrmlObject:
    """An empty image with the volume's geometry."""
    import slicer
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    geometry, matrix = slicer.vtkOrientedImageData(), vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    geometry.SetExtent(volume_node.GetImageData().GetExtent())
    geometry.SetGeometryFromImageToWorldMatrix(matrix)
    return geometry


def _string_array(values: list[str]) -> MrmlObject:
    from vtkmodules.vtkCommonCore import vtkStringArray

    array = vtkStringArray()
    for one in values:
        array.InsertNextValue(one)
    return array


def _refuse(where: Path, expected: str, came: str, remedy: str) -> BadInput:
    return BadInput(where, expected=expected, came=came, remedy=remedy)
