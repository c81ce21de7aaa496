"""Temporary folders end with their process, killed or not, and nobody else's are touched."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from CTSpatialVQALib.temporary_folders import sweep, temporary_folder

HOLD = """
import time
from CTSpatialVQALib.temporary_folders import temporary_folder
folder = temporary_folder("pictures")
open(folder.name + "/picture.png", "w").close()
print(folder.name, flush=True)
time.sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_a_killed_process_left_is_removed_at_the_next_start(place: Path, root: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(root), "TMPDIR": str(place)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        left = Path(child.stdout.readline().strip())
        with temporary_folder("pictures"):
            assert (left / "picture.png").exists()  # its process still works
        child.send_signal(signal.SIGKILL)
        child.wait()

    assert left.exists()
    with temporary_folder("child") as mine:
        assert not left.exists()
        assert stat.S_IMODE(Path(mine).stat().st_mode) == 0o700
    assert list(place.iterdir()) == []


def test_links_and_other_folders_stay(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    precious = tmp_path_factory.mktemp("precious")
    (precious / "file").touch()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (place / f"ctspatialvqa-pictures-{ended.pid}-x").symlink_to(precious, target_is_directory=True)
    (place / "ctspatialvqa-notes").mkdir()
    (place / f"other-pictures-{ended.pid}-x").mkdir()

    sweep(place)

    assert (precious / "file").exists()
    assert len(list(place.iterdir())) == 3
