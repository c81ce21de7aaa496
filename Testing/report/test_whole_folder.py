"""A folder is there as a whole or not at all, and never mixed with another."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.report.whole_folder import folder_written_whole, sha256_of_folder


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "new" / "out"
    with folder_written_whole(target) as folder:
        (folder / "a.txt").write_text("a", "utf-8")
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["a.txt"]
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with folder_written_whole(tmp_path / "out") as folder:
        (folder / "a.txt").write_text("a", "utf-8")
    assert (tmp_path / "out" / "a.txt").read_text("utf-8") == "a"


def write_half(target: Path) -> None:
    with folder_written_whole(target) as folder:
        (folder / "half.txt").write_text("half", "utf-8")
        raise KeyError("stop")


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="stop"):
        write_half(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_there_is_left_alone(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "out"
    if kind == "folder":
        target.mkdir()
        (target / "mine").write_text("mine", "utf-8")
    elif kind == "file":
        target.write_text("mine", "utf-8")
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="expected a new folder"), folder_written_whole(target):
        pass
    assert os.path.lexists(target)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(WorkFailed, match="could not be written"), folder_written_whole(tmp_path / "file/out"):
        pass


def test_the_hash_of_a_folder_is_that_of_its_sha256sums(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    lines = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for data, name in ((b"1", "a"), (b"2", "b/two"))
    )
    assert sha256_of_folder(tmp_path) == hashlib.sha256(lines.encode()).hexdigest()
    before = sha256_of_folder(tmp_path)
    (tmp_path / "a").rename(tmp_path / "c")
    assert sha256_of_folder(tmp_path) != before
