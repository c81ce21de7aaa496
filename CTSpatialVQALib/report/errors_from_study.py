"""What a study adds to an error: the picture of its anatomy, and why the anatomy contradicts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.geometry_check import check_in_case
from CTSpatialVQALib.anatomy.geometry_verdict import Standing
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.report.evidence import Pictured, picture_questions
from CTSpatialVQALib.report.verdict_columns import Row
from CTSpatialVQALib.scene.opengl import OpenGLState


class StudyMaterial:
    """The questions and cases of a study, as `errors_folder.export_errors` asks for them.

    A row is matched by question id and hash: a question whose text was changed since has no picture here.
    """

    def __init__(self, study: Study, opengl: OpenGLState) -> None:
        self._cases = study.cases
        self._questions = {
            (question.question_id, question.question_sha256): question for question in study.questions
        }
        self._opengl = opengl
        # errors come case by case, so one case is kept
        self._geometry_of = lru_cache(maxsize=1)(self._read_geometry)

    def pictures(self, rows: Iterable[Row]) -> Mapping[str, Pictured]:
        """Question id -> picture. Errors of unreadable files as in `CaseData`."""
        keys = dict.fromkeys((row["question_id"], row["question_sha256"]) for row in rows)
        questions = [self._questions[key] for key in keys if key in self._questions]
        return picture_questions(questions, self._cases, self._opengl)

    def geometry(self, row: Row) -> str | None:
        """What was measured and what the answer says, if the one contradicts the other."""
        case = self._geometry_of(row["case_id"])
        if case is None or (row["question_id"], row["question_sha256"]) not in self._questions:
            return None
        verdict = check_in_case(row["question"], row["answer"], case)
        return verdict.reason if verdict.standing is Standing.CONTRADICTED else None

    def _read_geometry(self, case_id: str) -> CaseGeometry | None:
        case = self._cases.get(case_id)
        data = None if case is None else CaseData(case)
        if case is None or data is None or data.mask is None:
            return None
        return CaseGeometry(data.mask, situs_inversus=case.situs_inversus, findings=data.findings)
