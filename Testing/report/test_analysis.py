"""The numbers of the report are those of `scoring`, asked about the right questions of the right patients."""

from __future__ import annotations

import json

import numpy as np
import pytest

from CTSpatialVQALib.records.words import Category, Outcome, Probe, QuestionForm
from CTSpatialVQALib.report.analysis import Analysis, ModelNumbers, analyse
from CTSpatialVQALib.report.joined_scores import shown_names
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.scoring.chance import chance_levels
from CTSpatialVQALib.statistics.clusters import Clusters, accuracy
from CTSpatialVQALib.statistics.paired_tests import compare_all
from Testing.report.story import Story
from Testing.report.told_story import BLIND, PATIENTS, analysed, told_story


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analysed(told_story())


def _model(analysis: Analysis, name: str) -> ModelNumbers:
    return next(model for model in analysis.models if model.name == name)


def _right(analysis: Analysis, name: str) -> dict[str, bool]:
    asked = _model(analysis, name).asked
    return {key: one.score.correct is True for key, one in asked.items() if one.score is not None}


def test_the_accuracy_is_that_of_scoring_over_patients(analysis: Analysis) -> None:
    right = _right(analysis, "guesses")
    patients = Clusters.of([key.split("::")[0] for key in right])
    assert _model(analysis, "guesses").accuracy == accuracy(list(right.values()), patients)
    assert _model(analysis, "guesses").accuracy.patients == PATIENTS


def test_failures_are_neither_right_nor_wrong(analysis: Analysis) -> None:
    looks = _model(analysis, "looks")
    assert (looks.tally.failed, looks.accuracy.questions) == (3, 3 * PATIENTS - 3)


def test_a_pair_is_compared_on_the_questions_that_both_decide(analysis: Analysis) -> None:
    pair = next(one for one in analysis.pairs if {one.paired.first, one.paired.second} == {"looks", "prior"})
    looks, prior = _right(analysis, "looks"), _right(analysis, "prior")
    both = [key for key in looks if key in prior]
    assert len(both) == pair.paired.questions == 3 * PATIENTS - 3
    columns = {name: np.array([given[key] for key in both]) for name, given in (("l", looks), ("p", prior))}
    (alone,) = compare_all(columns, Clusters.of([key.split("::")[0] for key in both]))
    assert pair.paired.p_clustered == alone.p_clustered
    assert pair.paired.difference == alone.difference
    assert pair.paired.p_holm > pair.paired.p_clustered  # three pairs were compared


def test_probes_are_not_compared_with_other_models(analysis: Analysis) -> None:
    named = {name for one in analysis.pairs for name in (one.paired.first, one.paired.second)}
    assert named == {"looks", "guesses", "prior"}


def test_probes_have_the_mark_of_their_model(analysis: Analysis) -> None:
    assert _model(analysis, "looks \u00b7 mirrored").series == _model(analysis, "looks").series
    assert len({model.series for model in analysis.full}) == 3


def test_chance_is_that_of_all_questions_asked(analysis: Analysis) -> None:
    patients = {question.case_id: question.case_id for question in analysis.questions.values()}
    assert analysis.chance == chance_levels(list(analysis.questions.values()), patients)
    assert analysis.chance.forms[QuestionForm.YES_NO].majority_answer == "No"


def test_the_blind_baseline_is_known_by_its_settings_and_not_by_its_name(story: Story) -> None:
    story.question("a")
    story.reply("a", "anything", correct=True, key=BLIND)
    story.reply("a", "prior", correct=True)
    found = analyse(story.questions.values(), story.replies, story.scores, {})
    assert found.blind is not None
    assert found.blind.name == "anything"


def test_a_category_is_held_against_the_questions_outside_it(analysis: Analysis) -> None:
    guesses = {share.group: share for share in _model(analysis, "guesses").categories}
    vertical = guesses[str(Category.VERTICAL)]
    assert vertical.versus_rest > 0
    assert vertical.p_holm >= vertical.p


def test_patients_are_those_of_the_study(story: Story) -> None:
    for name in "abcd":
        story.question(name, case_id=f"case-{name}")
        story.reply(name, correct=name != "a")
    patients = {"case-a": "one", "case-b": "one", "case-c": "two"}
    found = analyse(story.questions.values(), story.replies, story.scores, patients)
    assert found.models[0].accuracy.patients == 3  # a case that no study names is its own patient


def test_summary_and_figures_have_the_same_interval(story: Story, analysis: Analysis) -> None:
    told = told_story()
    summary = summarise(told.questions.values(), told.replies, told.scores)
    assert {one.name: one.interval for one in summary if one.interval} == {
        model.name: model.accuracy.interval for model in analysis.models if model.accuracy
    }


def test_nothing_asked_and_nothing_decided_are_told_apart(story: Story) -> None:
    assert analyse([], [], [], {}).models == ()
    story.question("a")
    story.reply("a", outcome=Outcome.TIMEOUT)
    (model,) = analyse(story.questions.values(), story.replies, story.scores, {}).models
    assert (model.accuracy, model.categories, model.forms, model.needed) == (None, (), (), None)


def test_the_numbers_are_plain_data_without_replies(analysis: Analysis) -> None:
    text = json.dumps(analysis.numbers(), allow_nan=False)
    read = json.loads(text)
    looks = next(model for model in read["models"] if model["name"] == "looks")
    assert looks["accuracy"]["share"] == _model(analysis, "looks").accuracy.share
    assert "Right." not in text


def test_two_settings_of_one_backend_are_told_apart_by_what_differs(story: Story) -> None:
    story.question("a")
    story.reply("a", "m", correct=True, key={"contract": "m3d"})
    story.reply("a", "m", correct=False, key={"contract": "merlin"})
    story.reply("a", "m", correct=False, probe=Probe.MIRRORED, key={"contract": "merlin"})
    story.reply("a", "n", correct=True, key={"parameters": {"temperature": 0}})
    story.reply("a", "n", correct=True, key={"parameters": {"temperature": 1}})
    assert set(shown_names(story.replies).values()) == {
        "m (m3d)",
        "m (merlin)",
        "m (merlin) \u00b7 mirrored",
        "n (settings 1)",
        "n (settings 2)",
    }
    found = analyse(story.questions.values(), story.replies, story.scores, {})
    assert {model.name: model.tally.right for model in found.full}["m (m3d)"] == 1
    assert [look.backend for look in found.looks].count("m") == 2
