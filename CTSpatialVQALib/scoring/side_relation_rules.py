"""Verdicts on yes/no questions about sides of two organs and about the midline.

Word, relation and the sides of the organs are read apart; only where all that are said agree is there a
yes or a no, and one that gives an organ another side than the reference is wrong whatever its word.
"""

from __future__ import annotations

from CTSpatialVQALib.language.answer_reading import AnswerReading, said_yes
from CTSpatialVQALib.language.claims import lateral_set
from CTSpatialVQALib.language.clause_marks import Part
from CTSpatialVQALib.language.place_comparison import Judgement
from CTSpatialVQALib.language.polarity import denies, yes_no_of
from CTSpatialVQALib.language.side_relations import (
    Told,
    asks_across,
    asks_same_side,
    reaches_to,
    relation_told,
    says_same_side,
    sides_of_structures,
)
from CTSpatialVQALib.records.words import Certainty, ErrorType, Frame

_UNCLEAR = (Part.GENERAL, Part.ABSTENTION, Part.REJECTED, Part.PAST, Part.EXCEPTION)


def judge_side_relation(question: str, reference: str, reading: AnswerReading) -> Judgement | None:
    """The verdict on an answer to such a question; None for other questions and unread answers."""
    same_asked, across_asked = asks_same_side(question), asks_across(question)
    wanted = yes_no_of(reference)
    if wanted is None or same_asked is across_asked:
        return None
    if any(one.frame is Frame.VIEWER for one in reading.clauses):
        return None
    statements = _statements(reading)
    told = relation_told(question, statements)
    if told is Told.BOTH_WAYS:
        return Judgement(None, None, "says the relation both ways")
    said = {told is Told.HOLDS} if told is not Told.NOTHING else set()
    if same_asked and says_same_side([question]) is Told.FAILS:
        said = {not value for value in said}
    word = reading.yes if reading.yes is not None else _closing_word(reading)
    if word is not None and word not in said:
        said.add(word)
    if not said:
        return None
    if len(said) > 1:
        return Judgement(False, ErrorType.OTHER, "its yes or no and its statement differ")
    given = said.pop()
    if given is not wanted:
        error = ErrorType.WRONG_RELATION
        return Judgement(False, error, f"{'yes' if given else 'no'} for {'yes' if wanted else 'no'}")
    return _with_sides(reference, statements) or Judgement(True, None, "the same relation")


def _statements(reading: AnswerReading) -> list[str]:
    sure = [one for one in reading.clauses if one.part not in _UNCLEAR]
    return [one.words for one in sure if one.certainty is not Certainty.UNCERTAIN]


def _closing_word(reading: AnswerReading) -> bool | None:
    """`Hence no, not on the same side`: the word at the head of the last statement."""
    heads = [said_yes(one.words.removeprefix("Hence").strip()) for one in reading.clauses[-2:]]
    found = {head for head in heads if head is not None}
    return found.pop() if len(found) == 1 else None


def _with_sides(reference: str, statements: list[str]) -> Judgement | None:
    """What the sides that an answer names have against it; None where nothing."""
    wanted = sides_of_structures(reference)
    text = ". ".join(statements)
    given = sides_of_structures(text)
    if any(given[organ] is not side for organ, side in wanted.items() if organ in given):
        return Judgement(False, ErrorType.LATERALITY_SWAP, "gives an organ another side")
    ways = reaches_to(reference), reaches_to(text)
    if all(ways) and not ways[0] & ways[1]:
        return Judgement(False, ErrorType.LATERALITY_SWAP, "reaches to the other side")
    if wanted and len(lateral_set(text)) > 1 and not wanted.keys() & given.keys():
        return Judgement(None, None, "names sides that are not read")
    one_side = lateral_set(reference)
    affirmed = lateral_set(". ".join(words for words in statements if not denies(words)))
    if not wanted and len(one_side) == 1 and affirmed and not one_side & affirmed:
        return Judgement(None, None, "names another side than the reference")
    return None
