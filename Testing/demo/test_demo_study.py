"""Does the demo study on disk say what the phantoms are, byte for byte the same on every run?"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from CTSpatialVQALib.demo.patients import PATIENTS
from CTSpatialVQALib.demo.phantom import make_patient
from CTSpatialVQALib.demo.study import case_id_of, write_demo_study
from CTSpatialVQALib.errors import WorkFailed
from CTSpatialVQALib.files import sha256_of_file
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.study import StudyFile

STORED_MIRRORED = 4
SITUS = 3


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo_study(tmp_path_factory.mktemp("study"), "tiny")


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256_of_file(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


def _turned_to_ras(path: Path) -> NDArray[np.int16]:
    turned = sitk.DICOMOrient(sitk.ReadImage(str(path)), "RAS")
    return np.asarray(sitk.GetArrayFromImage(turned).T)


def _as_stored(path: Path) -> NDArray[np.int16]:
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path))).T)


def test_two_runs_write_the_same_bytes(study: Path, tmp_path: Path) -> None:
    again = write_demo_study(tmp_path / "again", "tiny")

    assert _hashes(again.parent) == _hashes(study.parent)
    assert not list(tmp_path.rglob(".writing-*"))


@pytest.mark.parametrize("index", range(5))
def test_a_reader_that_follows_the_header_gets_the_phantom_back(study: Path, index: int) -> None:
    phantom, name = make_patient(index, "tiny"), f"{case_id_of(index)}.nii.gz"

    np.testing.assert_array_equal(_turned_to_ras(study.parent / "ct" / name), phantom.hu)
    np.testing.assert_array_equal(_turned_to_ras(study.parent / "masks" / name), phantom.labels)
    image = sitk.DICOMOrient(sitk.ReadImage(str(study.parent / "ct" / name)), "RAS")
    corner = np.array(image.GetOrigin()) * [-1, -1, 1]
    np.testing.assert_allclose(corner, phantom.grid.affine[:3, 3], atol=1e-3)


def test_the_file_stored_mirrored_swaps_sides_for_a_reader_that_ignores_the_header(study: Path) -> None:
    for index, patient in enumerate(PATIENTS):
        stored = _as_stored(study.parent / "ct" / f"{case_id_of(index)}.nii.gz")
        hu = make_patient(index, "tiny").hu
        assert (stored == hu).all() == (index != STORED_MIRRORED)
        assert (patient.stored_as == "RAS") == (index != STORED_MIRRORED)
        if index == STORED_MIRRORED:
            np.testing.assert_array_equal(stored[::-1], hu)


def test_the_study_file_is_valid_and_names_only_files_that_are_there(study: Path) -> None:
    content = StudyFile.model_validate(tomllib.loads(study.read_text(encoding="utf-8")))

    assert [case.id for case in content.cases] == [case_id_of(index) for index in range(5)]
    assert len({case.patient for case in content.cases}) == 5
    assert [case.situs_inversus for case in content.cases] == [index == SITUS for index in range(5)]
    assert {backend.kind for backend in content.backends} == {"anatomy", "prior", "recorded"}
    named = [path for case in content.cases for path in (case.ct, case.mask, case.report)]
    named += [entry.path for entry in content.questions]
    named += [backend.path for backend in content.backends if backend.path]
    assert all((study.parent / str(path)).is_file() for path in named)


def test_questions_and_recorded_answers_agree_by_id_and_hash(study: Path) -> None:
    lines = (study.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = {one.question_id: one for one in map(Question.from_json, lines)}
    recorded = [
        json.loads(line)
        for line in (study.parent / "demo-flawed.jsonl").read_text(encoding="utf-8").splitlines()
    ]

    assert [question.to_json() for question in questions.values()] == lines
    assert {row["question_id"]: row["question_sha256"] for row in recorded} == {
        question_id: question.question_sha256 for question_id, question in questions.items()
    }
    assert all(set(row) == {"question_id", "question_sha256", "prediction"} for row in recorded)


def test_the_reports_say_what_is_there(study: Path) -> None:
    reports = [
        (study.parent / "reports" / f"{case_id_of(index)}.txt").read_text(encoding="utf-8")
        for index in range(5)
    ]

    assert "pleural effusion on the left" in reports[0]
    assert "right middle lobe" in reports[1]
    assert "No pleural effusion." in reports[1]
    assert "Situs inversus" in reports[SITUS]
    assert all("Situs" not in report for index, report in enumerate(reports) if index != SITUS)


def test_progress_names_each_case_in_order(tmp_path: Path) -> None:
    told: list[str] = []

    write_demo_study(tmp_path, "tiny", progress=told.append)

    assert [line.split(":")[0] for line in told] == [case_id_of(index) for index in range(5)]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "ct" / "phantom-01.nii.gz").mkdir(parents=True)

    with pytest.raises(WorkFailed, match=r"phantom-01\.nii\.gz"):
        write_demo_study(tmp_path, "tiny")
