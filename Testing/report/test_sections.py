"""Each section of the report says what the replies, scores, verdicts and votes say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.records.judgement import Score, Verdict
from CTSpatialVQALib.records.words import ErrorType, Outcome, Probe, QuestionForm, Stage, VerdictValue
from CTSpatialVQALib.report.analysis import Analysis
from CTSpatialVQALib.report.confusion import LEVELS, LOBES, SIDES, count, truths_of
from CTSpatialVQALib.report.methods import methods_paragraphs, settings_table
from CTSpatialVQALib.report.plots import Figure, Section, Table, Words
from CTSpatialVQALib.report.readings import Readings
from CTSpatialVQALib.report.section_accuracy import comparison_section
from CTSpatialVQALib.report.section_agreement import agreement_section
from CTSpatialVQALib.report.section_groups import forms_section
from CTSpatialVQALib.report.section_outcomes import alarms_of, alarms_section, outcomes_section, words_section
from CTSpatialVQALib.report.section_probes import probes_section
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.report.word_counts import count_words
from CTSpatialVQALib.statistics.agreement import Rating, cohen_kappa
from CTSpatialVQALib.statistics.power import questions_for_difference
from Testing.report.story import Story
from Testing.report.told_story import BLIND, PATIENTS, analysed, told_story


@pytest.fixture(scope="module")
def told() -> Story:
    return told_story()


@pytest.fixture(scope="module")
def analysis(told: Story) -> Analysis:
    return analysed(told)


def _tables(section: Section | None) -> dict[str, list[dict[str, str]]]:
    assert section is not None
    tables = [piece for piece in section.pieces if isinstance(piece, Table)]
    tables += [figure.table for figure in section.figures]
    return {
        table.caption: [
            dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows
        ]
        for table in tables
    }


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_comparison_tells_both_tests_and_how_many_questions_are_needed(analysis: Analysis) -> None:
    tables = _tables(comparison_section(analysis))
    first, pair = tables["Paired comparisons"][0], analysis.pairs[0]
    assert (first["Only first right"], first["Only second right"]) == (
        str(pair.paired.only_first),
        str(pair.paired.only_second),
    )
    needed = {row["Model or pair"]: row["Questions"] for row in tables["Questions needed"]}
    effect = max(model.accuracy.design_effect for model in analysis.full[:2])
    assert needed["looks \u2212 guesses"] == str(
        questions_for_difference(pair.paired.difference, pair.discordant, design_effect=max(1.0, effect))
    )


def test_one_model_alone_is_not_compared(story: Story) -> None:
    story.question("a")
    story.reply("a", correct=True)
    assert comparison_section(analysed(story)) is None


def test_a_form_below_its_best_constant_answer_is_told_so(story: Story) -> None:
    for at in range(40):
        story.question(
            f"q{at}", case_id=f"c{at}", text="Is there fluid?", reference="No.", form=QuestionForm.YES_NO
        )
        story.reply(f"q{at}", correct=at % 4 == 0)
    found = analysed(story)
    (row,) = _tables(forms_section(found))["By type of question"]
    assert (row["Best constant"], row["Place"]) == ("100\u00a0%", "below it")
    (alarm,) = alarms_of(found, Readings())
    assert (alarm.code, alarm.about) == ("below_a_constant_answer", "model-a")
    assert "always saying \u201cNo\u201d is right in 100" in alarm.message


def test_one_question_of_a_form_is_no_alarm_though_its_own_reference_is_always_right(story: Story) -> None:
    story.question("q", text="Is there fluid?", reference="No.", form=QuestionForm.YES_NO)
    story.reply("q", correct=False)
    found = analysed(story)
    assert _tables(forms_section(found))["By type of question"][0]["Place"] == "too few questions"
    assert alarms_of(found, Readings()) == ()


def test_sides_are_counted_as_the_texts_name_them(story: Story) -> None:
    asked = {"a": "Left.", "b": "Right.", "c": "Bilateral.", "d": "In the liver."}
    for name, reference in asked.items():
        story.question(name, text="On which side is it?", reference=reference, form=QuestionForm.LATERALITY)
    story.question("e", text="Is it on the left?", reference="Yes, left.", form=QuestionForm.YES_NO)
    story.reply("a", answer="On the right side.")
    story.reply("b", answer="Right")
    story.reply("c", outcome=Outcome.TIMEOUT)
    story.reply("d", answer="Left.")
    story.reply("e", answer="No, right.")
    (model,) = analysed(story).models
    truths = truths_of(SIDES, story.questions.values())
    assert truths == {"a": "left", "b": "right", "c": "both"}
    grid = count(SIDES, model, truths)
    assert grid.columns == ("right", "left", "both", "not said", "no answer")
    assert grid.counts == ((1, 0, 0, 0, 0), (1, 0, 0, 0, 0), (0, 0, 0, 0, 1))


@pytest.mark.parametrize(
    ("reference", "answer", "row", "column"),
    [
        ("In the right upper lobe.", "Left lower lobe", "right upper", "left lower"),
        ("In the lingula.", "In the liver.", "left upper", "not said"),
        ("In both lower lobes.", "right lower lobe", "several", "right lower"),
        (
            "In the right middle lobe.",
            "RML </s> Question: and? Answer: left lower lobe",
            "right middle",
            "right middle",
        ),
    ],
)
def test_lobes_are_counted_as_the_texts_name_them(
    story: Story, reference: str, answer: str, row: str, column: str
) -> None:
    story.question("a", text="In which lobe is it?", reference=reference, form=QuestionForm.LEVEL_LOBE)
    story.reply("a", answer=answer)
    (model,) = analysed(story).models
    grid = count(LOBES, model, truths_of(LOBES, story.questions.values()))
    cells = {
        (one, other): grid.counts[at][beside]
        for at, one in enumerate(grid.rows)
        for beside, other in enumerate(grid.columns)
        if grid.counts[at][beside]
    }
    assert cells == {(row, column): 1}


def test_several_lobes_are_on_no_right_cell(analysis: Analysis) -> None:
    grid = count(LEVELS, analysis.models[0], truths_of(LEVELS, analysis.questions.values()))
    right = {(grid.rows[row], grid.columns[column]) for row, column in grid.right}
    assert right == {("upper", "upper"), ("middle", "middle"), ("lower", "lower")}


def test_probes_say_who_follows_the_mirror(analysis: Analysis) -> None:
    tables = _tables(probes_section(analysis))
    rows = {row["Model"]: row for row in tables["Mirrored left to right"]}
    assert (_plain(rows["looks"]["Follows the mirror"]), _plain(rows["guesses"]["Follows the mirror"])) == (
        "100 %",
        "0 %",
    )
    same = {
        (row["Model"], row["Probe"]): _plain(row["Same meaning"])
        for row in tables["Answers under the probes"]
    }
    assert same["guesses", "text only"] == "100 %"
    assert same["looks", "mirrored"] == "0 %"


def test_without_probes_the_section_says_how_to_run_them(story: Story) -> None:
    story.question("a")
    story.reply("a", correct=True)
    section = probes_section(analysed(story))
    assert section is not None
    (words,) = [piece for piece in section.pieces if isinstance(piece, Words)]
    assert words.note
    assert f"--probe {Probe.TEXT_ONLY}" in words.command


def _verdict(story: Story, at: int, reader: str, value: VerdictValue) -> Verdict:
    reply = story.replies[at]
    wrong = value is VerdictValue.INCORRECT
    return Verdict(
        reader=reader,
        reply_id=reply.reply_id,
        question_id=reply.key.question_id,
        question_sha256=reply.key.question_sha256,
        stage=Stage.FINAL,
        value=value,
        aided=False,
        error_type=ErrorType.OTHER if wrong else None,
        given_utc=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_agreement_of_readers_and_with_the_rules_is_that_of_scoring(told: Story, analysis: Analysis) -> None:
    values = [VerdictValue.CORRECT, VerdictValue.INCORRECT]
    given = {"reader-1": [at % 2 for at in range(12)], "reader-2": [at % 3 == 0 for at in range(12)]}
    verdicts = tuple(
        _verdict(told, at, reader, values[said])
        for reader, all_of in given.items()
        for at, said in enumerate(all_of)
    )
    section = agreement_section(analysis, told.replies, told.scores, Readings(verdicts))
    rows = {row["Who"]: row for row in _tables(section)["Agreement of readers, final stage"]}
    patients = [told.replies[at].case_id for at in range(12)]
    ratings = [
        Rating(str(at), reader, str(said), patients[at])
        for reader, all_of in given.items()
        for at, said in enumerate(all_of)
    ]
    expected = cohen_kappa(ratings, "reader-1", "reader-2")
    assert rows["reader-1 / reader-2"]["Value"] == f"{expected.value:.3f}"
    scored = {score.reply_id: score.correct for score in told.scores}
    decided = [at for at in range(12) if scored.get(told.replies[at].reply_id) is not None]
    assert rows["reader-1 / rules"]["Answers"] == str(len(decided))
    assert rows["all, Krippendorff's alpha"]["Answers"] == "12"


def test_judges_are_counted_without_a_vote_being_a_vote(told: Story, analysis: Analysis) -> None:
    ids = [reply.reply_id for reply in told.replies[:6]]
    votes = {
        "gpt": dict(zip(ids, (True, True, True, False, False, None), strict=True)),
        "qwen": dict(zip(ids, (True, True, False, False, True, True), strict=True)),
    }
    section = agreement_section(analysis, told.replies, told.scores, Readings((), votes))
    rows = {row["Who"]: row for row in _tables(section)["Judges and juries"]}
    counts = {who: [row["Right"], row["Wrong"], row["No vote or undecided"]] for who, row in rows.items()}
    assert counts == {
        "gpt": ["3", "2", "1"],
        "qwen": ["4", "2", "0"],
        "jury, unanimous": ["2", "3", "1"],
        "jury, majority": ["2", "1", "3"],
        "jury, any": ["5", "1", "0"],
    }
    assert "missing_votes" in {alarm.code for alarm in alarms_of(analysis, Readings((), votes))}


def test_without_readers_and_judges_the_section_says_so(told: Story, analysis: Analysis) -> None:
    section = agreement_section(analysis, told.replies, told.scores, Readings())
    assert section is not None
    (words,) = section.pieces
    assert isinstance(words, Words)
    assert "No reader and no judge" in words.text


def test_outcomes_add_up_and_errors_are_shares_of_the_wrong_answers(story: Story) -> None:
    for name in "abcdef":
        story.question(name)
    story.reply("a", correct=True)
    story.reply("b", correct=False, error_type=ErrorType.LATERALITY_SWAP)
    story.reply("c", correct=False, error_type=ErrorType.LATERALITY_SWAP)
    story.reply("d", correct=None)
    story.reply("e", outcome=Outcome.REFUSED)
    summary = summarise(story.questions.values(), story.replies, story.scores)
    tables = _tables(outcomes_section(summary))
    outcomes = {row["Outcome"]: int(row["model-a"]) for row in tables["Outcomes"]}
    assert outcomes == {
        "questions asked": 5,
        "answered, right": 1,
        "answered, wrong": 2,
        "answered, undecided": 1,
        "refused": 1,
        "not asked": 1,
    }
    (error,) = tables["Types of error"]
    assert _plain(error["model-a"]) == "2 (100 %)"


def test_a_model_behind_the_blind_baseline_raises_an_alarm(story: Story) -> None:
    for at in range(30):
        story.question(f"q{at}", case_id=f"c{at}")
        story.reply(f"q{at}", "model", correct=at % 5 == 0, answer=f"Answer {at}")
        story.reply(f"q{at}", "blind", correct=at % 2 == 0, key=BLIND)
    alarms = [alarm for alarm in alarms_of(analysed(story), Readings()) if "blind" in alarm.code]
    assert [alarm.about for alarm in alarms] == ["model"]
    assert alarms[0].numbers["points"] == pytest.approx(30.0)


def test_a_model_that_answers_alike_whatever_the_case_raises_an_alarm_but_the_blind_one_must(
    story: Story,
) -> None:
    for at in range(12):
        story.question(f"q{at}", case_id=f"c{at}", text="Where is it?", reference=f"In rib {at}.")
        story.reply(f"q{at}", "model", correct=False, answer="In the liver.")
        story.reply(f"q{at}", "blind", correct=False, answer="In the liver.", key=BLIND)
    alarms = [alarm for alarm in alarms_of(analysed(story), Readings()) if alarm.code.startswith("same")]
    assert [alarm.about for alarm in alarms] == ["model"]


def test_contaminated_answers_raise_an_alarm(story: Story) -> None:
    story.question("a")
    story.reply("a", correct=True, answer="Left.</s>")
    found = analysed(story)
    section = alarms_section(alarms_of(found, Readings()), found)
    (row,) = _tables(section)["Reasons to distrust these numbers"]
    assert row["Check"] == "contaminated predictions"
    assert "marker 1 of 1" in row["Observation"]


def test_words_are_counted_of_questions_references_and_answers(story: Story) -> None:
    story.question("a", text="Where is it now?", reference="Left lung")
    story.question("b", text="Where?", reference="Right lower lobe of it")
    story.question("never asked", text="One two three four five six")
    story.reply("a", answer="Left.")
    story.reply("b", answer="It is in the right lung.")
    found = analysed(story)
    assert {one.what: one.lengths for one in count_words(found)} == {
        "questions": (1, 4),
        "reference answers": (2, 5),
        "answers of model-a": (1, 6),
    }
    section = words_section(found)
    assert section is not None
    (figure,) = [piece for piece in section.pieces if isinstance(piece, Figure)]
    bars = figure.plot.rows[0]
    assert [at + 1 for at, count_ in enumerate(bars.counts) if count_] == [1, 4]
    assert bars.median == 2.5


def test_methods_name_scorer_seeds_versions_and_settings(told: Story, analysis: Analysis) -> None:
    text = " ".join(methods_paragraphs(analysis, told.scores, Readings(), runs=2))
    assert f"72 questions about {PATIENTS} CT volumes of {PATIENTS} patients were asked in 2 runs" in text
    for word in ("rules-", "Korn and Graubard", "Holm", "CTSpatialVQA", "Python", "scipy"):
        assert word in text
    rows = {row[0]: row for row in settings_table(analysis).rows}
    assert "neighbours 15" in rows["prior"][5]
    assert rows["looks"][5] == "none"


def test_a_contract_is_told_with_its_version_and_decoding(story: Story) -> None:
    story.question("a")
    story.reply("a", correct=True, key={"contract": "merlin"})
    (row,) = settings_table(analysed(story)).rows
    version = contract_named("merlin").version
    assert row[2].startswith(f"merlin version {version}, decoding do sample false")


def test_scores_by_another_scorer_are_named(story: Story) -> None:
    story.question("a")
    reply = story.reply("a", scored=False)
    story.scores.append(
        Score(question_id="a", reply_id=reply.reply_id, correct=True, by="rules-9", reason="x")
    )
    assert "(rules-9)" in methods_paragraphs(analysed(story), story.scores, Readings(), 1)[1]


def test_sides_that_stay_on_a_mirrored_volume_are_named_before_everything_else(story: Story) -> None:
    for at in range(14):
        side = "left" if at % 2 else "right"
        story.question(
            f"q{at}", case_id=f"c{at}", text="On which side is it?", reference=f"{side.capitalize()} side."
        )
        said = f"On the {side} side."
        story.reply(f"q{at}", correct=True, answer=said)
        story.reply(f"q{at}", correct=True, answer=said, probe=Probe.MIRRORED)
    # a contaminated answer raises an alarm of its own
    story.question("q-odd", case_id="c-odd", text="Where is it?", reference="Liver.")
    story.reply("q-odd", correct=True, answer="Liver.</s> Question: what else? Answer: nothing")
    analysis = analysed(story)
    alarms = alarms_of(analysis, Readings())
    assert alarms[0].code == "does_not_follow_the_mirror"
    assert len(alarms) > 1
    assert alarms[0].numbers["followed"] == 0
    (row,) = _tables(probes_section(analysis))["Mirrored left to right"]
    assert (row["One-sided questions"], row["Follows the mirror"]) == ("14", "0\u00a0%")
    assert row["Against a coin"].startswith("stays")
