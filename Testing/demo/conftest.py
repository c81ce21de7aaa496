"""The five phantom patients, made once."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.demo.phantom import make_patient
from Testing.demo.measured import Measured


@pytest.fixture(scope="session")
def patients() -> list[Measured]:
    return [Measured(make_patient(index, "demo")) for index in range(5)]
