"""What does an NRRD or MetaImage file hold? Read by SimpleITK, header first, its complaints as one line."""

# SimpleITK declares types and annotates none of its classes
# mypy: untyped-calls-exclude=SimpleITK

from __future__ import annotations

import math
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput, one_line, shown
from CTSpatialVQALib.volumes.axis_orientation import StoredImage, check_affine, check_expansion, check_shape

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_IMAGE_IO = {".nrrd": "NrrdImageIO", ".mha": "MetaImageIO", ".mhd": "MetaImageIO"}
_DETACHED = re.compile(rb"^data ?file:", re.IGNORECASE | re.MULTILINE)
_ELEMENT_DATA = re.compile(rb"^[ \t]*ElementDataFile[ \t]*[=:][ \t]*([^\r\n]*)", re.MULTILINE)
_MAX_HEADER_BYTES = 4 << 20
# NrrdIO copies a field it cannot understand into a message of fixed size: 600 bytes of it crash the program.
_LONGEST_FIELD = 500
_ONE_AT_A_TIME = threading.RLock()


class _Placed(Protocol):
    """What SimpleITK's images and readers both tell: where the samples lie, in LPS."""

    def GetDirection(self) -> tuple[float, ...]: ...
    def GetSpacing(self) -> tuple[float, ...]: ...
    def GetOrigin(self) -> tuple[float, ...]: ...


@contextmanager
def native_silence() -> Iterator[None]:
    """Keep what C++ code prints on the error stream off the user's terminal; failures raise anyway.

    MetaIO and GDCM write to file descriptor 2 directly, so only the descriptor can be turned away.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as sink:
        before = sitk.ProcessObject.GetGlobalWarningDisplay()
        sitk.ProcessObject.SetGlobalWarningDisplay(False)
        try:
            kept = os.dup(2)
        except OSError:  # a process without an error stream (a Windows GUI) has nothing to silence
            kept = None
        try:
            if kept is not None:
                if sys.stderr is not None:
                    sys.stderr.flush()
                os.dup2(sink.fileno(), 2)
            yield
        finally:
            if kept is not None:
                os.dup2(kept, 2)
                os.close(kept)
            sitk.ProcessObject.SetGlobalWarningDisplay(before)


def read_itk(path: Path, *, what: str, layers: bool = False) -> StoredImage:
    """The samples of an NRRD or MetaImage file and their place.

    Parameters
    ----------
    layers : accept several numbers per voxel, as a layered Slicer segmentation has

    Raises
    ------
    BadInput
        For everything that is not one volume.
    """
    data_bytes = _bytes_of_data(path, what)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(_IMAGE_IO[path.suffix.lower()])
    reader.SetFileName(str(path))
    with native_silence():
        image = _checked(path, reader, data_bytes, what=what, layers=layers)
    # a key that is no UTF-8 cannot be asked for, and is none of those that mean something here
    keys = [key for key in image.GetMetaDataKeys() if key.isprintable()]
    tags = tuple((key, image.GetMetaData(key)) for key in keys)
    return StoredImage(samples_of(image), ras_affine(reader), (), tags)


def ras_affine(image: _Placed) -> NDArray[np.float64]:
    """(4, 4) index -> RAS mm of a SimpleITK image or reader, whose header is in LPS."""
    affine = np.eye(4)
    affine[:3, :3] = np.array(image.GetDirection()[:9]).reshape(3, 3) * np.array(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    return np.asarray(LPS_TO_RAS @ affine)


def samples_of(image: sitk.Image) -> NDArray[Any]:
    """(i, j, k[, layer]) samples with i fastest in memory."""
    array: NDArray[Any] = sitk.GetArrayFromImage(image)
    return array.transpose(2, 1, 0, *range(3, array.ndim))


def _checked(
    path: Path, reader: sitk.ImageFileReader, data_bytes: int, *, what: str, layers: bool
) -> sitk.Image:
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise unreadable(path, what, error) from error
    if reader.GetDimension() != 3:
        check_shape(path, reader.GetSize(), 1, what=what)
    parts = reader.GetNumberOfComponents()
    if parts != 1 and not layers:
        came = f"{parts} numbers per voxel (a colour or vector image)"
        raise BadInput(path, expected="one number per voxel", came=came, remedy=f"Give {what} itself")
    kind = reader.GetPixelID()
    if "complex" in sitk.GetPixelIDValueAsString(kind):
        raise BadInput(
            path, expected="one number per voxel", came="complex numbers", remedy=f"Give {what} itself"
        )
    check_shape(path, reader.GetSize(), parts * _bytes_of(kind), what=what)
    check_affine(path, ras_affine(reader), reader.GetSize())
    check_expansion(path, math.prod(reader.GetSize()) * parts * _bytes_of(kind), data_bytes)
    try:
        image: sitk.Image = reader.Execute()
    except RuntimeError as error:
        raise unreadable(path, what, error) from error
    return image


def _bytes_of_data(path: Path, what: str) -> int:
    """Size on disk of what holds the samples: the file itself, or for .mhd one file beside it.

    A header that points anywhere else is refused: a case folder from outside must not be able to make
    us read other files of this computer as if they were images.
    """
    with path.open("rb") as stream:
        head = stream.read(_MAX_HEADER_BYTES)
    remedy = "Save it as one file (.nrrd, .mha or .nii.gz)"
    if path.suffix.lower() == ".nrrd":
        header, ended, _ = head.replace(b"\r", b"").partition(b"\n\n")
        if _DETACHED.search(header) or (not ended and len(head) == _MAX_HEADER_BYTES):
            came = "a header whose data lie in another file"
            raise BadInput(path, expected=f"{what} in one file", came=came, remedy=remedy)
        if any(map(_is_overlong, header.split(b"\n"))):
            came = f"a header field of more than {_LONGEST_FIELD} bytes"
            raise BadInput(path, expected="an NRRD header", came=came, remedy="Write the file again")
        return path.stat().st_size
    match = _ELEMENT_DATA.search(head)
    # looked for once more without the form of a line, which ITK takes less strictly than we do
    first = head.find(b"ElementDataFile")
    if (first != -1 and (match is None or first < match.start())) or (
        match is None and len(head) == _MAX_HEADER_BYTES
    ):
        came = "a header that does not say so in its first 4 MiB, or in another form"
        raise BadInput(path, expected="ElementDataFile on a line of its own", came=came, remedy=remedy)
    named = match[1].decode("utf-8", "replace").strip() if match else "LOCAL"
    if named.upper() == "LOCAL":
        return path.stat().st_size
    beside = path.parent / named
    if Path(named).name != named or not beside.is_file():
        came = f"ElementDataFile {shown(named)}"
        raise BadInput(path, expected="data in a file beside the header", came=came, remedy=remedy)
    return beside.stat().st_size


def _is_overlong(line: bytes) -> bool:
    return len(line) > _LONGEST_FIELD and b":=" not in line and not line.startswith(b"#")


def _bytes_of(kind: int) -> int:
    return next((n for n, word in ((1, "8-bit"), (2, "16-bit"), (4, "32-bit")) if word in _named(kind)), 8)


def _named(kind: int) -> str:
    return str(sitk.GetPixelIDValueAsString(kind))


def unreadable(path: Path, what: str, error: RuntimeError) -> BadInput:
    """SimpleITK's failure as one line without its source paths."""
    said = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = one_line(said[-1].removeprefix("sitk::ERROR: "), 160) if said else "no reason given"
    if str(path.name) in last or "Unable to determine" in last:
        last = "something that cannot be read as such"
    return BadInput(
        path,
        expected=f"{what} in the format that its name says",
        came=f"a damaged or different file ({last})",
        remedy="Check the file, or convert it again",
    )
