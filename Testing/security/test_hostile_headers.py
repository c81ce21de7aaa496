"""Headers that fuzzing found: they crashed the program, led it to other files or raised other errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.benchmark.judges import read_judge
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.volumes.image_file import read_ras
from Testing.fuzz.targets import TARGETS
from Testing.fuzz.worker import Worker

PADDING = b"".join(b"# %060d\n" % number for number in range(1100))  # more than 64 KiB
COMMENTS = b"".join(b"Comment%d = %060d\n" % (number, number) for number in range(1100))


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker() as one:
        yield one


@pytest.fixture
def elsewhere(tmp_path: Path) -> bytes:
    other = tmp_path / "elsewhere.raw"
    other.write_bytes(bytes(range(256)) * 4)
    (tmp_path / "case").mkdir()
    return str(other).encode()


def test_a_long_nrrd_header_does_not_hide_that_its_data_lie_elsewhere(
    tmp_path: Path, elsewhere: bytes
) -> None:
    head = TARGETS["nrrd"].sound()[0].partition(b"\n\n")[0]
    path = tmp_path / "case" / "ct.nrrd"
    path.write_bytes(head + b"\n" + PADDING + b"data file: " + elsewhere + b"\n\n")
    with pytest.raises(BadInput, match="samples lie in another file"):
        read_ras(path, what="a CT volume")


@pytest.mark.parametrize("sign", [b" = ", b" : ", b"="])
def test_a_long_metaimage_header_does_not_hide_that_its_data_lie_elsewhere(
    tmp_path: Path, elsewhere: bytes, sign: bytes
) -> None:
    head = TARGETS["metaimage"].sound()[0].partition(b"ElementDataFile")[0]
    path = tmp_path / "case" / "ct.mha"
    path.write_bytes(head + COMMENTS + b"ElementDataFile" + sign + elsewhere + b"\n")
    with pytest.raises(BadInput, match="ElementDataFile"):
        read_ras(path, what="a CT volume")


@pytest.mark.parametrize("field", [b"type", b"sizes", b"kinds", b"space directions", b"unheard of"])
def test_an_overlong_nrrd_field_does_not_crash_the_program(
    tmp_path: Path, worker: Worker, field: bytes
) -> None:
    head, _, data = TARGETS["nrrd"].sound()[0].partition(b"\n\n")
    lines = [line for line in head.split(b"\n") if not line.startswith(field + b":")]
    (tmp_path / "v.nrrd").write_bytes(b"\n".join([*lines, field + b":" + b" 9" * 5000]) + b"\n\n" + data)
    assert worker.fault("nrrd", tmp_path) is None


def test_a_key_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    head, _, data = TARGETS["nrrd"].sound()[0].partition(b"\n\n")
    path = tmp_path / "v.nrrd"
    path.write_bytes(head + b"\nnam\xe9:=x\n\n" + data)
    assert read_ras(path, what="a CT volume").grid.shape == (9, 7, 5)


@pytest.mark.parametrize("text", ["NaN", "[" * 5000, "9" * 5000])
def test_json_that_python_reads_and_nobody_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "votes.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"votes\.json"):
        read_judge(path)
