"""The error type that the measured anatomy suggests; shown after the verdict key only."""

from __future__ import annotations

from typing import NamedTuple

from CTSpatialVQALib.anatomy.case_geometry import CaseGeometry
from CTSpatialVQALib.anatomy.geometry_check import check_in_case
from CTSpatialVQALib.anatomy.geometry_verdict import Standing
from CTSpatialVQALib.anatomy.spatial_answer import NotMeasurable, asked_of_anatomy
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.language.spatial_question import Aim, place_question
from CTSpatialVQALib.records.words import ErrorType

_BY_AIM = {
    Aim.SIDE: ErrorType.LATERALITY_SWAP,
    Aim.SIDE_OF: ErrorType.LATERALITY_SWAP,
    Aim.ACROSS: ErrorType.LATERALITY_SWAP,
    Aim.SAME_SIDE: ErrorType.LATERALITY_SWAP,
    Aim.CONTACT: ErrorType.WRONG_RELATION,
    Aim.LEVEL: ErrorType.WRONG_LEVEL_OR_LOBE,
    Aim.VOLUME: ErrorType.WRONG_EXTENT,
    Aim.LENGTH: ErrorType.WRONG_EXTENT,
    Aim.DISTANCE: ErrorType.WRONG_EXTENT,
    Aim.SIZE: ErrorType.WRONG_EXTENT,
}
_BY_AXIS = (ErrorType.LATERALITY_SWAP, ErrorType.WRONG_DEPTH, ErrorType.WRONG_LEVEL_OR_LOBE)


class Suggestion(NamedTuple):
    """What the geometry says about a reply: a sentence, and the error it would be where it contradicts."""

    standing: Standing
    sentence: str
    error_type: ErrorType | None


class ErrorSuggester:
    """The suggestions for the replies about one case; the geometry of the case is measured once."""

    def __init__(self) -> None:
        self._of: CaseData | None = None
        self._geometry: CaseGeometry | None = None

    def suggest(self, case: CaseData, question: str, answer: str) -> Suggestion:
        """Hold `answer` against the mask of `case`.

        Raises
        ------
        BadInput
            If the mask cannot be read.
        """
        if case is not self._of:
            mask = case.mask
            situs = case.case.situs_inversus
            self._geometry = (
                None if mask is None else CaseGeometry(mask, situs_inversus=situs, findings=case.findings)
            )
            self._of = case
        if self._geometry is None:
            return Suggestion(Standing.UNDECIDABLE, "this case has no anatomy mask", None)
        check = check_in_case(question, answer, self._geometry)
        contradicted = check.standing is Standing.CONTRADICTED
        return Suggestion(check.standing, str(check), _error_type(question) if contradicted else None)


def _error_type(question: str) -> ErrorType | None:
    requested = asked_of_anatomy(question, place_question(question))
    if isinstance(requested, NotMeasurable):
        return None
    if requested.aim is Aim.RELATION and requested.ways:
        return _BY_AXIS[requested.ways[0].axis]
    return _BY_AIM.get(requested.aim)
