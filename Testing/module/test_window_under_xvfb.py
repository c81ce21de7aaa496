"""The same window drawn through a real X server: what the offscreen platform of Qt would hide."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
host.press(widget.ui.checkButton, "Space")
host.picture(host.window("CTSpatialVQA"), Path(sys.argv[2]))
assert widget.ui.checkButton.hasFocus()
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


def test_window_is_drawn_under_a_real_x_server(display: str, module_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    pytest.importorskip("slicer", exc_type=ImportError)
    from PIL import Image

    picture = tmp_path / "window.png"
    shown = subprocess.run(
        [sys.executable, "-c", SHOW, str(module_file), str(picture)],
        env={
            **os.environ,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONPATH": os.pathsep.join([str(HOST), str(module_file.parent.parent)]),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    if "Could not load the Qt platform plugin" in shown.stderr:
        pytest.skip("Qt lacks libraries for X: sh scripts/system_packages.sh test")
    assert shown.returncode == 0, shown.stderr
    pixels = np.asarray(Image.open(picture).convert("L")).astype(int)
    assert pixels.shape == (640, 420)
    assert pixels.max() - pixels.min() > 100
