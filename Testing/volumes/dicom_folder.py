"""A small CT series as a scanner would store it, written with pydicom."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from Testing.volumes.small_volumes import Stored

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


class Scanner(NamedTuple):
    """What the series of a test is like."""

    slope: float = 1.0
    intercept: float = -1024.0
    patient: str = "SECRET^NAME"
    modality: str = "CT"


PLAIN_CT = Scanner()


def write_series(
    folder: Path, volume: Stored, *, scanner: Scanner = PLAIN_CT, uid: str | None = None, prefix: str = "a"
) -> list[Path]:
    """One file per slice of the third axis, named so that their order is not the order of the names."""
    folder.mkdir(exist_ok=True)
    series = uid or generate_uid()
    affine = LPS @ volume.affine
    count = volume.array.shape[2]
    paths = []
    shuffling = 7 if count % 7 else 5  # without a common divisor, or names would repeat
    for k in range(count):
        path = folder / f"{prefix}{(k * shuffling) % count:03d}.dcm"
        position = affine[:3, 3] + affine[:3, 2] * k
        slice_file(volume.array[:, :, k], affine, position, k, series, scanner).save_as(
            path, enforce_file_format=True
        )
        paths.append(path)
    return paths


def slice_file(
    hu: NDArray[Any],
    affine: NDArray[np.float64],
    position: NDArray[np.float64],
    number: int,
    uid: str,
    scanner: Scanner,
) -> FileDataset:
    """One CT slice; `affine` is index -> LPS mm, columns run along the first index."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    one.SeriesInstanceUID, one.StudyInstanceUID = uid, "1.2.3"
    one.PatientName, one.PatientID, one.Modality = scanner.patient, scanner.patient, scanner.modality
    one.InstanceNumber = 1000 - number
    one.ImagePositionPatient = [f"{mm:.6f}" for mm in position]
    one.ImageOrientationPatient = [f"{c:.9f}" for axis in (0, 1) for c in affine[:3, axis] / spacing[axis]]
    one.PixelSpacing = [f"{spacing[1]:.6f}", f"{spacing[0]:.6f}"]
    one.SliceThickness = f"{spacing[2]:.6f}"
    one.Rows, one.Columns = hu.shape[1], hu.shape[0]
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 1
    one.RescaleSlope, one.RescaleIntercept = scanner.slope, scanner.intercept
    one.PixelData = ((hu.T - scanner.intercept) / scanner.slope).astype("<i2").tobytes()
    return one
