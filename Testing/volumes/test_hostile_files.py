"""Files made to harm: each is refused in one line by the real command, soon, and with little memory."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import JPEGLSLossless

from Testing.volumes.dicom_folder import write_series
from Testing.volumes.enhanced_ct import frames_of, write_enhanced
from Testing.volumes.small_volumes import Stored, nifti_bytes, speckled
from Testing.volumes.volume_writers import write_nrrd

MOST_SECONDS = 20
MOST_MEMORY = 300 << 20
PLAIN = Stored(speckled((16, 12, 4)), np.diag([1.5, 1.5, 2.5, 1.0]))


class Ran(NamedTuple):
    code: int
    out: str
    err: str
    seconds: float
    peak_bytes: int


def check(*arguments: object) -> Ran:
    """`ctspatialvqa check` in a process of its own, with its peak memory."""
    began = time.monotonic()
    command = [sys.executable, "-m", "CTSpatialVQALib.cli.main", "check", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        out, err = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Ran(process.returncode, out, err, time.monotonic() - began, usage.ru_maxrss * 1024)


@pytest.fixture(scope="module")
def at_rest() -> int:
    """What the program takes to read a small sound series."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        write_series(Path(folder) / "s", PLAIN)
        return check(Path(folder) / "s").peak_bytes


def edited(**elements: Any) -> Callable[[Path], Path]:
    """A series of which every slice claims other elements."""

    def make(folder: Path) -> Path:
        for path in write_series(folder / "s", PLAIN):
            one = pydicom.dcmread(path)
            for keyword, value in elements.items():
                setattr(one, keyword, value)
            one.save_as(path)
        return folder / "s"

    return make


def jpeg_that_claims_more(folder: Path) -> Path:
    """JPEG-LS frames whose own header says 65535 x 65535."""
    for path in write_series(folder / "s", PLAIN):
        one = pydicom.dcmread(path)
        one.compress(JPEGLSLossless)
        one.save_as(path)
        data = bytearray(path.read_bytes())
        at = data.index(b"\xff\xf7")
        data[at + 5 : at + 9] = b"\xff\xff\xff\xff"
        path.write_bytes(data)
    return folder / "s"


def deflated(folder: Path) -> Path:
    """A deflated data set of half a gigabyte of zeros in a megabyte."""
    path = write_series(folder / "s", PLAIN)[0]
    data = path.read_bytes()
    start = data.index(b"\x08\x00\x16\x00")  # SOPClassUID, the first element of the data set
    head = data[:start].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")
    length = struct.unpack_from("<H", head, head.index(b"\x02\x00\x10\x00UI") + 6)[0]
    head = head.replace(
        b"UI" + struct.pack("<H", length) + b"1.2.840.10008.1.2.1.99",
        b"UI" + struct.pack("<H", 22) + b"1.2.840.10008.1.2.1.99",
    )
    packer = zlib.compressobj(1, wbits=-15)
    body = packer.compress(data[start:])
    for _ in range(32):
        body += packer.compress(bytes(1 << 24))
    path.write_bytes(head + body + packer.flush())
    return path


def many_frames(folder: Path) -> Path:
    def claim(file: Dataset) -> None:
        file.NumberOfFrames = 65535

    return write_enhanced(folder / "e.dcm", frames_of(PLAIN.array), change=claim)


def nested(folder: Path) -> Path:
    """Sequences 2000 deep."""
    path = write_series(folder / "s", PLAIN)[0]
    data = path.read_bytes()
    at = data.index(b"\x20\x00\x32\x00")
    opened = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    path.write_bytes(data[:at] + opened * 2000 + data[at:])
    return path


def bomb(folder: Path) -> Path:
    path = folder / "ct.nii.gz"
    packer = zlib.compressobj(1, wbits=31)
    body = packer.compress(nifti_bytes(PLAIN.array, PLAIN.affine))
    for _ in range(32):
        body += packer.compress(bytes(1 << 24))
    path.write_bytes(body + packer.flush())
    return path


def long_lines(folder: Path) -> Path:
    path = write_nrrd(folder / "ct.nrrd", PLAIN.array, PLAIN.affine)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"kinds:", b"content: " + b"%s" * 500_000 + b"\nkinds:", 1))
    return path


def many_axes(folder: Path) -> Path:
    path = folder / "ct.nrrd"
    sizes = " ".join(["999999999999"] * 16)
    path.write_bytes(
        f"NRRD0004\ntype: double\ndimension: 16\nsizes: {sizes}\nencoding: raw\nendian: little\n\n".encode()
    )
    return path


HARM: dict[str, Callable[[Path], Path]] = {
    "rows and columns": edited(Rows=65535, Columns=65535),
    "rows alone": edited(Rows=4000),
    "no samples": edited(SamplesPerPixel=0),
    "two samples": edited(SamplesPerPixel=2),
    "65535 samples": edited(SamplesPerPixel=65535),
    "frames": edited(NumberOfFrames=2_000_000_000),
    "negative frames": edited(NumberOfFrames=-3),
    "bits": edited(BitsAllocated=65535, BitsStored=65535, HighBit=65534),
    "high bit": edited(HighBit=3),
    "infinite spacing": edited(PixelSpacing=["1e308", "1e308"]),
    "position beyond all measure": edited(ImagePositionPatient=["1e300", "0", "0"]),
    "zero slope": edited(RescaleSlope=0),
    "jpeg of another size": jpeg_that_claims_more,
    "deflated bomb": deflated,
    "enhanced frames": many_frames,
    "nested sequences": nested,
    "gzip bomb": bomb,
    "sixteen axes": many_axes,
}


@pytest.mark.parametrize("name", HARM)
def test_harm_is_refused_in_one_line_soon_and_cheaply(name: str, tmp_path: Path, at_rest: int) -> None:
    ran = check(HARM[name](tmp_path))
    assert ran.code == 2, ran.out + ran.err
    assert ran.out == ""
    assert ran.err.count("\n") == 1, ran.err
    assert "SECRET" not in ran.err
    assert ran.seconds < MOST_SECONDS
    assert ran.peak_bytes - at_rest < MOST_MEMORY


def test_a_long_field_is_no_harm(tmp_path: Path) -> None:
    ran = check(long_lines(tmp_path))
    assert ran.code in (0, 1), ran.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.parametrize("as_mask", [False, True])
@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha", ""])
def test_named_pipes_are_refused(suffix: str, as_mask: bool, tmp_path: Path) -> None:
    pipe = tmp_path / f"pipe{suffix}"
    os.mkfifo(pipe)
    (tmp_path / "ct.nii").write_bytes(nifti_bytes(PLAIN.array, PLAIN.affine))
    ran = check(tmp_path / "ct.nii", "--mask", pipe) if as_mask else check(pipe)
    assert ran.code == 2
    assert "a named pipe" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin"])
def test_devices_are_refused(device: str, tmp_path: Path) -> None:
    if not Path(device).exists():
        pytest.skip(f"no {device} on this system")
    link = tmp_path / "ct.nii"
    link.symlink_to(device)
    for path in (Path(device), link):
        ran = check(path)
        assert ran.code == 2
        assert ran.err.count("\n") == 1


def test_a_ct_of_double_precision_is_read_slab_by_slab(tmp_path: Path) -> None:
    """Its Hounsfield units take 63 MB; the samples on disk 252 MB."""
    shape = (256, 256, 480)
    base = np.random.default_rng(0).normal(40, 20, shape[:2])
    head = nifti_bytes(np.zeros((256, 256, 2), "f8"), np.diag([-0.75, -0.75, 1.0, 1.0]))[:352]
    head = head[:40] + struct.pack("<4h", 3, *shape) + head[48:]
    path = tmp_path / "ct.nii"
    with path.open("wb") as stream:
        stream.write(head)
        for k in range(shape[2]):
            stream.write((base + (k % 7)).astype("<f8").tobytes(order="F"))
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "volume = OrientedVolume.from_file(Path(sys.argv[1]))\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print((after - before) * 1024 / volume.hu.nbytes)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert float(ran.stdout) < 1.6
