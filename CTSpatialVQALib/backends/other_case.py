"""The other patient that the probe `other_case` shows: the same one in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from CTSpatialVQALib.records.case import Case


class OtherPatients:
    """Chooses for each case one of another patient that has a CT.

    The choice follows from seed and ids alone: neither the order of the cases nor what was asked before
    changes it. Adding a case to the study changes it for some.
    """

    def __init__(self, cases: Mapping[str, Case], seed: int = 0) -> None:
        self._cases = cases
        self._seed = seed

    def of(self, case_id: str) -> Case | None:
        """The case shown instead of `case_id`, or None where no other patient has a CT."""
        patient = self._cases[case_id].patient_id
        candidates = [
            case for case in self._cases.values() if case.ct is not None and case.patient_id != patient
        ]
        return min(candidates, key=lambda candidate: self._draw(case_id, candidate.case_id), default=None)

    def _draw(self, case_id: str, other_id: str) -> bytes:
        return hashlib.sha256(f"{self._seed}\n{case_id}\n{other_id}".encode()).digest()
