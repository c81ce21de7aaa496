"""Logs that the tests of the log start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from CTSpatialVQALib.audit.log import AuditLog
from Testing.audit.logbook import READER, note


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "audit.sqlite"


@pytest.fixture
def ten_records(log_path: Path) -> Path:
    """A closed log of ten records."""
    with AuditLog.open(log_path, READER) as log:
        log.append_many([note(number) for number in range(1, 11)])
    return log_path
