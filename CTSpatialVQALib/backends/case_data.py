"""One case with its volume and mask, each read at most once and only when somebody needs it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np

from CTSpatialVQALib.anatomy.plausibility import check_case
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract import Contract, Prepared, without_pixels
from CTSpatialVQALib.imaging.probes import ProbeInputs, probed
from CTSpatialVQALib.language.grounding import ground
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Probe
from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask, read_mask
from CTSpatialVQALib.volumes.check_finding import Finding, by_severity
from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

_STRUCTURED = (Probe.ERASED, Probe.MARKED)
_Read = TypeVar("_Read")


class ProbeDoesNotApply(BadInput):
    """A probe needs what this question or this study does not have: nothing is wrong, nothing is asked."""


class _ShownKey(NamedTuple):
    contract: int  # identity: two contracts may share a name and differ in their options
    probe: Probe
    structures: tuple[str, ...]


class _HeldKey(NamedTuple):
    contract: int
    probe: Probe
    question_id: str


class CaseData:
    """Lazy access to what a case has; may be used from several threads.

    Parameters
    ----------
    other : gives another patient's case, for the probe `other_case`; None where there is none

    Raises
    ------
    BadInput
        On access to `volume` or `mask`, if the file is not what it must be, or if the mask lies on another
        grid than the CT. The file is not read again for the next question.
    """

    def __init__(self, case: Case, other_patient: Callable[[], CaseData | None] | None = None) -> None:
        self.case = case
        self._other_patient = other_patient
        self._shown: dict[_ShownKey, Prepared] = {}
        self._lock = threading.RLock()
        self._bad: dict[str, BadInput] = {}

    def shown(self, contract: Contract, probe: Probe, question: Question) -> Prepared:
        """What `contract` shows of this case under `probe`; made once for all questions, from any thread.

        Only the probes `erased` and `marked` depend on the question: on the structures it names. Of these the
        last is kept.

        Raises
        ------
        BadInput
            If the case has no CT, or not what the probe needs.
        ProbeDoesNotApply
            If there is nothing to erase or mark, or no other patient to show.
        """
        key = self._shown_key(contract, probe, question)
        prepared = self._shown.get(key)  # without the lock: who asks need not wait for who prepares
        if prepared is not None:
            return prepared
        with self._lock:
            if key not in self._shown:
                if key.structures:  # one array per question: keeping them all would fill the memory
                    self._shown = {
                        kept: prepared for kept, prepared in self._shown.items() if not kept.structures
                    }
                self._shown[key] = self._prepared(contract, probe, key.structures)
            return self._shown[key]

    def _shown_key(self, contract: Contract, probe: Probe, question: Question) -> _ShownKey:
        """What a presentation depends on, beside the volume."""
        structures = self._named(question) if probe in _STRUCTURED else ()
        return _ShownKey(id(contract), probe, structures)

    def forget_shown(self, probe: Probe) -> None:
        """Let go of what was prepared for `probe`; whoever holds it keeps it."""
        with self._lock:
            self._shown = {
                kept: prepared for kept, prepared in self._shown.items() if kept.probe is not probe
            }

    def forget_volume(self) -> None:
        """Let go of the CT, and of the other patient's; they are read again should they still be needed."""
        with self._lock:
            self.__dict__.pop("_volume", None)
            if "_other_case" in self.__dict__ and self._other_case is not None:
                self._other_case.forget_volume()

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
        if probe in _STRUCTURED and not structures:
            came = "none" if self.mask is not None else "a case without a mask"
            raise _inapplicable(probe, "a structure that the question names and the mask has", came)
        inputs = ProbeInputs(
            other=self._other_volume() if probe is Probe.OTHER_CASE else None,
            mask=self.mask if structures else None,
            structures=structures,
        )
        return probed(contract, self.volume, probe, inputs)

    def _other_volume(self) -> OrientedVolume:
        other_patient = self.other_patient
        if other_patient is None or other_patient.volume is None:
            raise _inapplicable(Probe.OTHER_CASE, "another patient with a CT in the study", "none")
        return other_patient.volume

    def _named(self, question: Question) -> tuple[str, ...]:
        """What the question names; what only its reference names is left out, it would show the answer."""
        mask = self.mask
        return () if mask is None else tuple(filter(mask.has, ground(question.text).question_structures))

    @property
    def other_patient(self) -> CaseData | None:
        """Another patient's case, or None."""
        with self._lock:
            return self._other_case

    @property
    def volume(self) -> OrientedVolume | None:
        """The CT, or None for a case without one."""
        with self._lock:
            return self._volume

    @property
    def mask(self) -> AnatomyMask | None:
        """The anatomy mask on the CT's grid, or None for a case without one."""
        with self._lock:
            return self._mask

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What reading and checking the case's files found, errors first; nothing without files.

        The mask alone is checked where there is no CT.
        """
        with self._lock:
            return self._findings

    def serious_findings(self) -> tuple[Finding, ...]:
        """Errors, and warnings of the readers, if a file of the case was read already.

        What a check merely finds unusual (coarse slices, an organ's density) is for `check` to say.
        """
        if not {"_volume", "_mask"} & set(self.__dict__):
            return ()
        try:
            findings, volume, mask = self.findings, self.volume, self.mask
        except BadInput:  # the other file cannot be read, which is said where it is needed
            return ()
        reading = {*(volume.notes if volume else ()), *(mask.findings if mask else ())}
        return tuple(
            finding
            for finding in findings
            if finding.severity == "error" or (finding.severity == "warning" and finding in reading)
        )

    @property
    def mask_sha256(self) -> str:
        """Hash of labels, names and grid of the mask; of nothing without a mask."""
        with self._lock:
            return self._mask_sha256

    @cached_property
    def _other_case(self) -> CaseData | None:
        return None if self._other_patient is None else self._other_patient()

    @cached_property
    def _volume(self) -> OrientedVolume | None:
        ct, series = self.case.ct, self.case.series
        return None if ct is None else self._read("ct", lambda: OrientedVolume.from_file(ct, series=series))

    @cached_property
    def _mask(self) -> AnatomyMask | None:
        path = self.case.mask
        if path is None:
            return None
        grid = None if self.volume is None else self.volume.grid
        return self._read(
            "mask",
            lambda: read_mask(
                path, mask_format=self.case.mask_format, mask_naming=self.case.mask_naming, grid=grid
            ),
        )

    @cached_property
    def _findings(self) -> tuple[Finding, ...]:
        volume, mask = self._volume, self._mask
        grid = volume.grid if volume is not None else mask.grid if mask is not None else None
        if grid is None:
            return ()
        values = None if volume is None else volume.hu
        checked = check_case(values, grid, mask, situs_inversus=self.case.situs_inversus)
        notes = () if volume is None else volume.notes
        return by_severity((*notes, *checked))

    @cached_property
    def _mask_sha256(self) -> str:
        digest = hashlib.sha256()
        if self.mask is not None:
            digest.update(self.mask.grid.to_json().encode())
            digest.update(repr(sorted(self.mask.names.items())).encode())
            # the array is a view with its axes reversed: T makes it contiguous again without a copy
            digest.update(np.ascontiguousarray(self.mask.labels.T).tobytes())
        return digest.hexdigest()

    def _read(self, what: str, reader: Callable[[], _Read]) -> _Read:
        if what in self._bad:
            raise self._bad[what].with_traceback(None)
        try:
            return reader()
        except BadInput as error:
            self._bad[what] = error
            raise


class HeldCase(CaseData):
    """A case as one request sees it: what it was shown stays, also when the case lets go of it.

    Volume and mask are the case's own.
    """

    def __init__(self, case: CaseData) -> None:
        super().__init__(case.case)
        self._case = case
        self._held: dict[_HeldKey, Prepared] = {}

    def shown(self, contract: Contract, probe: Probe, question: Question) -> Prepared:
        """What the case shows, made at the first time and held from then on."""
        key = _HeldKey(id(contract), probe, question.question_id)
        if key not in self._held:
            self._held[key] = self._case.shown(contract, probe, question)
        return self._held[key]

    @property
    def held(self) -> tuple[Prepared, ...]:
        """All that was shown so far; other requests may hold the same."""
        return tuple(self._held.values())

    @property
    def other_patient(self) -> CaseData | None:
        """Another patient's case, or None."""
        return self._case.other_patient

    @property
    def volume(self) -> OrientedVolume | None:
        """The CT, or None for a case without one."""
        return self._case.volume

    @property
    def mask(self) -> AnatomyMask | None:
        """The anatomy mask on the CT's grid, or None for a case without one."""
        return self._case.mask

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What reading and checking the case's files found."""
        return self._case.findings

    @property
    def mask_sha256(self) -> str:
        """Hash of labels, names and grid of the mask; of nothing without a mask."""
        return self._case.mask_sha256


def _inapplicable(probe: Probe, expected: str, came: str) -> ProbeDoesNotApply:
    return ProbeDoesNotApply(
        f"probe {probe}", expected=expected, came=came, remedy="Leave this probe out for it"
    )
