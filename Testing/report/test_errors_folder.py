"""The folder for a model's maker: incorrect by verdict or else by score, with picture, claims, geometry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.audit.events import reply_received, verdict_given
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.demo.study import write_demo_study
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import ErrorType, VerdictValue
from CTSpatialVQALib.report.errors_folder import WITHOUT_STUDY, export_errors
from CTSpatialVQALib.report.errors_from_study import StudyMaterial
from CTSpatialVQALib.report.evidence import Pictured
from CTSpatialVQALib.report.items import Picture
from CTSpatialVQALib.report.verdict_columns import Row
from CTSpatialVQALib.scene.opengl import OpenGLState
from Testing.report.export_samples import log_of, reply, verdict
from Testing.report.reading_samples import HEART, HOSTILE, KIDNEY, ODD, Reading, read_log


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path / "audit.sqlite")


def errors_in(folder: Path) -> dict[str, dict[str, Any]]:
    lines = (folder / "errors.jsonl").read_text("utf-8").split("\n")[:-1]
    return {record["question_id"]: record for record in map(json.loads, lines)}


def judged(reading: Reading, out: Path) -> dict[str, str]:
    export_errors(reading.path, out)
    return {question_id: record["judged_by"] for question_id, record in errors_in(out).items()}


def test_without_verdicts_the_score_says_what_is_incorrect(reading: Reading, tmp_path: Path) -> None:
    by_score = {KIDNEY.question_id: "score rules-1", ODD.question_id: "score rules-1"}
    assert judged(reading, tmp_path / "out") == by_score


def test_a_verdict_counts_more_than_the_score(reading: Reading, tmp_path: Path) -> None:
    reading.verdict("reader-1", KIDNEY, "correct")
    reading.verdict("reader-1", HEART, "incorrect", error_type="wrong_relation", severity="minor")
    reading.verdict("reader-1", ODD, "question_faulty", faults=["ambiguous"])
    assert judged(reading, tmp_path / "out") == {HEART.question_id: "verdict of one reader"}
    record = errors_in(tmp_path / "out")[HEART.question_id]
    assert (record["error_type"], record["severity"]) == ("wrong_relation", "minor")


def test_a_final_verdict_counts_more_than_the_blind_one(reading: Reading, tmp_path: Path) -> None:
    reading.verdict("reader-1", KIDNEY, "correct", stage="final")
    reading.verdict("reader-1", KIDNEY, "incorrect", stage="blind", error_type="other")
    assert KIDNEY.question_id not in judged(reading, tmp_path / "out")


def test_more_readers_decide_and_an_even_split_is_left_out_and_counted(
    reading: Reading, tmp_path: Path
) -> None:
    for reader, value in (("reader-1", "correct"), ("reader-2", "incorrect")):
        wrong = {"error_type": "incomplete"} if value == "incorrect" else {}
        reading.verdict(reader, KIDNEY, value, **wrong)
        reading.verdict(reader, HEART, value, **wrong)
    reading.verdict("reader-3", HEART, "incorrect", error_type="incomplete")
    assert judged(reading, tmp_path / "out") == {
        HEART.question_id: "verdict of 2 of 3 readers",
        ODD.question_id: "score rules-1",
    }
    assert "1 answer on which readers disagree evenly" in (tmp_path / "out/index.html").read_text("utf-8")


def test_an_adjudicated_verdict_decides(reading: Reading, tmp_path: Path) -> None:
    event = reading.verdict("reader-1", KIDNEY, "correct")
    reading.settle("reader-9", KIDNEY, "incorrect", event, error_type="laterality_swap")
    assert judged(reading, tmp_path / "out")[KIDNEY.question_id] == "adjudicated verdict"


def test_a_record_holds_structures_claims_and_every_verdict(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    export_errors(reading.path, tmp_path / "out", geometry=lambda row: f"measured for {row['question_id']}")
    record = errors_in(tmp_path / "out")[KIDNEY.question_id]
    assert record["structures"] == ["kidney_left"]
    assert record["claims"][0]["sides"] == ["right"]
    assert record["reference_claims"][0]["sides"] == ["left"]
    assert record["geometry"] == "measured for case-1::kidney"
    assert [one["verdict"] for one in record["verdicts"]] == ["incorrect", "incorrect"]
    assert (record["error_type"], record["severity"]) == ("laterality_swap", "critical")
    assert record["score_by"] == "rules-1"
    assert record["picture"] is None
    assert record["picture_note"] == WITHOUT_STUDY


def test_hostile_texts_are_exact_in_the_lines_and_harmless_in_the_page(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    export_errors(reading.path, tmp_path / "out")
    assert errors_in(tmp_path / "out")[ODD.question_id]["answer"] == HOSTILE
    page = (tmp_path / "out/index.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert "[U+202E]" in page


def test_pictures_are_named_by_their_content(reading: Reading, tmp_path: Path, ct_like_png: bytes) -> None:
    asked: list[set[str]] = []

    def pictures(rows: Iterable[Row]) -> Mapping[str, Pictured]:
        rows = list(rows)
        asked.append({row["case_id"] for row in rows})
        return {
            row["question_id"]: Pictured(row["question_id"], Picture(ct_like_png, "axial", ()), ("liver",))
            for row in rows
            if row["case_id"] == "case-1"
        }

    export_errors(reading.path, tmp_path / "out", pictures=pictures)
    found = errors_in(tmp_path / "out")
    name = found[KIDNEY.question_id]["picture"]
    assert re.fullmatch(r"pictures/[0-9a-f]{32}\.png", name)
    assert (tmp_path / "out" / name).read_bytes() == ct_like_png
    assert found[ODD.question_id]["picture"] is None
    assert asked == [{"case-1"}, {"case-2"}]
    assert "data:image/png;base64," in (tmp_path / "out/index.html").read_text("utf-8")


def test_a_failure_on_the_way_leaves_nothing(reading: Reading, tmp_path: Path) -> None:
    def fails(row: Row) -> str:
        raise RuntimeError(row["case_id"])

    with pytest.raises(RuntimeError):
        export_errors(reading.path, tmp_path / "below" / "out", geometry=fails)
    assert list((tmp_path / "below").iterdir()) == []


def test_the_study_gives_the_picture_and_the_measured_contradiction(tmp_path: Path) -> None:
    study = load_study(write_demo_study(tmp_path / "study", "tiny"))
    (asked,) = [one for one in study.questions if one.question_id == "phantom-01::trachea-depth"]
    changed = Question(question_id="phantom-01::liver", case_id="phantom-01", text="Where?", reference="")
    wrong = [reply(asked, "Behind it."), reply(changed, "Behind it.")]
    log = log_of(
        tmp_path / "audit.sqlite",
        *(reply_received(one, about) for one, about in zip(wrong, (asked, changed), strict=True)),
        *(
            verdict_given(verdict(one, VerdictValue.INCORRECT, error_type=ErrorType.WRONG_DEPTH))
            for one in wrong
        ),
    )
    material = StudyMaterial(study, OpenGLState(False, "the test says so"))
    out = tmp_path / "errors"
    assert export_errors(log, out, pictures=material.pictures, geometry=material.geometry) == 2
    found = errors_in(out)
    assert "in front of the esophagus" in found[asked.question_id]["geometry"]
    assert (out / found[asked.question_id]["picture"]).read_bytes().startswith(b"\x89PNG")
    assert found[asked.question_id]["drawn"] == ["esophagus", "trachea"]
    assert found[changed.question_id]["picture"] is None
    assert found[changed.question_id]["geometry"] is None
    for file in out.rglob("*"):
        if file.is_file():
            assert str(tmp_path).encode() not in file.read_bytes()
