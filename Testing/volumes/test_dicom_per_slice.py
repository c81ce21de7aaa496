"""Every slice and every frame has its own values, geometry and rescale; pydicom is the second opinion."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels import apply_rescale
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.image_file import read_ras
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume
from Testing.volumes.dicom_folder import write_series
from Testing.volumes.enhanced_ct import Frame, frames_of, write_enhanced
from Testing.volumes.small_volumes import oblique_affine, speckled, stored_as

AFFINE = oblique_affine((0.75, 1.25, 2.5), (0, 0, 0))
PATIENT = speckled((9, 7, 6))


def series(folder: Path, change: Callable[[Dataset, int], None] = lambda one, k: None) -> Path:
    """Six slices from the lowest up, each changed by `change`."""
    paths = write_series(folder, stored_as("LPS", PATIENT, AFFINE))
    for k, path in enumerate(paths):
        one = pydicom.dcmread(path)
        change(one, k)
        one.save_as(path)
    return folder


def hu_by_pydicom(folder: Path) -> np.ndarray[Any, Any]:
    """(R, A, S) values: pydicom's pixels and rescale, sorted by position, turned by hand."""
    files = sorted(
        (pydicom.dcmread(path) for path in folder.iterdir()), key=lambda one: one.ImagePositionPatient[2]
    )
    slices = [apply_rescale(one.pixel_array, one) for one in files]
    return np.stack(slices).transpose(2, 1, 0)[::-1, ::-1]


@settings(max_examples=40, deadline=None)
@given(
    bits=st.sampled_from([(8, 8), (16, 12), (16, 16), (32, 32)]),
    signs=st.lists(st.booleans(), min_size=6, max_size=6),
    slopes=st.lists(st.sampled_from([1.0, 2.0, 0.5, 1.25]), min_size=6, max_size=6),
    intercepts=st.lists(st.sampled_from([0.0, -1024.0, -1000.5, 24.0]), min_size=6, max_size=6),
    seed=st.integers(0, 99),
)
def test_values_are_pydicoms_whatever_each_slice_states(
    bits: tuple[int, int],
    signs: list[bool],
    slopes: list[float],
    intercepts: list[float],
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    allocated, stored = bits

    def change(one: Dataset, k: int) -> None:
        low, high = (-(2 ** (stored - 1)), 2 ** (stored - 1)) if signs[k] else (0, 2**stored)
        values = np.random.default_rng(seed + k).integers(low, high, (one.Rows, one.Columns), dtype=np.int64)
        one.BitsAllocated, one.BitsStored, one.HighBit = allocated, stored, stored - 1
        one.PixelRepresentation = int(signs[k])
        one.RescaleSlope, one.RescaleIntercept = slopes[k], intercepts[k]
        raw = (values & (2**stored - 1)).astype(f"<u{allocated // 8}").tobytes()
        one.PixelData = raw + b"\0" * (len(raw) % 2)
        if allocated == 8:
            one["PixelData"].VR = "OB"

    folder = series(tmp_path_factory.mktemp("s") / "series", change)
    np.testing.assert_array_equal(read_ras(folder, what="a CT volume").array, hu_by_pydicom(folder))


def test_one_slice_with_another_intercept_keeps_the_others(tmp_path: Path) -> None:
    """A first slice stored without an offset made all others wrap around."""

    def without_offset(one: Dataset, k: int) -> None:
        if k == 0:
            one.RescaleIntercept, one.PixelRepresentation = 0, 0
            one.PixelData = b"\0" * len(one.PixelData)

    volume = OrientedVolume.from_file(series(tmp_path / "series", without_offset))
    assert not volume.hu[:, :, 0].any()
    np.testing.assert_array_equal(volume.hu[:, :, 1:], PATIENT[:, :, 1:])
    assert [note.code for note in volume.notes] == ["rescale_varies"]


def test_monochrome1_is_about_display_only(tmp_path: Path) -> None:
    folder = series(
        tmp_path / "series", lambda one, k: setattr(one, "PhotometricInterpretation", "MONOCHROME1")
    )
    np.testing.assert_array_equal(read_ras(folder, what="a CT volume").array, PATIENT)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless, JPEGLSLossless])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_every_transfer_syntax_brings_the_same_values(syntax: str, photometric: str, tmp_path: Path) -> None:
    folder = tmp_path / "series"
    for path in write_series(folder, stored_as("LPS", PATIENT, AFFINE)):
        one = pydicom.dcmread(path)
        one.PhotometricInterpretation = photometric
        if syntax in (RLELossless, JPEGLSLossless):
            one.compress(syntax)
            one.save_as(path)
        else:
            big = syntax == ExplicitVRBigEndian
            one.PixelData = one.pixel_array.astype(">i2" if big else "<i2").tobytes()
            one.file_meta.TransferSyntaxUID = syntax
            fresh = Dataset()
            fresh.update(one)
            fresh.file_meta = one.file_meta
            fresh.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=not big)
    np.testing.assert_array_equal(read_ras(folder, what="a CT volume").array, PATIENT)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda one, k: delattr(one, "PixelSpacing"),
            "PixelSpacing, in mm in the patient, but found .* with none",
        ),
        (lambda one, k: setattr(one, "PixelSpacing", None), "with an empty one"),
        (
            lambda one, k: (delattr(one, "PixelSpacing"), setattr(one, "ImagerPixelSpacing", [0.5, 0.5])),
            "only the spacing at the detector",
        ),
        (lambda one, k: k == 3 and setattr(one, "PixelSpacing", [1.25, 0.8]), "1.25 x 0.8 mm"),
        (lambda one, k: k == 3 and setattr(one, "PixelSpacing", [0, 0.8]), "PixelSpacing above 0"),
        (lambda one, k: k == 2 and delattr(one, "RescaleIntercept"), "a rescale slope with its intercept"),
        (lambda one, k: setattr(one, "SamplesPerPixel", 3), "SamplesPerPixel 3"),
        (lambda one, k: setattr(one, "BitsAllocated", 12), "8, 16 or 32 bits"),
    ],
)
def test_what_a_slice_does_not_state_is_named(
    change: Callable[[Dataset, int], None], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=expected) as refusal:
        read_ras(series(tmp_path / "series", change), what="a CT volume")
    assert "SECRET" not in str(refusal.value)


def test_a_decimal_comma_is_refused_by_name(tmp_path: Path) -> None:
    folder = series(tmp_path / "series")
    for path in folder.iterdir():
        data = path.read_bytes()
        assert b"1.250000\\0.750000" in data
        path.write_bytes(data.replace(b"1.250000\\0.750000", b"1,250000\\0,750000"))
    with pytest.raises(BadInput, match=re.escape("PixelSpacing '1,250000")):
        read_ras(folder, what="a CT volume")


def test_a_series_without_rescale_is_noted(tmp_path: Path) -> None:
    def without(one: Dataset, k: int) -> None:
        del one.RescaleSlope, one.RescaleIntercept

    notes = read_ras(series(tmp_path / "series", without), what="a CT volume").notes
    assert [(note.code, note.severity) for note in notes] == [("rescale_not_stated", "warning")]


def one_enhanced(tmp_path: Path, frames: list[Frame], **more: Any) -> Path:
    folder = tmp_path / "series"
    folder.mkdir(exist_ok=True)
    write_enhanced(folder / "e.dcm", frames, **more)
    return folder


@pytest.mark.parametrize("as_file", [True, False])
def test_an_enhanced_ct_is_read_in_any_order_of_its_frames(as_file: bool, tmp_path: Path) -> None:
    frames = frames_of(PATIENT)
    order = [3, 0, 5, 1, 4, 2]
    folder = one_enhanced(tmp_path, [frames[k] for k in order])
    image = read_ras(folder / "e.dcm" if as_file else folder, what="a CT volume")
    np.testing.assert_array_equal(image.array[::-1, ::-1], PATIENT)
    assert image.grid.spacing_mm == pytest.approx((0.75, 1.25, 2.5))
    assert image.stored_axes == "LPS"
    assert image.notes == ()


def test_each_frame_has_its_own_rescale(tmp_path: Path) -> None:
    frames = frames_of(PATIENT)
    frames[2] = Frame((frames[2].stored - 1024 + 2000) // 1, frames[2].position, 1.0, -2000.0)
    frames[4] = Frame((frames[4].stored - 1024 + 1000) * 2, frames[4].position, 0.5, -1000.0)
    image = read_ras(one_enhanced(tmp_path, frames), what="a CT volume", whole_hu=True)
    np.testing.assert_array_equal(image.array[::-1, ::-1], PATIENT)
    assert [note.code for note in image.notes] == ["rescale_varies"]


def moved(frame: Frame, *, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Frame:
    return frame._replace(position=(frame.position[0] + x, frame.position[1] + y, frame.position[2] + z))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda frames: frames[:2] + frames[4:], "2 slices missing"),
        (lambda frames: [*frames, frames[3]], "a second slice where"),
        (lambda frames: [moved(f, y=0.2 * f.position[2]) for f in frames], "tilt of 11.3"),
        (lambda frames: [*frames[:3], moved(frames[3], z=1.0), *frames[4:]], "a gap of"),
    ],
)
def test_frames_are_held_to_the_checks_of_a_series(
    spoil: Callable[[list[Frame]], list[Frame]], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=expected) as refusal:
        read_ras(one_enhanced(tmp_path, spoil(frames_of(PATIENT))), what="a CT volume")
    assert "SECRET" not in str(refusal.value)


def without_place(file: Dataset) -> None:
    del file.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence


def one_group_less(file: Dataset) -> None:
    file.PerFrameFunctionalGroupsSequence = list(file.PerFrameFunctionalGroupsSequence)[:-1]


def without_measures(file: Dataset) -> None:
    del file.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence


def turned_frame(file: Dataset) -> None:
    item = Dataset()
    item.ImageOrientationPatient = [0, 1, 0, -1, 0, 0]
    file.PerFrameFunctionalGroupsSequence[2].PlaneOrientationSequence = [item]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (without_place, "frame 3 without position"),
        (one_group_less, "6 frames and the geometry of 5"),
        (without_measures, "PixelSpacing"),
        (turned_frame, "frame 3 turned differently"),
    ],
)
def test_frames_without_their_geometry_are_refused(
    change: Callable[[Dataset], None], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=expected):
        read_ras(one_enhanced(tmp_path, frames_of(PATIENT), change=change), what="a CT volume")


def test_two_multi_frame_files_in_one_series_are_named_and_one_can_be_given(tmp_path: Path) -> None:
    folder = one_enhanced(tmp_path, frames_of(PATIENT), uid="1.2.3.4.5")
    write_enhanced(folder / "f.dcm", frames_of(PATIENT), uid="1.2.3.4.5")
    with pytest.raises(BadInput, match="2 multi-frame files in one series"):
        read_ras(folder, what="a CT volume")
    assert read_ras(folder / "f.dcm", what="a CT volume").grid.shape == (9, 7, 6)


def test_enhanced_files_of_one_frame_each_are_a_series(tmp_path: Path) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    for number, frame in enumerate(frames_of(PATIENT)):
        write_enhanced(folder / f"e{(number * 5) % 6}.dcm", [frame], uid="1.2.3.4.5")
    image = read_ras(folder, what="a CT volume")
    np.testing.assert_array_equal(image.array[::-1, ::-1], PATIENT)
