"""A release comes back as it went in, keeps patients together, and lets no report text out unasked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import jsonschema
import pytest

from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.construction.candidate_pairs import Candidate, Evidence, Mark
from CTSpatialVQALib.construction.data_sheet import Sheet
from CTSpatialVQALib.construction.pair_flaws import Flaw
from CTSpatialVQALib.construction.release import OFFICIAL, OFFICIAL_LINES, OWN, Released, Split, release
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.text import Span
from CTSpatialVQALib.records.words import Category
from Testing.construction.samples import candidate

SECRET = "A wholly secret sentence of a report."
SHEET = Sheet("Chest places", "0.3", licence="CC BY 4.0 | <b>")


def pair(patient: int, case: str, number: int) -> Candidate:
    made = candidate(
        f"On which side is opacity {number}?",
        "On the left – „links“.",
        case_id=f"valid_{patient}_{case}_1.nii.gz",
        number=number + 50,
        categories=(Category.LATERALITY, Category.DEPTH),
    )
    evidence = Evidence(section="findings", span=Span(start=3, end=3 + len(SECRET)), words=SECRET)
    marks = (Mark(flaw=Flaw.REPEATED_REPORT, why=f"as said in {SECRET}"),) if number else ()
    return made.model_copy(
        update={
            "patient_id": f"valid_{patient}",
            "evidence": evidence,
            "marks": marks,
            "report_id": f"r-{patient}",
        }
    )


PAIRS = [pair(patient, case, number) for patient in range(10) for case in "ab" for number in range(2)]
HALVES = (Split("train", 0.5), Split("test", 0.5))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return released(tmp_path / "out").folder


def released(folder: Path, **options: object) -> Released:
    return release(folder, PAIRS, SHEET, splits=HALVES, **options)  # type: ignore[arg-type]


def test_all_three_question_files_hold_the_same_questions(folder: Path) -> None:
    read = {name: read_questions(folder / name).questions for name in (OFFICIAL, OFFICIAL_LINES, OWN)}
    wanted = {one.question.question_sha256 for one in PAIRS}
    ids = {name: [one.question_id for one in found] for name, found in read.items()}
    assert ids[OFFICIAL] == ids[OFFICIAL_LINES] == ids[OWN]
    assert {one.question_sha256 for one in read[OWN]} == wanted
    assert read[OFFICIAL][0].categories == PAIRS[0].question.categories
    assert ids[OWN][:2] == ["valid_0_a_1.nii.gz::0", "valid_0_a_1.nii.gz::1"]


def test_own_questions_fit_the_schema_that_comes_with_them(folder: Path) -> None:
    schema = json.loads((folder / "question.schema.json").read_text("utf-8"))
    for line in (folder / OWN).read_text("utf-8").splitlines():
        jsonschema.validate(json.loads(line), schema)


def test_no_patient_is_in_two_splits(folder: Path) -> None:
    splits = json.loads((folder / "splits.json").read_text("utf-8"))["splits"]
    train, test = (set(splits[name]["patients"]) for name in ("train", "test"))
    assert len(train) == len(test) == 5
    assert not train & test
    cases = set(splits["train"]["cases"]) | set(splits["test"]["cases"])
    assert cases == {one.question.case_id for one in PAIRS}
    assert all(case.rsplit("_", 2)[0] in train for case in splits["train"]["cases"])


def test_another_order_of_the_pairs_deals_alike(folder: Path, tmp_path: Path) -> None:
    release(tmp_path / "other", PAIRS[::-1], SHEET, splits=HALVES)
    one, other = (
        json.loads((path / "splits.json").read_text("utf-8")) for path in (folder, tmp_path / "other")
    )
    assert one["splits"] == other["splits"]


def test_checksums_fit_every_file(folder: Path) -> None:
    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines())
    assert set(sums) == {one.name for one in folder.iterdir()} - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_words_of_reports_stay_inside_unless_asked_for(folder: Path, tmp_path: Path) -> None:
    assert not [one.name for one in folder.iterdir() if SECRET in one.read_text("utf-8")]
    released(tmp_path / "all", with_evidence=True)
    assert SECRET in (tmp_path / "all" / "provenance.jsonl").read_text("utf-8")


def test_cases_that_belong_together_are_named(folder: Path) -> None:
    splits = json.loads((folder / "splits.json").read_text("utf-8"))
    assert ["valid_0_a_1.nii.gz", "valid_0_b_1.nii.gz"] in splits["cases_with_one_report"]
    assert len(splits["pairs_repeated"]["repeated_report"]) == 20


def test_the_data_sheet_counts_and_names_what_it_was_told(tmp_path: Path) -> None:
    flow = [{"name": "its words", "entered": 50, "excluded": {"leaked": 10}, "left": 40}]
    kappa = {"value": 0.61, "interval": [0.5, 0.7], "items": 12}
    sheet = Sheet(
        "Chest places",
        "0.3",
        licence="CC BY 4.0 | <b>",
        validation={"flow": flow, "judging_model": {"model": "some-judge", "judged": 40}},
        audit={
            "answered": {"ann": 12},
            "answered_by_several": 12,
            "agreement": {"clear": {"fleiss": kappa, "alpha": {}, "cohen": {}}},
        },
    )
    release(tmp_path / "out", PAIRS, sheet)
    text = (tmp_path / "out" / "DATASHEET.md").read_text("utf-8")
    for line in (
        "| Pairs | 40 |",
        "| Patients | 10 |",
        "| its words | 50 | leaked 10 | 40 |",
        "| repeated_report | 20 |",
        "| clear | all annotators (Fleiss' kappa) | 0.61 | 0.50 to 0.70 | 12 |",
        "some-judge",
        "CC BY 4.0 \\| &lt;b>",
    ):
        assert line in text
    assert Flaw.LEAKED.meaning in text
    assert Flaw.BLIND.meaning not in text


@pytest.mark.parametrize("splits", [(Split("a", 0.5),), (Split("a", 0.5), Split("a", 0.5)), ()])
def test_splits_that_do_not_add_up_are_refused(splits: tuple[Split, ...], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="add up to 1"):
        release(tmp_path, PAIRS, SHEET, splits=splits)


def test_an_empty_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="at least one pair"):
        release(tmp_path, [], SHEET)
