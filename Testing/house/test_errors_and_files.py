"""Refusals are one safe line, and a file is always either the old one or the whole new one."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib import files
from CTSpatialVQALib.errors import BadInput, WorkFailed, one_line, shown
from CTSpatialVQALib.files import sha256_of_file, write_bytes, write_text, written_whole

HOSTILE = "a\nb\r\n\x1b[31mred\x1b[0m\x00\u2028c\u202egnp.exe\t"


def child(code: str, *arguments: Path, root: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".writing-")]


def write_half(target: Path) -> None:
    with written_whole(target) as temporary:
        temporary.write_text("half of the new", encoding="utf-8")
        raise KeyError("stop")


def test_refusal_names_place_expectation_finding_and_remedy() -> None:
    error = BadInput("study.toml: cases.0.id", expected="text", came="3", remedy="Quote it")

    assert str(error) == "study.toml: cases.0.id: expected text, but found 3. Quote it."
    assert isinstance(error, ValueError)


def test_refusal_does_not_double_the_full_stop() -> None:
    assert str(BadInput("f", expected="a", came="b", remedy="Do c.")).endswith("b. Do c.")


def test_hostile_text_becomes_one_printable_line() -> None:
    error = BadInput(HOSTILE, expected=HOSTILE, came=HOSTILE, remedy=HOSTILE)

    assert str(error).isprintable()
    assert str(WorkFailed(HOSTILE)) == "a b [U+001B][31mred[U+001B][0m[U+0000] c[U+202E]gnp.exe"


@given(st.text())
def test_one_line_is_printable_and_short_whatever_comes(text: str) -> None:
    line = one_line(text, limit=40)

    assert line.isprintable()
    assert len(line) <= 40
    assert line == one_line(line, limit=40)


def test_long_text_is_cut_visibly() -> None:
    assert one_line("x" * 601) == "x" * 599 + "…"
    assert one_line("x" * 600) == "x" * 600


def test_shown_value_is_quoted() -> None:
    assert shown("two\nlines") == r"'two\nlines'"


def test_new_file_replaces_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "er" / "note.txt"

    write_text(target, "älter\n")
    write_text(target, "neuer\r\n")

    assert target.read_bytes() == b"neuer\r\n"
    assert not leftovers(target.parent)


def test_old_file_stays_when_the_block_raises(tmp_path: Path) -> None:
    target = tmp_path / "note.txt"
    write_text(target, "old")

    with pytest.raises(KeyError):
        write_half(target)

    assert target.read_text(encoding="utf-8") == "old"
    assert not leftovers(tmp_path)


def test_temporary_file_keeps_all_suffixes_and_the_folder(tmp_path: Path) -> None:
    with written_whole(tmp_path / "mask.nii.gz") as temporary:
        assert temporary.name.endswith(".nii.gz")
        assert temporary.parent == tmp_path


def test_bytes_reach_the_disk_before_the_name_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("folder synced" if is_folder else f"{os.fstat(descriptor).st_size} bytes synced")
        fsync(descriptor)

    def watched_replace(source: Path, target: Path) -> None:
        done.append("renamed")
        replace(source, target)

    monkeypatch.setattr(files.os, "fsync", watched_fsync)
    monkeypatch.setattr(files.os, "replace", watched_replace)
    write_bytes(tmp_path / "note.bin", b"12345")

    assert done == ["5 bytes synced", "renamed", "folder synced"]


def test_killed_writer_leaves_the_old_file_whole(tmp_path: Path, root: Path) -> None:
    target = tmp_path / "note.txt"
    write_text(target, "old")
    code = (
        "import sys, pathlib, time\n"
        "from CTSpatialVQALib.files import written_whole\n"
        "with written_whole(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half of the new')\n"
        "    print('in the middle', flush=True)\n"
        "    time.sleep(600)\n"
    )

    with child(code, target, root=root) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "in the middle\n"
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL

    assert target.read_text(encoding="utf-8") == "old"


def test_full_disk_is_work_that_failed_and_leaves_the_old_file(tmp_path: Path, root: Path) -> None:
    target = tmp_path / "note.txt"
    write_text(target, "old")
    code = (
        "import resource, sys, pathlib\n"
        "from CTSpatialVQALib.errors import WorkFailed\n"
        "from CTSpatialVQALib.files import write_bytes\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    write_bytes(pathlib.Path(sys.argv[1]), bytes(100_000))\n"
        "except WorkFailed as failure:\n"
        "    print(failure)\n"
    )

    with child(code, target, root=root) as writer:
        said, complaints = writer.communicate()

    assert said.startswith(f"{target}: could not be written: "), complaints
    assert target.read_text(encoding="utf-8") == "old"
    assert not leftovers(tmp_path)


def test_folder_that_cannot_be_made_is_work_that_failed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")

    with pytest.raises(WorkFailed, match="could not be written"):
        write_text(tmp_path / "file" / "note.txt", "new")


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o640)])
def test_private_file_is_the_owners_and_another_follows_the_umask(
    tmp_path: Path, private: bool, mode: int
) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "note.txt", "new", private=private)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "note.txt").stat().st_mode) == mode


def test_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "note.bin").write_bytes(b"abc")

    assert sha256_of_file(tmp_path / "note.bin") == hashlib.sha256(b"abc").hexdigest()
