"""Is an answer right, by rules alone? Deterministic, without a model; says so where it cannot decide.

The rules follow the labelling rules of the benchmark's re-reading: an answer is correct if it states, or
entails, the reference fact at the level the question asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.language.claims import lateral_set, levels_in, numbers_in, yes_no_of
from CTSpatialVQALib.language.content_words import content, same_words, spelled_segments
from CTSpatialVQALib.language.output_cleaning import clean_prediction
from CTSpatialVQALib.language.place_comparison import Judgement
from CTSpatialVQALib.language.question_forms import question_form
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.words import ErrorType, QuestionForm
from CTSpatialVQALib.scoring.closed_rules import (
    judge_choice,
    judge_laterality,
    judge_measurement,
    judge_sizes,
    judge_yes_no,
)
from CTSpatialVQALib.scoring.place_rules import judge_free, judge_level_or_lobe, judge_where
from CTSpatialVQALib.scoring.strict_rules import judge_strictly

BY = "rules-2"
BY_STRICT = "rules-2-strict"
_OR = re.compile(r"\bor\b", re.IGNORECASE)
# an answer to a multiple-choice question that nobody asked
_LETTERS = re.compile(
    r"^\W*(?:(?:both|option|choice|answer) )?\(?[A-E]\)?(?: (?:and|or|&) \(?[A-E]\)?)?\W*$"
    r"|^\W*(?:all|none|both|any|some) of the above\W*$",
    re.IGNORECASE,
)
_UNSPECIFIED = re.compile(r"\b(?:not|n't)\b[^.;]{0,12}\bspecif(?:y|ied)\b", re.IGNORECASE)
_LUNG = re.compile(r"\b(?:lungs?|lobes?|pulmonary)\b", re.IGNORECASE)

_JUDGES: dict[QuestionForm, Callable[[str, str, str], Judgement]] = {
    QuestionForm.YES_NO: judge_yes_no,
    QuestionForm.LATERALITY: judge_laterality,
    QuestionForm.LEVEL_LOBE: judge_level_or_lobe,
    QuestionForm.WHERE: judge_where,
    QuestionForm.CHOICE: judge_choice,
    QuestionForm.MEASUREMENT: judge_measurement,
    QuestionForm.FREE: judge_free,
}


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
    Score by `rules-2` or `rules-2-strict`; `correct` is None, with the reason, where the rules cannot decide.
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
    cleaned = clean_prediction(prediction)
    answer = cleaned.text if clean else " ".join(prediction.split())
    form = question_form(question_text, reference)
    judged = _judge(form, question_text, reference, answer)
    if strict:
        judged = judge_strictly(question_text, reference, answer, judged)
    cut = f" [cut: {', '.join(cleaned.cuts)}]" if clean and cleaned.cuts else ""
    return Score(
        question_id=question_id,
        reply_id=reply_id,
        correct=judged.correct,
        error_type=judged.error,
        by=BY_STRICT if strict else BY,
        reason=f"{form.spoken}: {judged.reason}{cut}",
    )


def _judge(form: QuestionForm, question: str, reference: str, answer: str) -> Judgement:
    if not reference.strip():
        return Judgement(None, None, "no reference answer")
    if not _says_anything(answer) or _LETTERS.match(answer):
        return Judgement(False, ErrorType.NON_ANSWER, "nothing said")
    if _LUNG.search(question):
        reference, answer = spelled_segments(reference), spelled_segments(answer)
    if _UNSPECIFIED.search(reference):
        both = bool(_UNSPECIFIED.search(answer))
        return Judgement(both or None, None, "the reference says that it is not specified")
    if same_words(answer, reference):
        return Judgement(True, None, "the reference in other order or spelling")
    if _echoes(form, question, answer):
        return Judgement(False, ErrorType.NON_ANSWER, "repeats the question")
    judged = _JUDGES[form](question, reference, answer)
    if judged.correct and form in (QuestionForm.WHERE, QuestionForm.LEVEL_LOBE):
        return judge_sizes(question, reference, answer) or judged
    return judged


def _says_anything(answer: str) -> bool:
    return bool(
        content(answer)
        or yes_no_of(answer) is not None
        or numbers_in(answer)
        or lateral_set(answer)
        or levels_in(answer)
    )


def _echoes(form: QuestionForm, question: str, answer: str) -> bool:
    """`Yes, it is above the liver` repeats the question's words and still answers it; so does a choice."""
    if answer.endswith("?"):
        return True
    chosen = form is QuestionForm.CHOICE and not _OR.search(answer)
    if chosen or yes_no_of(answer) is not None:
        return False
    return len(content(answer)) > 2 and same_words(question, answer)
