"""What every test shares: where the real data is, and how many examples a property is tried with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA_VARIABLE = "CTSPATIALVQA_REAL_DATA"

settings.register_profile("here", deadline=None, max_examples=40)
# In continuous integration the same examples every time: a red run can be repeated.
settings.register_profile("ci", parent=settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def _real_data_folder() -> Path:
    named = os.environ.get(REAL_DATA_VARIABLE)
    return Path(named) if named else ROOT.parent / "shared" / "data"


def _skip_without_real_data() -> None:
    folder = _real_data_folder()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; name its folder in {REAL_DATA_VARIABLE}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real_data"):
        _skip_without_real_data()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real CT volumes (`ct/`) and the published benchmark (`benchmark/`), or a skip."""
    _skip_without_real_data()
    return _real_data_folder()


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the repository."""
    return ROOT
