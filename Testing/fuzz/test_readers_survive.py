"""Whatever a file holds, a reader reads it or refuses it in one line: no other error, no hang, no flood.

In the suite each reader gets a few damaged files; `make fuzz` goes on for CTSPATIALVQA_FUZZ_SECONDS in all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from Testing.fuzz.damage import WOUNDS, Wound, wounded
from Testing.fuzz.targets import TARGETS
from Testing.fuzz.worker import Worker

SECONDS = float(os.environ.get("CTSPATIALVQA_FUZZ_SECONDS", "0"))
AT_ONCE = 300 if SECONDS else 25


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as one:
        yield one


def put(folder: Path, file: str, data: bytes) -> None:
    for old in folder.iterdir():
        if old.is_file():
            old.unlink()
    (folder / file).write_bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_sound_files_are_read(name: str, tmp_path: Path) -> None:
    """Otherwise the damage would be done to something that is refused anyway."""
    target = TARGETS[name]
    for data in target.sound():
        put(tmp_path, target.file, data)
        target.read(tmp_path)


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_are_read_or_refused(name: str, worker: Worker) -> None:
    target = TARGETS[name]
    sound = target.sound()
    end = time.monotonic() + SECONDS / len(TARGETS)
    with TemporaryDirectory() as folder:

        @settings(
            max_examples=AT_ONCE,
            derandomize=not SECONDS,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )
        @given(which=st.integers(0, len(sound) - 1), wounds=WOUNDS)
        def one_round(which: int, wounds: list[Wound]) -> None:
            put(Path(folder), target.file, wounded(sound[which], wounds))
            assert worker.fault(name, Path(folder)) is None

        one_round()
        while time.monotonic() < end:
            one_round()
