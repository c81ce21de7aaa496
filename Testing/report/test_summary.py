"""The numbers of the report: joined by ids, failures apart, categories counted as said."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.words import Category, ErrorType, Outcome, Probe, QuestionForm
from CTSpatialVQALib.report.page_data import BackendSummary, Tally
from CTSpatialVQALib.report.summary import summarise
from CTSpatialVQALib.report.text_format import summary_sentences
from Testing.report.story import Story


def _summaries(story: Story) -> tuple[BackendSummary, ...]:
    return summarise(story.questions.values(), story.replies, story.scores)


def _flawed(story: Story) -> BackendSummary:
    """Ten questions: 3 right, 2 wrong, 1 undecided, 1 not scored, 2 failures, 1 not asked."""
    for name in "abcdefghij":
        story.question(name)
    for name in "abc":
        story.reply(name, correct=True)
    story.reply("d", correct=False, error_type=ErrorType.LATERALITY_SWAP)
    story.reply("e", correct=False, error_type=ErrorType.LATERALITY_SWAP)
    story.reply("f", correct=None)
    story.reply("g", scored=False)
    story.reply("h", outcome=Outcome.TIMEOUT)
    story.reply("i", outcome=Outcome.REFUSED)
    (summary,) = _summaries(story)
    return summary


def test_every_asking_is_counted_in_one_place_only(story: Story) -> None:
    summary = _flawed(story)
    assert summary.tally == Tally(right=3, wrong=2, undecided=2, failed=2)
    assert (summary.tally.asked, summary.tally.answered, summary.tally.decided) == (9, 7, 5)
    assert summary.failed_by_outcome == {"refused": 1, "timeout": 1}
    assert summary.errors == {"laterality_swap": 2}
    assert (summary.unscored, summary.not_asked) == (1, 1)


def test_failures_do_not_lower_the_accuracy_but_widen_its_bounds(story: Story) -> None:
    tally = _flawed(story).tally
    assert tally.accuracy == pytest.approx(3 / 5)
    assert tally.failure_bounds == pytest.approx((3 / 7, 5 / 7))


def test_sentences_say_what_a_reader_must_know(story: Story) -> None:
    said = summary_sentences(_flawed(story)).replace("\u00a0", " ")
    assert said == (
        "answered 7 of 9 questions; 3 of 5 decided answers are right, 60 % (one patient, so no interval). "
        "2 answers could not be decided and are left out of the accuracy, 1 of them for want of a "
        "score. Counting the 2 unanswered questions (1 refused, 1 timeout) as wrong gives 43 %, as right "
        "71 %. 1 question of the study not asked."
    )


def test_nothing_decided_has_no_accuracy(story: Story) -> None:
    story.question("a")
    story.reply("a", outcome=Outcome.TIMEOUT)
    (summary,) = _summaries(story)
    assert summary.tally.accuracy is None
    assert summary.interval is None
    assert summary_sentences(summary).startswith(
        "answered 0 of 1 question. Counting the unanswered question (1 timeout) as wrong gives"
    )


def test_an_item_counts_once_in_each_of_its_categories(story: Story) -> None:
    story.question("a", categories=(Category.DEPTH, Category.LATERALITY))
    story.question("b", categories=(Category.DEPTH,))
    story.question("c")
    story.reply("a", correct=True)
    story.reply("b", correct=False)
    story.reply("c", correct=True)
    (summary,) = _summaries(story)
    assert [(row.name, row.tally.right, row.tally.wrong) for row in summary.by_category] == [
        (Category.LATERALITY, 1, 0),
        (Category.DEPTH, 1, 1),
        ("no category", 1, 0),
    ]


def test_forms_are_told_apart(story: Story) -> None:
    story.question("a", form=QuestionForm.YES_NO)
    story.question("b", form=QuestionForm.WHERE)
    story.question("c")
    for name in "abc":
        story.reply(name, correct=True)
    (summary,) = _summaries(story)
    assert [(row.name, row.tally.asked) for row in summary.by_form] == [
        ("where", 1),
        ("yes/no", 1),
        ("unknown form", 1),
    ]


def test_probes_of_one_backend_are_summed_apart(story: Story) -> None:
    story.question("a")
    story.reply("a", correct=True)
    story.reply("a", correct=False, probe=Probe.MIRRORED)
    assert [(one.name, one.tally.right) for one in _summaries(story)] == [
        ("model-a", 1),
        ("model-a · mirrored", 0),
    ]


def test_probes_follow_their_own_model(story: Story) -> None:
    story.question("a")
    story.reply("a", "first", correct=True, probe=Probe.MIRRORED)
    story.reply("a", "second", correct=True)
    story.reply("a", "first", correct=True, probe=Probe.TEXT_ONLY)
    story.reply("a", "first", correct=True)
    assert [(one.name, one.probe) for one in _summaries(story)] == [
        ("first", "full"),
        ("first · text_only", "text_only"),
        ("first · mirrored", "mirrored"),
        ("second", "full"),
    ]


def test_the_order_of_replies_and_scores_does_not_matter(story: Story) -> None:
    straight = _flawed(story)
    (mixed,) = summarise(story.questions.values(), story.replies[::-1], story.scores[::-1])
    assert mixed == straight


def test_two_replies_to_one_question_are_refused(story: Story) -> None:
    story.question("a")
    story.reply("a", correct=True)
    story.replies.append(story.replies[0])
    with pytest.raises(BadInput, match="expected one reply per question"):
        _summaries(story)


def test_two_scorers_at_once_are_refused(story: Story) -> None:
    story.question("a")
    reply = story.reply("a", correct=True)
    story.scores.append(story.score(reply, False, by="judge-2"))
    with pytest.raises(BadInput, match="one by 'rules-1' and one by 'judge-2'"):
        _summaries(story)


def test_a_score_without_a_reply_id_is_refused(story: Story) -> None:
    story.question("a")
    reply = story.reply("a", scored=False)
    story.scores.append(story.score(reply, True, reply_id=None))
    with pytest.raises(BadInput, match="expected a reply_id"):
        _summaries(story)


def test_a_score_of_another_run_is_refused(story: Story) -> None:
    story.question("a")
    reply = story.reply("a", scored=False)
    story.scores.append(story.score(reply, True, reply_id="f" * 64))
    with pytest.raises(BadInput, match="score of a reply of this report"):
        _summaries(story)


def test_a_score_of_another_question_is_refused(story: Story) -> None:
    story.question("a")
    reply = story.reply("a", scored=False)
    story.scores.append(story.score(reply, True, question_id="b"))
    with pytest.raises(BadInput, match="expected question 'a', but found 'b'"):
        _summaries(story)


def test_a_failure_scored_as_wrong_is_refused(story: Story) -> None:
    story.question("a")
    reply = story.reply("a", outcome=Outcome.TIMEOUT)
    story.scores.append(story.score(reply, False))
    with pytest.raises(BadInput, match="no decision about a reply with the outcome 'timeout'"):
        _summaries(story)


def test_a_reply_to_an_older_text_of_the_question_is_refused(story: Story) -> None:
    story.question("a", text="Where is it?")
    story.reply("a", correct=True)
    story.question("a", text="Where is it now?")
    with pytest.raises(BadInput, match="question was changed after the run"):
        _summaries(story)


def test_a_reply_to_an_unknown_question_is_refused(story: Story) -> None:
    story.question("a")
    story.reply("a", correct=True)
    with pytest.raises(BadInput, match="Give the study that the run was made with"):
        summarise([], story.replies, story.scores)


def test_a_question_listed_twice_is_refused(story: Story) -> None:
    question = story.question("a")
    with pytest.raises(BadInput, match="each question_id once"):
        summarise([question, question], [], [])
