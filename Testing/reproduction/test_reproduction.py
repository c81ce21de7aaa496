"""From published files to tables: by position as published, by key as it should have been."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.words import QuestionForm
from CTSpatialVQALib.reproduction.published_alarms import baseline_alarms
from CTSpatialVQALib.reproduction.published_tables import Reproduction, Settings, reproduce
from CTSpatialVQALib.reproduction.tables_json import plain_reproduction
from CTSpatialVQALib.reproduction.tables_text import reproduction_lines
from CTSpatialVQALib.scoring.chance import ChanceLevels, FormChance
from CTSpatialVQALib.statistics.groups import AgainstConstant
from Testing.reproduction.published_folder import PublishedFolder

pytest.importorskip("sacrebleu", reason="the extra `metrics` is not installed")

QUICK = Settings(meteor=False, sbert=False, baselines=False)


@pytest.fixture
def published(tmp_path: Path) -> PublishedFolder:
    return PublishedFolder(tmp_path / "data")


def made(published: PublishedFolder) -> Reproduction:
    return reproduce(published.written(), QUICK)


def codes(found: Reproduction) -> set[str]:
    return {alarm.code for alarm in found.alarms}


def test_files_in_order_give_the_same_both_ways(published: PublishedFolder) -> None:
    found = made(published)
    juries = found.models["m"].juries
    assert juries is not None
    assert juries.by_position is not None
    assert juries.by_position.accuracy == juries.by_key.accuracy == pytest.approx(8 / 24)
    assert juries.flips == 0
    assert codes(found) == {"votes_without_case"}
    assert (found.questions, found.patients) == (24, 4)
    assert found.models["m"].by_category[0].questions == 24


def test_a_lost_row_shifts_the_jury_by_position_only(published: PublishedFolder) -> None:
    del published.judges["gemini2.5"][4]
    found = made(published)
    juries = found.models["m"].juries
    assert juries is not None
    assert juries.position is not None
    assert juries.position.named_by == "gemini2.5"
    assert juries.position.blank == ("valid_0_b_1.nii.gz::1",)
    assert juries.lost == {"gemini2.5": {"valid_0_b_1.nii.gz::1": 4}}
    # from row 4 on, gpt and qwen, two of three, are taken to say of each question what they said of the
    # one before it
    told = juries.verdict_by_position
    shifted = [published.right(*pair) for pair in published.pairs]
    ids = [f"{published.case(case)}::{number}" for case, number in published.pairs]
    assert [told[one] for one in ids[5:]] == shifted[4:-1]
    assert juries.by_key.accuracy == pytest.approx(8 / 24)
    assert {"rows_shifted", "rows_lost", "missing_votes", "low_agreement"} <= codes(found)


def test_copied_verdicts_are_found_and_taken_as_no_vote(published: PublishedFolder) -> None:
    for row in published.judges["gemini2.5"][5:10]:
        row |= {"is_correct": True, "reasoning": "as the first"}
    found = made(published)
    juries = found.models["m"].juries
    assert juries is not None
    assert juries.repeated["gemini2.5"] == 5
    assert juries.by_key.rules["any"].right == 8 + sum(
        not published.right(*pair) for pair in published.pairs[5:10]
    )
    assert juries.rules_without_repeats["any"].right == 8
    assert "repeated_verdicts" in codes(found)


def test_missing_and_null_votes_count_as_zero_as_published(published: PublishedFolder) -> None:
    for judge in ("gpt", "qwen"):
        published.judges[judge][0]["is_correct"] = None
    found = made(published)
    juries = found.models["m"].juries
    assert juries is not None
    assert juries.by_key.accuracy == pytest.approx(7 / 24)
    assert juries.by_key.rules["majority"].undecided == 1


def test_a_published_table_that_differs_is_told(published: PublishedFolder) -> None:
    folder = published.written()
    (folder / "llm_jury_accuracy.json").write_text(
        json.dumps([{"model": "m", "count": 24, "llm_jury_accuracy": 0.25}]), "utf-8"
    )
    found = reproduce(folder, QUICK)
    checks = {check.what: check.equal for check in found.models["m"].checks}
    assert checks == {"jury: answers": True, "jury: accuracy": False}
    assert any("differs: jury: accuracy: published 0.25" in line for line in reproduction_lines(found))


def test_what_is_not_there_is_said(published: PublishedFolder) -> None:
    published.judges.clear()
    found = made(published)
    assert found.models["m"].juries is None
    assert any("m: no judge file" in one for one in found.missing)
    assert any("llm_jury_accuracy.json" in one for one in found.missing)
    assert plain_reproduction(found)["models"]["m"]["jury"] is None  # type: ignore[index]


def test_rows_in_another_order_have_no_place_but_a_key(published: PublishedFolder) -> None:
    for rows in published.judges.values():
        rows.reverse()
    found = made(published)
    juries = found.models["m"].juries
    assert juries is not None
    assert juries.by_position is None
    assert juries.by_key.accuracy == pytest.approx(8 / 24)
    assert "no_order" in codes(found)


def test_baselines_are_held_against_every_model(published: PublishedFolder) -> None:
    found = reproduce(published.written(), Settings(meteor=False, sbert=False))
    assert found.baselines is not None
    # every reference is Yes: the constant answer and the blind prior are always right
    assert found.baselines.chance.majority == 1
    assert found.baselines.prior.share == 1
    assert "blind_baseline_wins" in codes(found)


def another_run(published: PublishedFolder) -> None:
    for row in published.judges["gpt"]:
        row["prediction"] = f"other {row['prediction']}"


def vote_as_text(published: PublishedFolder) -> None:
    published.judges["gpt"][2]["is_correct"] = "true"


def missing_column(published: PublishedFolder) -> None:
    del published.judges["qwen"][3]["prediction"]


def not_a_number(published: PublishedFolder) -> None:
    published.judges["qwen"][3]["is_correct"] = float("nan")


def two_predictions(published: PublishedFolder) -> None:
    published.predictions.append({**published.predictions[0], "prediction": "something else"})


def no_text(published: PublishedFolder) -> None:
    published.predictions[1]["prediction"] = 3


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (another_run, "m_gpt_eval_full.json: expected votes on this model's predictions"),
        (vote_as_text, "m_gpt_eval_full.json: row 2: expected true, false or null"),
        (missing_column, "m_qwen_eval_full.json: row 3: expected the text column 'prediction'"),
        (not_a_number, "m_qwen_eval_full.json"),
        (two_predictions, "line 25: expected one prediction for valid_0_a_1.nii.gz::0"),
        (no_text, "line 2: expected text in the column 'prediction'"),
    ],
)
def test_bad_files_are_refused_with_their_place(
    published: PublishedFolder, capsys: pytest.CaptureFixture[str], fault: object, told: str
) -> None:
    fault(published)  # type: ignore[operator]
    assert main(["reproduce", str(published.written()), "--quick", "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("correctness_matrix_avg3.csv", "question_id,m\nq,1.00\nq,0.00\n", "each question id once"),
        ("correctness_matrix_avg3.csv", "question_id,m\nq,nan\n", "expected a number"),
        ("category_performance.csv", "category,count,m\nx,1\n", "expected 3 cells"),
        ("text_metrics_summary.csv", "bleu,count\n1,2\n", "a column 'model'"),
        ("llm_jury_accuracy.json", '[{"model": "m"}]', "llm_jury_accuracy"),
    ],
)
def test_bad_tables_are_refused(published: PublishedFolder, name: str, text: str, told: str) -> None:
    folder = published.written()
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(BadInput, match=told):
        reproduce(folder, QUICK)


def test_two_files_of_one_judge_are_refused(published: PublishedFolder) -> None:
    folder = published.written()
    (folder / "judges" / "m_gpt_eval.json").write_text("[]", "utf-8")
    with pytest.raises(BadInput, match="one file of judge gpt on m"):
        reproduce(folder, QUICK)


def test_a_folder_without_the_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(tmp_path / "none")]) == 2
    assert main(["reproduce", str(tmp_path)]) == 2
    assert "expected a question file" in capsys.readouterr().err


@pytest.fixture(scope="module")
def official(real_data: Path) -> Reproduction:
    return reproduce(real_data / "benchmark", Settings(sbert=False, baselines=False))


@pytest.mark.real_data
def test_every_published_number_of_the_models_here_is_reproduced(official: Reproduction) -> None:
    for result in official.models.values():
        differing = [check for check in result.checks if check.equal is False]
        assert differing == []
        compared = {check.what for check in result.checks if check.equal}
        assert {"matrix: cells equal", "jury: accuracy", "text: bleu", "text: rougeL_f"} <= compared
        if result.metrics.meteor is not None:
            assert "text: meteor" in compared


@pytest.mark.real_data
def test_joined_by_key_the_jury_is_another(official: Reproduction, real_data: Path) -> None:
    figures = {
        name: (
            round(100 * juries.by_key.accuracy, 2),
            round(100 * juries.without_repeats, 2),
            juries.flips,
            juries.repeated["gemini2.5"],
            min(juries.lost["gemini2.5"].values()),
        )
        for name, result in official.models.items()
        if (juries := result.juries) is not None
    }
    assert figures == {"m3d": (31.23, 31.06, 2417, 885, 2789), "med3dvlm": (32.31, 32.16, 3474, 740, 404)}
    with (real_data / "benchmark" / "published" / "category_performance.csv").open(
        "r", encoding="utf-8"
    ) as stream:
        counts = {row["category"]: int(row["count"]) for row in csv.DictReader(stream)}
    assert {one.group: one.questions for one in official.models["m3d"].by_category} == counts


@pytest.mark.real_data
def test_the_alarms_of_the_published_files_go_off(official: Reproduction) -> None:
    found = {(alarm.code, alarm.about.split(",")[0].split(" /")[0]) for alarm in official.alarms}
    for model in ("m3d", "med3dvlm"):
        for code in (
            "low_agreement",
            "rows_shifted",
            "rows_lost",
            "repeated_verdicts",
            "position_effect",
            "self_contradiction",
        ):
            assert (code, model) in found
    assert ("empty_predictions", "m3d") in found
    about = {alarm.about for alarm in official.alarms if alarm.code == "low_agreement"}
    assert about == {"m3d, as published", "med3dvlm, as published"}


@pytest.mark.real_data
def test_design_effects_and_the_difference_of_the_two_models(official: Reproduction) -> None:
    effects = [
        result.jury_accuracy.design_effect for result in official.models.values() if result.jury_accuracy
    ]
    assert all(1.2 < effect < 1.8 for effect in effects)
    (pair,) = official.comparisons
    assert -0.02 < pair.difference < 0
    json.dumps(plain_reproduction(official), allow_nan=False)


def test_a_model_below_its_best_constant_answer_is_named_where_the_questions_tell() -> None:
    ids = [f"q{at}" for at in range(30)]
    level = FormChance(QuestionForm.YES_NO, 30, 0.5, {"No": 0.9, "Yes": 0.1}, 0.9, "No", frozenset(ids[:27]))
    chance = ChanceLevels({QuestionForm.YES_NO: level}, 0.5, 0.9)
    poor = AgainstConstant(share=0.4, questions=30, constant=0.9, p=0.001, p_holm=0.002)
    (alarm,) = baseline_alarms("m", {"yes_no": poor}, chance)
    assert alarm.code == "below_constant_answer"
    open_ = poor._replace(p_holm=0.2)
    assert baseline_alarms("m", {"yes_no": open_}, chance) == []
    few = ChanceLevels({QuestionForm.YES_NO: level._replace(questions=19)}, 0.5, 0.9)
    assert baseline_alarms("m", {"yes_no": poor}, few) == []
