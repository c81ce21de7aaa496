"""`erased` and `marked` show what the question names, never what only its reference does."""

from __future__ import annotations

import numpy as np
import pytest

from CTSpatialVQALib.backends.case_data import CaseData, ProbeDoesNotApply
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.demo.study import write_demo_study
from CTSpatialVQALib.imaging.probes import ProbeInputs, probed
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Probe
from Testing.backends.shown_patients import FOUR_SLICES


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> CaseData:
    folder = tmp_path_factory.mktemp("demo")
    study = load_study(write_demo_study(folder, size="tiny"))
    return CaseData(next(iter(study.cases.values())))


def asked(text: str, reference: str) -> Question:
    return Question(question_id="one::0", case_id="one", text=text, reference=reference)


@pytest.mark.parametrize("probe", [Probe.ERASED, Probe.MARKED])
def test_the_reference_adds_nothing_to_what_is_shown(case: CaseData, probe: Probe) -> None:
    shown = case.shown(FOUR_SLICES, probe, asked("Where does the liver lie?", "Right of the spleen."))
    alone = probed(FOUR_SLICES, case.volume, probe, ProbeInputs(mask=case.mask, structures=("liver",)))
    np.testing.assert_array_equal(shown.array, alone.array)


@pytest.mark.parametrize("probe", [Probe.ERASED, Probe.MARKED])
def test_a_question_that_names_no_anatomy_is_not_asked_under_the_probe(case: CaseData, probe: Probe) -> None:
    with pytest.raises(ProbeDoesNotApply, match="a structure that the question names"):
        case.shown(FOUR_SLICES, probe, asked("Where is the lesion?", "In the liver."))
