"""Verdicts on yes and no, said in words or in statements."""

from __future__ import annotations

import re

from CTSpatialVQALib.language.answer_reading import (
    AnswerReading,
    finding_of,
    off_topic,
    topic_of,
)
from CTSpatialVQALib.language.claims import denies, lateral_set, says_normal
from CTSpatialVQALib.language.clause_marks import Part
from CTSpatialVQALib.language.clauses import Clause
from CTSpatialVQALib.language.comparisons import Way, ways_in, ways_said
from CTSpatialVQALib.language.content_words import (
    content,
)
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.landmarks import without_landmarks
from CTSpatialVQALib.language.place_comparison import Judgement, sites_of
from CTSpatialVQALib.records.words import Certainty, ErrorType
from CTSpatialVQALib.scoring.closed_rules import (
    judge_yes_no,
    polarity_of_statement,
)
from CTSpatialVQALib.scoring.objections import takes_back
from CTSpatialVQALib.scoring.place_rules import BARE, judge_where
from CTSpatialVQALib.scoring.side_relation_rules import judge_side_relation

_I = re.IGNORECASE
_BUT = re.compile(r"\b(?:but|however|although|though)\b", _I)

_SAME_SIDE = re.compile(r"\bsame (?:side|half|lung)\b|\bipsilateral|\bhomolateral", _I)

_OTHER_SIDE = re.compile(
    r"\bopposite (?:sides?|half)\b|\bcontralateral|\bdifferent sides\b|\bother side\b", _I
)

_MIDLINE = re.compile(r"\bmidline\b|\bin the middle\b", _I)

_DEVIATED = re.compile(r"\b(?:deviat|displac|shift|push|pull)\w*", _I)

# a `no` to these denies the number, and the statement still affirms the finding
_QUANTIFIED = re.compile(
    r"\b(?:all|both|bilateral\w*|only|every|confined|limited|unilateral\w*|single|entire\w*|symmetric\w*|"
    r"whole)\b",
    _I,
)
# `the right lung is to the right of the left lung`: sides of structures and of a relation alike
_SIDE_WORD = re.compile(r"\b(?:left|right)\b")


def judge_yes_or_no(question: str, reference: str, reading: AnswerReading) -> Judgement:
    """Yes or no, from the word, from a stated relation, or from the statements about what was asked."""
    wanted = polarity_of_statement(question, reference)
    if wanted is None:
        return Judgement(None, None, "the reference says neither yes nor no")
    related = judge_side_relation(question, reference, reading)
    if related is not None:
        return related
    plain = len(reading.clauses) == 1 and reading.clauses[0].part is Part.STATEMENT
    implied = _implied_polarity(question, reading)
    if reading.yes is None and implied is None and plain:
        if off_topic(question, reading):
            return Judgement(None, None, "speaks of something else")
        text = without_landmarks(reading.text, question, reference) or reading.text
        if reading.clauses[0].denied and not denies(text) and not says_normal(text):
            text = f"No, {text}"  # `both pleural cavities are clear`
        return judge_yes_no(question, reference, text)
    given = reading.yes if reading.yes is not None else implied
    if given is None:
        given = _polarity(question, reading)
    if given is None:
        return Judgement(None, None, "says neither yes nor no")
    spoken = "Yes" if given else "No"
    own = _same_sides_in_order(question, reading.asserted) and given is implied is True
    bare = own or BARE.match(reading.asserted)  # nothing beside the yes, or the question's own statement
    asserted = "" if bare else without_landmarks(reading.asserted, question, reference)
    if reading.yes is not None and _contradicts_itself(question, reading, implied):
        return Judgement(None, None, "its yes or no and its statement differ")
    judged = judge_yes_no(question, reference, f"{spoken}, {asserted}" if asserted else spoken)
    if judged.correct and wanted and given and asserted:
        return _placed_as_said(question, reference, reading, asserted) or judged
    return judged


def _same_sides_in_order(question: str, asserted: str) -> bool:
    """Whether an answer names the sides that the question names, each as often and in the same order."""
    sides = [_SIDE_WORD.findall(text.lower()) for text in (question, asserted)]
    return bool(sides[0]) and sides[0] == sides[1]


def _implied_polarity(question: str, reading: AnswerReading) -> bool | None:
    """Yes or no to a question for a relation, from the relation that the answer states."""
    affirmed = [one for one in reading.clauses if one.affirmed]
    if not affirmed:
        return None
    asked_same, asked_other = _SAME_SIDE.search(question), _OTHER_SIDE.search(question)
    if asked_same or asked_other:
        said = " ".join(one.words for one in affirmed)
        same, other = bool(_SAME_SIDE.search(said)), bool(_OTHER_SIDE.search(said))
        if same != other:
            return same is bool(asked_same)
    if _MIDLINE.search(question) and not re.search(r"\b(?:cross|across|extend|beyond)\w*\b", question, _I):
        said = " ".join(one.words for one in affirmed)
        if _DEVIATED.search(said) and not _MIDLINE.search(said):
            return False
    asked = {way for way, _ in ways_in(question)}
    if len(asked) != 1:
        return None
    (way,) = asked
    told: set[Way] = {one for one in ways_said(question, affirmed) if one.axis == way.axis}
    return told == asked if len(told) == 1 else None


def _placed_as_said(question: str, reference: str, reading: AnswerReading, asserted: str) -> Judgement | None:
    """A yes that names another place than the reference's; None where it names none, or the same."""
    if takes_back(question, reference, reading):
        return Judgement(None, None, "denies a place of the reference")
    known = content(question)
    new, said = content(reference) - known, content(asserted) - known
    asked, wanted, given = (read_anatomy(text) for text in (question, reference, asserted))
    regions = [frozenset(one.regions) - frozenset(asked.regions) for one in (wanted, given)]
    if regions[0] and regions[1] and not regions[0] & regions[1] and not new & said:
        return Judgement(False, ErrorType.WRONG_RELATION, "yes, with another place")
    if sites_of(question, asserted).empty or sites_of(question, reference).empty:
        return None
    placed = judge_where(question, reference, asserted)
    if placed.correct is False and placed.error is not ErrorType.INCOMPLETE:
        return Judgement(None, None, "yes, with another place") if _BUT.search(reading.text) else placed
    return None


def _contradicts_itself(question: str, reading: AnswerReading, implied: bool | None) -> bool:
    """`No, the nodule is in the right lung` to the question whether it is."""
    if says_normal(question) or denies(question) or _QUANTIFIED.search(question):
        return False
    if implied is not None:
        return implied is not reading.yes
    told = _polarity(question, reading)
    if told is None or told is reading.yes:
        return False
    best = _nearest(question, reading.clauses)
    asked, said = lateral_set(question), lateral_set(" ".join(one.words for one in best))
    if not told:
        return min((_shared(question, one) for one in best), default=0) >= 2 and asked == said
    return min((_shared(question, one) for one in best), default=0) >= 1 and asked == said


def _polarity(question: str, reading: AnswerReading) -> bool | None:
    """Whether the clauses that speak of what was asked affirm or deny it."""
    if says_normal(question):
        return polarity_of_statement(question, reading.text)
    best = _nearest(question, reading.clauses)
    affirmed = [one for one in best if one.affirmed]
    denied = [one for one in best if one.denied]
    if affirmed and denied:
        return None if _same_place(affirmed, denied) else True
    return bool(affirmed) if affirmed or denied else None


def _same_place(affirmed: list[Clause], denied: list[Clause]) -> bool:
    named = [lateral_set(" ".join(one.words for one in group)) for group in (affirmed, denied)]
    return named[0] == named[1] or not (named[0] or named[1])


def _shared(question: str, clause: Clause) -> int:
    """How many words of the topic that was asked about a clause says."""
    return len(topic_of(question) & content(clause.words))


def _nearest(question: str, clauses: tuple[Clause, ...]) -> list[Clause]:
    """The clauses that share most words with the question and do not speak of its other side."""
    stated = [one for one in clauses if one.part is Part.STATEMENT]
    stated = [one for one in stated if one.certainty is not Certainty.UNCERTAIN]
    asked = lateral_set(question)
    if len(asked) == 1:
        near = [one for one in stated if not lateral_set(one.words) or asked & lateral_set(one.words)]
        stated = near or stated
    if len(stated) == 1:
        return stated
    for words in (finding_of(question), topic_of(question)):  # places count where no finding is named
        shared = [len(words & content(one.words)) for one in stated]
        if any(shared):
            return [one for one, count in zip(stated, shared, strict=True) if count == max(shared)]
    return []
