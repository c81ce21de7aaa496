"""One case with its volume and mask, each read at most once and only when somebody needs it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.anatomy.grounding import ground
from CTSpatialVQALib.anatomy.masks import AnatomyMask, read_mask
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract import Contract, Prepared, without_pixels
from CTSpatialVQALib.imaging.oriented import OrientedVolume
from CTSpatialVQALib.imaging.probes import ProbeInputs, probed
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Probe


class _ShownKey(NamedTuple):
    contract: str
    version: str
    probe: Probe
    structures: tuple[str, ...]


class CaseData:
    """Lazy access to what a case has.

    Parameters
    ----------
    other : gives another patient's case, for the probe `other_case`

    Raises
    ------
    BadInput
        On first access to `volume` or `mask`, if the file is not what it must be, or if the mask lies
        on another grid than the CT.
    """

    def __init__(self, case: Case, other: Callable[[], CaseData | None] | None = None) -> None:
        self.case = case
        self._other = other
        self._shown: dict[_ShownKey, Prepared] = {}
        self._lock = threading.RLock()

    def shown(self, contract: Contract, probe: Probe, question: Question) -> Prepared:
        """What `contract` shows of this case under `probe`; made once for all questions, from any thread.

        Only the probes `erased` and `marked` depend on the question: on the structures it names.

        Raises
        ------
        BadInput
            If the case has no CT, or not what the probe needs.
        """
        structures = self._named(question) if probe in (Probe.ERASED, Probe.MARKED) else ()
        key = _ShownKey(contract.name, contract.version, probe, structures)
        with self._lock:
            if key not in self._shown:
                if structures:  # one array per question: keeping them all would fill the memory
                    self._shown = {kept: made for kept, made in self._shown.items() if not kept.structures}
                self._shown[key] = self._prepared(contract, probe, structures)
            return self._shown[key]

    def _prepared(self, contract: Contract, probe: Probe, structures: tuple[str, ...]) -> Prepared:
        if probe is Probe.TEXT_ONLY:
            return without_pixels(contract)
        if self.volume is None:
            raise BadInput(
                f"case {self.case.case_id}",
                expected=f"a CT, which contract {contract.name} shows",
                came="a case without one",
                remedy="Name its ct in the study file, or ask with the probe text_only",
            )
        other = self._other() if self._other is not None and probe is Probe.OTHER_CASE else None
        inputs = ProbeInputs(
            other=None if other is None else other.volume,
            mask=self.mask if structures else None,
            structures=structures,
        )
        return probed(contract, self.volume, probe, inputs)

    def _named(self, question: Question) -> tuple[str, ...]:
        named = ground(question.text, question.reference)
        both = dict.fromkeys((*named.answer_structures, *named.question_structures))
        return tuple(one for one in both if self.mask is not None and self.mask.has(one))

    @cached_property
    def volume(self) -> OrientedVolume | None:
        """The CT, or None for a case without one."""
        return None if self.case.ct is None else OrientedVolume.from_file(self.case.ct)

    @cached_property
    def mask(self) -> AnatomyMask | None:
        """The anatomy mask on the CT's grid, or None for a case without one."""
        if self.case.mask is None:
            return None
        return read_mask(
            self.case.mask,
            mask_format=self.case.mask_format,
            mask_naming=self.case.mask_naming,
            grid=None if self.volume is None else self.volume.grid,
        )

    @cached_property
    def mask_sha256(self) -> str:
        """Hash of labels, names and grid of the mask; of nothing without a mask."""
        digest = hashlib.sha256()
        if self.mask is not None:
            digest.update(self.mask.grid.to_json().encode())
            digest.update(repr(sorted(self.mask.names.items())).encode())
            # the array is a view with its axes reversed: T makes it contiguous again without a copy
            digest.update(np.ascontiguousarray(self.mask.labels.T).tobytes())
        return digest.hexdigest()
