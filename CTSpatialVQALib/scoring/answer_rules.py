"""Verdicts on read answers: what they assert and deny, compared with the reference by the question's form."""

from __future__ import annotations

import re

from CTSpatialVQALib.language.answer_reading import (
    AnswerReading,
    off_topic,
    says_something,
)
from CTSpatialVQALib.language.claims import denies, lateral_set, numbers_in, says_normal
from CTSpatialVQALib.language.clause_marks import Part
from CTSpatialVQALib.language.content_words import (
    content,
    same_words,
    spelled_segments,
)
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.landmarks import without_landmarks
from CTSpatialVQALib.language.place_comparison import Judgement, sites_of
from CTSpatialVQALib.records.words import ErrorType, QuestionForm
from CTSpatialVQALib.scoring.absence_rules import (
    judge_absence,
    judge_absence_asked,
    judge_denial,
    judge_other_option,
)
from CTSpatialVQALib.scoring.certainty_checks import open_question, turned_words
from CTSpatialVQALib.scoring.closed_rules import (
    judge_choice,
    judge_measurement,
    judge_sizes,
)
from CTSpatialVQALib.scoring.detail_doubts import doubtful_detail, doubtful_relation
from CTSpatialVQALib.scoring.form_rules import JUDGES, LONG, LUNG, PLACES, RELATIONAL
from CTSpatialVQALib.scoring.left_out import (
    another_detail,
    another_side_beside_yes,
    both_parts,
    part_for_lobe,
    second_part,
    side_too_many,
)
from CTSpatialVQALib.scoring.objections import (
    number_of_side,
    only_relational,
    other_numbers,
    other_segments,
    stressed_side,
    taken_back,
)
from CTSpatialVQALib.scoring.place_rules import NOWHERE
from CTSpatialVQALib.scoring.relation_rules import judge_relation
from CTSpatialVQALib.scoring.yes_no_rules import judge_yes_or_no

_I = re.IGNORECASE
_LUNG_PLACES = (QuestionForm.WHERE, QuestionForm.LEVEL_LOBE)

_ALL_LOBES = re.compile(r"\b(?:all|every|each|five)\b[^.;]*\blobes?\b", _I)

_SAYS_ALL_LOBES = re.compile(
    r"\b(?:all|every|each|five)\b[^.;]*\blobes?\b|\bdiffuse|\bthroughout\b|\bpan-?lobar", _I
)

_LOBES = re.compile(r"\blob(?:es?|ar)\b", _I)

# what an answer is called that says too little, rather than something else
_EMPTY = (ErrorType.NON_ANSWER, ErrorType.INCOMPLETE, ErrorType.OTHER)

_SOME_SIDE = re.compile(
    r"^\W*(?:on )?(?:the )?(?!(?:left|right|either|both|one|which|any|same|each)\b)\w+ side\W*$", _I
)

# words that `content` leaves out and that change a number or a place
_COMPARING = re.compile(r"\b(?:more|less|than|least|most|or|not|no|but)\b", _I)

_SENTENCE = 12

# what is held against an answer that looks right, in this order
_OBJECTIONS = (
    taken_back,
    other_segments,
    other_numbers,
    stressed_side,
    only_relational,
    another_detail,
    side_too_many,
    part_for_lobe,
    another_side_beside_yes,
    second_part,
)


def judge_reading(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement:
    """The verdict on an answer that commits itself."""
    if LUNG.search(question):
        reference = spelled_segments(reference)
    if same_words(reading.text, reference) and not _COMPARING.search(reading.text):
        return Judgement(True, None, "the reference in other order or spelling")
    if form is QuestionForm.YES_NO:
        return _guarded(form, question, reference, reading, judge_yes_or_no(question, reference, reading))
    reversed_ = denies(question) and form is not QuestionForm.LATERALITY
    fine = denies(reference) or says_normal(reference) or bool(NOWHERE.search(reference))
    if reversed_ and form in (QuestionForm.WHERE, QuestionForm.FREE) and read_anatomy(reference).regions:
        return judge_absence_asked(form, question, reference, reading)
    if denies(question):
        return JUDGES[form](question, reference, reading.asserted or reading.denied)
    if fine:
        judged = judge_absence(form, question, reference, reading)
        return _guarded(form, question, reference, reading, judged)
    related = judge_relation(form, question, reference, reading)
    if related is not None:
        doubt = None
        if related.correct:
            doubt = turned_words(question, reference, reading) or doubtful_relation(
                question, reference, reading
            )
        return Judgement(None, None, doubt) if doubt else related
    if not reading.asserted:
        other = judge_other_option(question, reference, reading) if form is QuestionForm.CHOICE else None
        return other or judge_denial(question, reference, reading)
    judged = _judge_asserted(form, question, reference, reading)
    return _guarded(form, question, reference, reading, judged)


def _judge_asserted(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement:
    """What the answer asserts, compared by the question's form."""
    numbers = number_of_side(reference), number_of_side(reading.text)
    if len(numbers[0]) == len(numbers[1]) == 2 and form in (QuestionForm.FREE, QuestionForm.MEASUREMENT):
        if numbers[0] == numbers[1] and not reading.denied:
            return Judgement(True, None, "the same number on each side")
        if set(numbers[0].values()) == set(numbers[1].values()):
            return Judgement(False, ErrorType.LATERALITY_SWAP, "the numbers of the sides are exchanged")
    if form is QuestionForm.MEASUREMENT:
        return _measured(question, reference, reading)
    if form is QuestionForm.CHOICE:
        return judge_choice(question, reference, reading.asserted)
    asserted = without_landmarks(reading.asserted, question, reference)
    if not says_something(asserted) and says_something(reading.asserted):
        beside = JUDGES[form](question, reference, reading.asserted)
        return Judgement(None, None, "only says what it lies beside") if beside.correct else beside
    if LUNG.search(question):
        asserted = spelled_segments(asserted)
    levels = _vertebrae(reference), _vertebrae(asserted)
    if levels[0] and form is QuestionForm.FREE and not levels[1]:
        return Judgement(False, ErrorType.INCOMPLETE, "no vertebra named")
    if all(levels) and form in PLACES:
        return _same_vertebrae(form, question, reference, asserted)
    return _judge_place(form, question, reference, reading, asserted)


def _judge_place(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading, asserted: str
) -> Judgement:
    """Places and sides, with the objections that only lobes raise."""
    place = (
        _with_one_side(question, asserted) if form in _LUNG_PLACES and len(reading.clauses) > 1 else question
    )
    judged = JUDGES[form](place, reference, asserted)
    every = _ALL_LOBES.search(reference) and not _SAYS_ALL_LOBES.search(asserted)
    if judged.correct and every and form in _LUNG_PLACES and not _LOBES.search(asserted):
        return Judgement(False, ErrorType.INCOMPLETE, "does not say that all lobes are meant")
    if judged.correct and "words" in judged.reason:
        wanted, given = (sites_of(question, text).lobes for text in (reference, asserted))
        if wanted and given - wanted and len(given) <= len(wanted) + 1:
            return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another lobe")
    if judged.correct is None and both_parts(question, reference, asserted):
        return Judgement(True, None, "the same place and size")
    if judged.correct and form in (QuestionForm.WHERE, QuestionForm.LEVEL_LOBE):
        judged = judge_sizes(question, reference, asserted) or judged
    return judged


def _with_one_side(question: str, asserted: str) -> str:
    """The question with the one side that the answer names: later clauses leave it out."""
    sides = lateral_set(asserted)
    if len(sides) != 1 or lateral_set(question):
        return question
    (side,) = sides
    return f"{question} ({side} lung)" if LUNG.search(asserted) else question


def _vertebrae(text: str) -> frozenset[str]:
    numbered = read_anatomy(text).structures
    found = frozenset(name for name in numbered if name.startswith("vertebrae_"))
    return found if len(found) < 5 else frozenset()


def _same_vertebrae(form: QuestionForm, question: str, reference: str, asserted: str) -> Judgement:
    wanted, given = _vertebrae(reference), _vertebrae(asserted)
    if wanted == given:
        if form is QuestionForm.LEVEL_LOBE:
            return Judgement(True, None, "same vertebra")
        rest = JUDGES[form](question, reference, asserted)
        names = [read_anatomy(text).structures - _vertebrae(text) for text in (question, reference, asserted)]
        if rest.correct or names[1] - names[0] <= names[2]:
            return Judgement(True, None, "same vertebra and place")
        return rest if len(asserted.split()) <= LONG else Judgement(None, None, "same vertebra")
    if wanted & given:
        return Judgement(None, None, "one vertebra among several")
    return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another vertebra")


def _guarded(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading, judged: Judgement
) -> Judgement:
    """`judged`, unless something else in the answer speaks against it or leaves it open."""
    if judged.correct:
        for objection in _OBJECTIONS:
            found = objection(form, question, reference, reading)
            if found is not None:
                return found
        doubt = open_question(form, question, reference, reading) or doubtful_detail(
            form, question, reference, reading
        )
        if doubt is not None:
            return Judgement(None, None, doubt)
    elif judged.correct is False and judged.error in _EMPTY:
        if RELATIONAL.search(reading.text) and not RELATIONAL.search(reference):
            return Judgement(None, None, "says a side only in relation to something")
        if off_topic(question, reading):
            return Judgement(None, None, "speaks of something else")
        if len(reading.clauses) > 1 and len(reading.text.split()) > _SENTENCE and "words" in judged.reason:
            return Judgement(None, None, judged.reason)
        if judged.error is ErrorType.NON_ANSWER and _SOME_SIDE.search(reading.text):
            return Judgement(None, None, "names a side in unknown words")
    return judged


def _measured(question: str, reference: str, reading: AnswerReading) -> Judgement:
    """The numbers of the clauses that are nearest to the question; others only where these have none."""
    affirmed = [one for one in reading.clauses if one.affirmed and numbers_in(one.words)]
    if not affirmed and any(one.part is Part.GENERAL for one in reading.clauses):
        return Judgement(None, None, "gives no number")
    if not affirmed:
        return judge_measurement(question, reference, reading.text)
    words = content(question)
    most = max(len(words & content(one.words)) for one in affirmed)
    best = [one for one in affirmed if len(words & content(one.words)) == most]
    text = ". ".join(one.words for one in best)
    lengths = {(one.value, one.unit) for one in numbers_in(text)}
    if len(best) > 1 and len(lengths) > 1 and len(numbers_in(reference)) == 1:
        best = [one for one in best if one.concluding] or best
        if len(best) > 1:
            return Judgement(None, None, "several numbers")
        text = best[0].words
    several = ". ".join(one.words for one in affirmed)
    if len(numbers_in(reference)) > 1:
        return judge_measurement(question, reference, several)
    judged = judge_measurement(question, reference, text)
    if judged.correct or text == several:
        return judged
    other = judge_measurement(question, reference, several)
    if other.correct and len(affirmed) > 2 and affirmed[-1].concluding:
        return judge_measurement(question, reference, affirmed[-1].words)
    return judged if not other.correct or len(best) == 1 else Judgement(None, None, "several numbers")
