"""Enhanced multi-frame CT files as a modern scanner stores them, written with pydicom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRLittleEndian, generate_uid


class Frame(NamedTuple):
    """One frame: (rows, columns) stored values, position in LPS mm, rescale."""

    stored: NDArray[Any]
    position: tuple[float, float, float]
    slope: float = 1.0
    intercept: float = -1024.0


def write_enhanced(
    path: Path,
    frames: Sequence[Frame],
    *,
    uid: str | None = None,
    spacing: tuple[float, float] = (1.25, 0.75),
    change: Callable[[Dataset], None] = lambda file: None,
) -> Path:
    """One file with all frames, stored as unsigned 16 bits."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = EnhancedCTImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = EnhancedCTImageStorage, meta.MediaStorageSOPInstanceUID
    file.SeriesInstanceUID, file.StudyInstanceUID = uid or generate_uid(), "1.2.3"
    file.Modality, file.PatientName, file.PatientID = "CT", "SECRET^NAME", "SECRET"
    file.SeriesNumber, file.SeriesDescription = 7, "Enhanced"
    file.NumberOfFrames = len(frames)
    file.Rows, file.Columns = frames[0].stored.shape
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 16, 15, 0
    shared = Dataset()
    shared.PixelMeasuresSequence = [_dataset(PixelSpacing=list(spacing), SliceThickness=2.5)]
    shared.PlaneOrientationSequence = [_dataset(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    file.SharedFunctionalGroupsSequence = [shared]
    file.PerFrameFunctionalGroupsSequence = [_group(frame) for frame in frames]
    file.PixelData = b"".join(frame.stored.astype("<u2").tobytes() for frame in frames)
    change(file)
    file.save_as(path, enforce_file_format=True)
    return path


def _group(frame: Frame) -> Dataset:
    group = Dataset()
    group.PlanePositionSequence = [_dataset(ImagePositionPatient=list(frame.position))]
    group.PixelValueTransformationSequence = [
        _dataset(RescaleSlope=frame.slope, RescaleIntercept=frame.intercept, RescaleType="HU")
    ]
    return group


def _dataset(**elements: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def frames_of(hu: NDArray[np.int16], step_mm: float = 2.5) -> list[Frame]:
    """(columns, rows, slices) values as frames from the lowest slice up."""
    return [Frame(hu[:, :, k].T.astype(int) + 1024, (0.0, 0.0, k * step_mm)) for k in range(hu.shape[2])]
