"""The same window drawn through a real X server: what the offscreen platform of Qt would hide."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HOST = Path(__file__).resolve().parents[1] / "host"
SHOW = """
import sys
from pathlib import Path
from slicerhost.host import SlicerHost

host = SlicerHost()
host.load(Path(sys.argv[1]))
widget = host.open("CTSpatialVQA")
widget.ui.installationButton.collapsed = False
host.press(widget.ui.checkButton, "Space")
host.picture(host.window("CTSpatialVQA"), Path(sys.argv[2]))
assert widget.ui.checkButton.hasFocus()
assert host.reset() == ()
host.stop()
"""

READ = """
import sys, time
from pathlib import Path
from slicerhost.host import SlicerHost

host = SlicerHost()
host.load(Path(sys.argv[1]))
window = host.open_beside_views("CTSpatialVQA", 1300, 900).window
window.open_study(Path(sys.argv[3]), "reader-1")
study, end = window.study, time.monotonic() + 60
while study.viewer.display.busy and time.monotonic() < end:
    host.settle(20)
for keys in ("1", "2", "A", "Y", "Return", "PgUp", "N", "3", "2", "C"):
    host.press(study.page.widget, keys)
host.settle(200)
host.picture(host.main_window, Path(sys.argv[2]))
assert str(window.session.reading.progress) == "3 of 38", window.session.reading.progress
assert study.page.verdict.chooser.letters == "C"
assert len(study.viewer.scene.evidence_state().structures) > 0
assert host.reset() == ()
host.stop()
"""


@pytest.fixture
def display() -> Iterator[str]:
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed: sh scripts/system_packages.sh test")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        ready, _, _ = select.select([reading], [], [], 60)
        number = os.read(reading, 20).decode().strip() if ready else ""
        if not number:
            pytest.skip("Xvfb did not start")
        yield f":{number}"
    finally:
        os.close(reading)
        server.terminate()
        server.wait(30)


def run_there(display: str, script: str, module_file: Path, *arguments: Path) -> None:
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    pytest.importorskip("slicer", exc_type=ImportError)
    shown = subprocess.run(
        [sys.executable, "-c", script, str(module_file), *map(str, arguments)],
        env={
            **os.environ,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONPATH": os.pathsep.join([str(HOST), str(module_file.parent.parent)]),
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if "Could not load the Qt platform plugin" in shown.stderr:
        pytest.skip("Qt lacks libraries for X: sh scripts/system_packages.sh test")
    assert shown.returncode == 0, shown.stderr


def test_window_is_drawn_under_a_real_x_server(display: str, module_file: Path, tmp_path: Path) -> None:
    from PIL import Image

    picture = tmp_path / "window.png"
    run_there(display, SHOW, module_file, picture)

    pixels = np.asarray(Image.open(picture).convert("L")).astype(int)
    assert pixels.shape == (640, 420)
    assert pixels.max() - pixels.min() > 100


@pytest.mark.opengl
def test_reading_is_played_with_keys_under_a_real_x_server(
    display: str, module_file: Path, slicer_views: Any, study: Path, tmp_path: Path
) -> None:
    from PIL import Image

    picture = tmp_path / "reading.png"
    run_there(display, READ, module_file, picture, study)

    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    panel, views = pixels[:, :440], pixels[:, 480:]
    assert panel.mean() > 180, "the panel is light"
    assert views.mean() < 150, "the slices are dark"
    coloured = (views.max(axis=2) - views.min(axis=2)) > 80
    assert coloured.mean() > 0.002, "something is outlined in colour"
