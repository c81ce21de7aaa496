"""Whatever is wrong with a file, the answer is one line that names it, and nothing else is printed."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes import byte_stream
from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.volumes.small_volumes import nifti_bytes, speckled

EYE = np.eye(4)
NIFTI = nifti_bytes(speckled((20, 18, 16)), EYE)
PACKED = gzip.compress(NIFTI)


def patched(offset: int, form: str, *values: float) -> bytes:
    data = bytearray(NIFTI)
    struct.pack_into("<" + form, data, offset, *values)
    return bytes(data)


def flipped_bit(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def itk(suffix: str, image: sitk.Image, *, packed: bool = True) -> Callable[[Path], bytes]:
    def make(folder: Path) -> bytes:
        path = folder / f"made{suffix}"
        sitk.WriteImage(image, str(path), packed)
        return path.read_bytes()

    return make


def truncated(make: Callable[[Path], bytes]) -> Callable[[Path], bytes]:
    def half(folder: Path) -> bytes:
        data = make(folder)
        return data[: len(data) * 2 // 3]

    return half


PLAIN = sitk.GetImageFromArray(speckled((20, 18, 16)))
RGB = sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True)
FLAT = sitk.GetImageFromArray(np.zeros((5, 6), np.int16))
FOUR_D = sitk.GetImageFromArray(np.zeros((2, 4, 5, 6), np.int16), isVector=False)
HUGE_NRRD = (
    b"NRRD0004\ntype: short\ndimension: 3\nsizes: 4000 4000 100\nspacings: 1 1 1\n"
    b"encoding: gzip\nendian: little\n\n" + b"x" * 50
)
TERA_NRRD = HUGE_NRRD.replace(b"4000 4000 100", b"100000 100000 100")
SHEARED_NRRD = (
    b"NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 2 2\n"
    b"space directions: (1,0,0) (0.2,1,0) (0,0,1)\nkinds: domain domain domain\nendian: little\n"
    b"encoding: raw\nspace origin: (0,0,0)\n\n" + b"\0" * 16
)
MHD = (
    b"ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementSpacing = 1 1 1\nElementType = MET_SHORT\n"
    b"ElementDataFile = "
)

CASES: dict[str, tuple[str, bytes | Callable[[Path], bytes], str]] = {
    "empty nii": ("ct.nii", b"", "an empty file"),
    "empty nii.gz": ("ct.nii.gz", b"", "an empty file"),
    "empty nrrd": ("ct.nrrd", b"", "an empty file"),
    "empty mha": ("ct.mha", b"", "something else"),
    "text as nii": ("ct.nii", b"hello\n" * 200, "something else"),
    "text as nii.gz": ("ct.nii.gz", b"hello\n" * 200, "not gzip"),
    "text as nrrd": ("ct.nrrd", b"hello\n" * 200, "something else"),
    "text as mha": ("ct.mha", b"hello\n" * 200, "something else"),
    "packed text": ("ct.nii.gz", gzip.compress(b"hello\n" * 2000), "something else"),
    "not packed": ("ct.nii.gz", NIFTI, "not gzip"),
    "packed": ("ct.nii", PACKED, "gzip data"),
    "wrong suffix": ("ct.jpeg", NIFTI, "ending in '.jpeg'"),
    "no suffix": ("ct", NIFTI, "ending in ''"),
    "one DICOM file": ("ct.dcm", b"\0" * 128 + b"DICM", "a file without one"),
    "nii cut short": ("ct.nii", NIFTI[:-1], "cut short"),
    "nii without data": ("ct.nii", NIFTI[:352], "cut short"),
    "nii.gz cut short": ("ct.nii.gz", PACKED[: len(PACKED) // 2], "cut short"),
    "nii.gz cut in its last bytes": ("ct.nii.gz", PACKED[:-4], "cut short"),
    "nii.gz of too little": ("ct.nii.gz", gzip.compress(NIFTI[:-100]), "cut short"),
    "nii.gz with a flipped bit": ("ct.nii.gz", flipped_bit(PACKED, len(PACKED) // 2), "damaged data"),
    "nii.gz bomb": ("ct.nii.gz", gzip.compress(NIFTI + b"\0" * (16 << 20)), "after the last voxel"),
    "nrrd cut short": ("ct.nrrd", truncated(itk(".nrrd", PLAIN)), "cut short"),
    "raw nrrd cut short": ("ct.nrrd", truncated(itk(".nrrd", PLAIN, packed=False)), "cut short"),
    "mha cut short": ("ct.mha", truncated(itk(".mha", PLAIN)), "cut short"),
    "raw mha cut short": ("ct.mha", truncated(itk(".mha", PLAIN, packed=False)), "cut short"),
    "terabytes in nii.gz": (
        "ct.nii.gz",
        gzip.compress(patched(40, "4h", 3, 32000, 32000, 32000)),
        "claims 32000 x",
    ),
    "gigabytes in nii.gz": (
        "ct.nii.gz",
        gzip.compress(patched(40, "4h", 3, 4000, 4000, 4000)),
        "claims 119.2 GiB",
    ),
    "gigabyte from nothing": ("ct.nii.gz", gzip.compress(patched(40, "4h", 3, 4000, 4000, 60)), "cut short"),
    "terabytes in nrrd": ("ct.nrrd", TERA_NRRD, "claims 100000 x"),
    "gigabytes from nothing in nrrd": ("ct.nrrd", HUGE_NRRD, "cut short"),
    "no axes": ("ct.nii", patched(40, "h", 0), "no samples"),
    "nine axes": ("ct.nii", patched(40, "h", 9), "no samples"),
    "zero samples": ("ct.nii", patched(42, "h", 0), "0 x 18 x 16"),
    "negative samples": ("ct.nii", patched(42, "h", -20), "-20 x 18 x 16"),
    "2-D nii": ("ct.nii", patched(40, "h", 2), "20 x 18 samples"),
    "4-D nii": ("ct.nii", patched(40, "5h", 4, 20, 18, 8, 2), "20 x 18 x 8 x 2"),
    "one slice": ("ct.nii", patched(46, "h", 1), "20 x 18 x 1"),
    "2-D nrrd": ("ct.nrrd", itk(".nrrd", FLAT), "6 x 5 samples"),
    "4-D mha": ("ct.mha", itk(".mha", FOUR_D), "6 x 5 x 4 x 2"),
    "RGB nii": ("ct.nii", patched(70, "h", 128), "RGB pixels"),
    "complex nii": ("ct.nii", patched(70, "h", 32), "complex numbers"),
    "unknown type": ("ct.nii", patched(70, "h", 77), "data type 77"),
    "RGB nrrd": ("ct.nrrd", itk(".nrrd", RGB), "3 numbers per voxel"),
    "RGB mha": ("ct.mha", itk(".mha", RGB), "3 numbers per voxel"),
    "two-file nifti": ("ct.nii", patched(344, "4s", b"ni1\0"), "lie in another file"),  # type: ignore[arg-type]
    "data before the header": ("ct.nii", patched(108, "f", 10.0), "data start at byte 10"),
    "data offset NaN": ("ct.nii", patched(108, "f", float("nan")), "data start at byte nan"),
    "metres": ("ct.nii", patched(123, "B", 1), "metres"),
    "singular": ("ct.nii", patched(280, "4f", 0, 0, 0, 0), "zero, not finite or flat"),
    "NaN in the sform": ("ct.nii", patched(280, "f", float("nan")), "zero, not finite or flat"),
    "infinite origin": ("ct.nii", patched(292, "f", float("inf")), "zero, not finite or flat"),
    "absurd origin": ("ct.nii", patched(292, "f", 1e9), "origin at"),
    "absurd spacing": ("ct.nii", patched(280, "f", 250.0), "250 x 1 x 1 mm"),
    "sheared": ("ct.nii", patched(284, "f", 0.3), "sheared by"),
    "sheared nrrd": ("ct.nrrd", SHEARED_NRRD, "sheared by"),
    "negative spacing in the qform": (
        "ct.nii",
        patched(252, "2h", 1, 0)[:80] + struct.pack("<3f", 1, 1, -1) + patched(252, "2h", 1, 0)[92:],
        "NaN",
    ),
    "data file elsewhere": ("ct.mhd", MHD + b"/etc/passwd\n", "ElementDataFile '/etc/passwd'"),
    "data file above": ("ct.mhd", MHD + b"../secret.raw\n", "ElementDataFile '../secret.raw'"),
    "list of data files": ("ct.mhd", MHD + b"LIST\na.raw\n", "ElementDataFile 'LIST'"),
    "detached nrrd": (
        "ct.nrrd",
        HUGE_NRRD.replace(b"endian", b"data file: /etc/passwd\nendian"),
        "another file",
    ),
}


@pytest.fixture(params=["fastest", "zlib"])
def unpacked_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of unpacking gzip: the one that is found here, and Python's own."""
    if request.param == "zlib":
        monkeypatch.setattr(byte_stream, "_fastest_inflate", lambda: zlib)


@pytest.mark.usefixtures("unpacked_by")
@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_refused_in_one_line_that_names_it(
    case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name, content, expected = CASES[case]
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / name).write_bytes(content(tmp_path) if callable(content) else content)
    with pytest.raises(BadInput) as refusal:
        read_ras(folder / name, what="a CT volume")
    text = str(refusal.value)
    assert str(folder / name) in text
    assert expected in text
    assert "\n" not in text
    assert len(text) < 700
    assert capfd.readouterr() == ("", "")


def test_a_header_of_gigabytes_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ct.nii.gz"
    path.write_bytes(gzip.compress(patched(40, "4h", 3, 4000, 4000, 60)))
    tracemalloc.start()
    with pytest.raises(BadInput):
        read_ras(path, what="a CT volume")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.nii\.gz: expected a mask, but found no such file"):
        read_ras(tmp_path / "gone.nii.gz", what="a mask")


def test_a_missing_packed_file_is_not_replaced_by_the_unpacked_one(tmp_path: Path) -> None:
    (tmp_path / "ct.nii").write_bytes(NIFTI)
    with pytest.raises(BadInput, match="no such file"):
        read_ras(tmp_path / "ct.nii.gz", what="a CT volume")


def test_nothing_leaks_onto_the_terminal_of_a_program(tmp_path: Path) -> None:
    """In a process of its own, where no test runner stands between C++ and the error stream."""
    (tmp_path / "ct.mha").write_bytes(truncated(itk(".mha", PLAIN))(tmp_path))
    program = (
        "import sys; from pathlib import Path; from CTSpatialVQALib.volumes.image_file import read_ras\n"
        "try: read_ras(Path(sys.argv[1]), what='a CT volume')\n"
        "except ValueError as error: print(error, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "ct.mha")], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "ct.mha" in done.stderr
