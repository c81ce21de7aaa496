"""The backend that sees anatomy and nothing else: it answers from the geometry of the mask.

An upper bound for questions about normal anatomy. It declines every question about disease.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.spatial_answer import NotMeasurable, answer_question
from CTSpatialVQALib.backends.backend import Answer, declined, spoken
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation
from CTSpatialVQALib.records.words import Probe


class AnatomyBackend:
    """Answers from masks; see `anatomy.spatial_question` for what it understands."""

    description = "Answers from the geometry of the anatomy masks; declines what masks cannot show."
    version = "2"
    in_flight = 1

    def __init__(self, name: str = "anatomy") -> None:
        self.name = name
        self.parameters: Mapping[str, JsonValue] = {}

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        """The mask itself; no pixel of the CT."""
        return Presentation(
            contract="mask",
            version="1",
            probe=probe,
            axes="R,A,S",
            shape=() if case.mask is None else case.mask.grid.shape,
            spacing_mm=() if case.mask is None else case.mask.grid.spacing_mm,
            content_sha256=case.mask_sha256,
        )

    def prompt(self, question: Question) -> str:
        """The question's text, without anything around it."""
        return question.text

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        """Answer, or decline with the reason."""
        if probe is not Probe.FULL:
            return declined(f"the anatomy backend has no probe '{probe}'")
        if case.mask is None:
            return declined("this case has no anatomy mask")
        geometry = CaseGeometry(case.mask, situs_inversus=case.case.situs_inversus, findings=case.findings)
        answer = answer_question(geometry, question.text)
        if isinstance(answer, NotMeasurable):
            return declined(answer.why)
        return spoken(answer.text, basis=answer.basis)
