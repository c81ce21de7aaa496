"""Is an answer right, by rules alone? Deterministic, without a model; says so where it cannot decide.

The rules follow the labelling rules of the benchmark's re-reading: an answer is correct if it states, or
entails, the reference fact at the level the question asks for.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.language.answer_part import AnswerPart, answer_part
from CTSpatialVQALib.language.answer_reading import AnswerReading, read_answer, says_something
from CTSpatialVQALib.language.canonical_text import canonical
from CTSpatialVQALib.language.no_answers import abstention_in
from CTSpatialVQALib.language.options import options_of, with_option_text
from CTSpatialVQALib.language.place_comparison import Judgement
from CTSpatialVQALib.language.question_forms import question_form
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.words import ErrorType, NoAnswer, QuestionForm, VerdictClass
from CTSpatialVQALib.scoring.answer_rules import judge_reading
from CTSpatialVQALib.scoring.strict_rules import judge_strictly

BY = "rules-3"
BY_STRICT = "rules-3-strict"
# an answer to a multiple-choice question that nobody asked
_LETTERS = re.compile(
    r"^\W*(?:(?:both|option|choice|answer) )?\(?[A-E]\)?(?: (?:and|or|&) \(?[A-E]\)?)?\W*$"
    r"|^\W*(?:all|none|both|any|some) of the above\W*$",
    re.IGNORECASE,
)
# verdicts on answers that leave out all that was asked; with a refusal beside it that is no answer
_SAYS_NOTHING = ("no side named", "no lobe named", "no number", "says neither yes nor no")
# a yes to a choice, or both options with what it depends on
_OPEN_CHOICE = re.compile(
    r"^\W*(?:yes|no)\W*$|\b(?:may|might|can|could)\b[^.;]*\bor\b[^.;]*\bdepend", re.IGNORECASE
)
_HEAD = 400  # an error report says so at its beginning
_LOG = re.compile(r"traceback|error\"?\s*[:({]|exception|error code", re.IGNORECASE)
_UNSPECIFIED = re.compile(r"(?:\bnot\b|n['’]t\b)[^.;]{0,12}\bspecif(?:y|ied)\b", re.IGNORECASE)
# other words in which an answer says the same
_UNSTATED = re.compile(
    r"(?:\bnot\b|n['’]t\b)[^.;]{0,12}\b(?:specify|specified|stated?|mention(?:ed)?|reported|described|given)\b",
    re.IGNORECASE,
)


def score_answer(
    question_text: str,
    reference: str,
    prediction: str,
    *,
    question_id: str,
    reply_id: str | None = None,
    clean: bool = True,
    strict: bool = False,
) -> Score:
    """Judge one answer at the level its question asks for.

    Parameters
    ----------
    prediction : the answer as the model gave it; a failed reply has no answer and does not come here
    strict : right only if every detail of the reference is there and none is added
    clean : cut markers, run-on dialogue and leaked prompts first (named in the score's reason)

    Returns
    -------
    Score by `rules-3` or `rules-3-strict`; `correct` is None, with the reason, where the rules cannot decide.
    An output of which cleaning leaves nothing is a `non_answer`.

    Raises
    ------
    BadInput
        If the prediction is blank: that is the outcome `empty`, not a wrong answer.
    """
    if not prediction.strip():
        raise BadInput(
            f"prediction to {question_id}",
            expected="an answer",
            came=shown(prediction),
            remedy="Record the outcome as 'empty' and leave it unscored",
        )
    part = answer_part(prediction) if clean else AnswerPart(" ".join(prediction.split()))
    form = question_form(question_text, reference)
    found = judge_answer(form, question_text, reference, part, strict=strict)
    cut = f" [cut: {', '.join(part.cuts)}]" if part.cuts else ""
    return Score(
        question_id=question_id,
        reply_id=reply_id,
        correct=found.judged.correct,
        error_type=found.judged.error,
        verdict_class=found.verdict_class,
        no_answer=found.no_answer,
        by=BY_STRICT if strict else BY,
        reason=f"{form.spoken}: {found.judged.reason}{cut}",
    )


class Found(NamedTuple):
    """What the rules make of one answer."""

    judged: Judgement
    verdict_class: VerdictClass
    no_answer: NoAnswer | None = None


def judge_answer(
    form: QuestionForm, question: str, reference: str, part: AnswerPart, *, strict: bool
) -> Found:
    """The verdict on the answer part of an output."""
    if abstention_in(part.text[:_HEAD]) is NoAnswer.FAILED and _LOG.search(part.text):
        return _silent(NoAnswer.FAILED)
    if not part.readable:
        return Found(
            Judgement(None, None, "unknown marks, or too long to be an answer"), VerdictClass.UNREADABLE
        )
    answer = with_option_text(question, part.text)
    reference = with_option_text(question, reference)
    if not reference.strip():
        return Found(Judgement(None, None, "no reference answer"), VerdictClass.UNREADABLE)
    if _UNSPECIFIED.search(reference):
        both = bool(_UNSTATED.search(answer))
        judged = Judgement(both or None, None, "the reference says that it is not specified")
        return Found(judged, VerdictClass.EQUAL if both else VerdictClass.UNREADABLE)
    if _LETTERS.match(answer) and not options_of(question):
        return _silent(NoAnswer.BROKEN)
    reading = read_answer(question, answer)
    if "leaked prompt" in part.cuts and not says_something(answer):
        return _silent(NoAnswer.ECHO)
    if reading.no_answer is not None:
        return _silent(reading.no_answer)
    if reading.doubt is not None:
        return Found(Judgement(None, None, reading.doubt), VerdictClass.UNREADABLE)
    reference = canonical(reference)
    judged = judge_reading(form, question, reference, reading)
    silent = _says_nothing(form, answer, reading, judged)
    if silent is not None:
        return _silent(silent)
    strictly = judge_strictly(question, reference, reading.asserted or reading.text, judged)
    return Found(strictly if strict else judged, class_of(judged, strictly))


def _says_nothing(
    form: QuestionForm, answer: str, reading: AnswerReading, judged: Judgement
) -> NoAnswer | None:
    """Why an answer that says nothing of what was asked is none: a refusal beside it, an open choice."""
    if judged.correct is None and form is QuestionForm.CHOICE and _OPEN_CHOICE.search(answer):
        return NoAnswer.UNCOMMITTED
    if judged.correct is False and judged.reason in _SAYS_NOTHING:
        return next((one.abstains for one in reading.clauses if one.abstains is not None), None)
    return None


def _silent(kind: NoAnswer) -> Found:
    return Found(Judgement(None, None, f"no answer: {kind.spoken}"), VerdictClass.ABSTAINS, kind)


def class_of(judged: Judgement, strictly: Judgement) -> VerdictClass:
    """How the answer stands to the reference, from the verdict and from the strict one."""
    if judged.correct is None:
        return VerdictClass.UNREADABLE
    if judged.correct:
        if strictly.correct or strictly.correct is None:
            return VerdictClass.EQUAL
        return VerdictClass.COARSER if strictly.error is ErrorType.INCOMPLETE else VerdictClass.FINER
    if judged.error is ErrorType.INCOMPLETE or judged.error is ErrorType.NON_ANSWER:
        return VerdictClass.COARSER
    return VerdictClass.ADDS if "as well" in judged.reason else VerdictClass.CONTRADICTS
