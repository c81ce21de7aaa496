"""Fixtures for tests: `qt`, `ctk`, `slicer_host`, `slicer_views`, `module_file`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


def _need(*modules: str) -> None:
    for name in modules:
        pytest.importorskip(
            name,
            exc_type=ImportError,
            reason=f"the host needs {name}: pip install '.[test,scene]'",
        )


@pytest.fixture(scope="session")
def _started_qt() -> Any:
    _need("PySide6.QtWidgets", "PySide6.QtTest")
    from slicerhost.startup import start_qt

    return start_qt()


@pytest.fixture
def qt(_started_qt: Any) -> Iterator[Any]:
    """Slicer's module `qt`; an exception in a slot fails the test."""
    import qt

    from slicerhost import ownership, slot_errors

    yield qt
    ownership.check_left_over()
    assert slot_errors.taken() == ()


@pytest.fixture
def ctk(_started_qt: Any) -> Any:
    """Slicer's module `ctk`."""
    import ctk

    return ctk


@pytest.fixture(scope="session")
def _started_host() -> Iterator[Any]:
    _need("PySide6.QtWidgets", "PySide6.QtTest", "slicer")
    from slicerhost.host import SlicerHost

    host = SlicerHost()
    yield host
    host.stop()


@pytest.fixture
def slicer_host(_started_host: Any) -> Iterator[Any]:
    """The running host with an empty scene and no module; an exception in a slot fails the test."""
    yield _started_host
    assert _started_host.reset() == ()


@pytest.fixture
def slicer_views(slicer_host: Any) -> Any:
    """The widget with the slice and 3D views; skipped where they cannot be drawn."""
    from slicerhost.application import NoOpenGL

    try:
        return slicer_host.views()
    except NoOpenGL as reason:
        pytest.skip(str(reason))


@pytest.fixture
def module_file() -> Path:
    """The module's own file, unchanged."""
    return ROOT / "CTSpatialVQA" / "CTSpatialVQA.py"
