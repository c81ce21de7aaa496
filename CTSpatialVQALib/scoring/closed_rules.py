"""Is the closed answer right? Yes or no, a side, one of several choices, a number."""

from __future__ import annotations

import re
from typing import NamedTuple

from CTSpatialVQALib.language.claims import (
    denies,
    first_side,
    lateral_set,
    levels_in,
    numbers_in,
    says_normal,
    yes_no_of,
)
from CTSpatialVQALib.language.content_words import content, overlap
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.place_comparison import Judgement, compare_sides, sites_of
from CTSpatialVQALib.records.text import Number
from CTSpatialVQALib.records.words import ErrorType, Side
from CTSpatialVQALib.scoring.place_rules import (
    BARE,
    CENTRICITY,
    DEPTH,
    EXTENT,
    NOWHERE,
    Dimension,
    judge_free,
    judge_where,
)

_I = re.IGNORECASE
_BOTH = frozenset({Side.LEFT, Side.RIGHT})
_ALSO_WHERE = re.compile(r"\b(?:where|which|what)\b", _I)
_SOMEWHERE = re.compile(r"\b(?:specific|certain|particular)\b", _I)
_UNILATERAL = re.compile(r"\b(?:unilateral\w*|one (?:side|lung)|single (?:side|lung))\b", _I)
_ASKS_LOBE = re.compile(
    r"\b(?:which|what|and) (?:\w+ ){0,2}(?:lobes?|segments?)\b|\b(?:upper|middle|lower)(?: lobes?)? or\b"
    r"|\b(?:which|what) lungs? (?:\w+ )?(?:regions?|areas?|parts?|zones?|fields?|bronch(?:us|i))\b",
    _I,
)
# "On which side and at what level ...", "... unilateral or bilateral, and where?"
_ASKS_MORE = re.compile(
    r"\band (?:(?:in|on|at|to|from) )?(?:where|what|which)\b"
    r"|\b(?:sides?|lungs?) and (?:\w+ ){0,4}?"
    r"(?:region|location|structure|part|surfaces?|wall|level|lobe|segment)\b",
    _I,
)
_ASKS_SIZE = re.compile(
    r"\b(?:what|how|and)\b[^?]*\b(?:thickness\w*|sizes?|diameters?|measure\w*|width|length|dimensions?)\b"
    r"(?! (?:of )?(?:up to |about )?\d)",
    _I,
)
_ABOVE_OR_BELOW = re.compile(
    r"\b(?:greater|more|larger|less|smaller|over|under|above|below) than\b|(?<![-=–])>|[<≥≤]", _I
)
_RANGE = re.compile(r"\d\s*(?:mm|cm)?\s*(?:-|–|to)\s*\d")
_ONE_OR_BOTH = re.compile(
    r"\b(?:one|single)\b.*\bor\b.*\b(?:both|two)\b|\bboth\b.*\bor\b.*\b(?:one|single)\b", _I
)
_SAYS_ONE = re.compile(r"\b(?:one|single|only|unilateral\w*)\b", _I)
_PLURAL = re.compile(
    r"\b(?:kidneys|lungs|sides|lobes|glands|breasts|axillae|hila|bases|apices|hemithoraces)\b", _I
)
_COMPARES = re.compile(
    r"\b(?:more|thicker|larger|greater|higher|most|largest|bigger|wider|predominant\w*)\b", _I
)
_ABNORMAL = re.compile(r"\babnormal", _I)
_ANSWER_WORD = re.compile(r"^\W*(?:yes|no)\s*[,;:.]", _I)
_NO_SUCH_THING = re.compile(r"^\W*no\s+(?!(?:they|it|the|this|these|there)\b)\w", _I)
_NOT = re.compile(r"\bnot\b", _I)
_SAYS_BOTH = re.compile(r"\bboth\b", _I)


class _Opposites(NamedTuple):
    """Two opposite directions: how a question offers both, how an answer says one, the error of a swap."""

    offered: re.Pattern[str]
    one: re.Pattern[str]
    other: re.Pattern[str]
    error: ErrorType

    def first(self, text: str) -> bool | None:
        """True if `one` is said first, False if `other` is, None if neither."""
        one, other = (match.start() if (match := side.search(text)) else None for side in self[1:3])
        if one is None or other is None:
            return None if one is other else one is not None
        return one < other


_OPPOSITES = (
    _Opposites(
        re.compile(r"\bto the (?:left|right)\b.*\bor\b.*\b(?:left|right) of\b", _I),
        re.compile(r"\bleft\b", _I),
        re.compile(r"\bright\b", _I),
        ErrorType.LATERALITY_SWAP,
    ),
    _Opposites(
        re.compile(r"\babove\b.*\bor\b.*\bbelow\b|\bbelow\b.*\bor\b.*\babove\b", _I),
        re.compile(r"\b(?:above|higher|superior)\b", _I),
        re.compile(r"\b(?:below|beneath|lower|inferior)\b", _I),
        ErrorType.WRONG_RELATION,
    ),
    _Opposites(
        re.compile(r"\bin front\b.*\bor\b.*\bbehind\b|\bbehind\b.*\bor\b.*\bin front\b", _I),
        re.compile(r"\b(?:front|anterior\w*|before)\b", _I),
        re.compile(r"\b(?:behind|posterior\w*|back)\b", _I),
        ErrorType.WRONG_DEPTH,
    ),
)
_SIDE_WORDS = content("left right both bilateral bilaterally sides lungs")
_GENERIC = content("segment segments lobe lobes part area region side lung lungs level structures")
_MM_PER = {"mm": 1.0, "cm": 10.0}
_TOLERANCE, _TOLERANCE_MM = 0.05, 0.5
_CHOICES = (Dimension(levels_in, ErrorType.WRONG_LEVEL_OR_LOBE), DEPTH, CENTRICITY, EXTENT)


def judge_yes_no(question: str, reference: str, answer: str) -> Judgement:
    """Yes or no as the question means it; `and if so, where?` also wants the place."""
    wanted, given = polarity_of_statement(question, reference), polarity_of_statement(question, answer)
    if wanted is None:
        return Judgement(None, None, "the reference says neither yes nor no")
    if given is None:
        return Judgement(False, ErrorType.NON_ANSWER, "says neither yes nor no")
    if wanted != given:
        if _same_statement(reference, answer):
            return Judgement(True, None, "the reference's statement without its yes or no")
        finding_there = wanted != says_normal(question)
        error = ErrorType.MISSED_FINDING if finding_there else ErrorType.HALLUCINATED_FINDING
        return Judgement(False, error, f"{_said(given)} for {_said(wanted)}")
    if wanted and _ALSO_WHERE.search(question):
        return _placed_yes(question, reference, answer)
    unsaid = yes_no_of(answer) is None and not says_normal(answer)
    if wanted and (unsaid or _SOMEWHERE.search(question)):
        return _not_elsewhere(question, reference, answer)
    return Judgement(True, None, f"{_said(wanted)} as in the reference")


def judge_laterality(question: str, reference: str, answer: str) -> Judgement:
    """The set of sides must be equal; `unilateral` is one side, whichever."""
    wanted, given = _sides(reference), _sides(answer)
    if NOWHERE.search(reference) and not denies(question):
        return _denied(answer)
    if not wanted:
        return judge_where(question, reference, answer)
    if _UNILATERAL.search(answer) and not lateral_set(answer):
        return _unilateral(question, wanted)
    if _COMPARES.search(question) and len(wanted) > 1:
        # "thicker on the right, 11 mm, than on the left": the first side named is the answer
        first, said = first_side(reference), first_side(answer)
        if first in _BOTH:
            sides = compare_sides(frozenset({first}), frozenset({said} if said else ()))
            return judge_sizes(question, reference, answer) or sides if sides.correct else sides
    if not given:
        return Judgement(False, ErrorType.NON_ANSWER, "no side named")
    sides = compare_sides(wanted, given)
    return _beyond_sides(question, reference, answer) or sides if sides.correct else sides


def _beyond_sides(question: str, reference: str, answer: str) -> Judgement | None:
    """What an answer with the right side still has wrong; None where nothing speaks against it."""
    sized = judge_sizes(question, reference, answer)
    if sized is not None:
        return sized
    if _ASKS_LOBE.search(question) and sites_of(question, answer).lobes:
        return judge_where(question, reference, answer)
    for dimension in (CENTRICITY, DEPTH):
        offered, wanted, given = (dimension.read(text) for text in (question, reference, answer))
        if len(offered) > 1 and wanted and given and wanted != given:
            return Judgement(False, dimension.error, "another choice")
    if _ASKS_MORE.search(question):
        placed = judge_where(question, reference, answer)
        if placed.correct and _half_answered(question, reference, answer):
            return Judgement(False, ErrorType.INCOMPLETE, "the side alone")
        return placed if placed.correct is not None else None
    level, said = levels_in(reference), levels_in(answer)
    if level and not said <= level:
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another level")
    return None


def _half_answered(question: str, reference: str, answer: str) -> bool:
    """Whether an answer has no word of what the reference says beside the side."""
    beside = content(reference) - content(question) - _SIDE_WORDS
    own = sites_of("", answer)
    return bool(beside) and not (beside & content(answer) or own.lobes or own.others or own.regions)


def judge_sizes(question: str, reference: str, answer: str) -> Judgement | None:
    """The sizes, where the question asks for them beside the side and the reference gives them."""
    asked = _ASKS_SIZE.search(question) and any(one.unit for one in numbers_in(reference))
    return judge_measurement(question, reference, answer) if asked else None


def judge_choice(question: str, reference: str, answer: str) -> Judgement:
    """One of the alternatives that the question offers."""
    if BARE.match(answer):
        return Judgement(False, ErrorType.NON_ANSWER, "yes or no to a choice")
    direction = _direction(question, reference, answer) or _one_or_both(question, reference, answer)
    if direction is not None:
        return direction
    for dimension in _CHOICES:
        offered, wanted, given = (dimension.read(text) for text in (question, reference, answer))
        if len(offered) > 1 and wanted:
            if not given and _SAYS_BOTH.search(answer):
                given = offered
            return _chosen(wanted == given, dimension.error)
    if says_normal(question):
        error = ErrorType.MISSED_FINDING if says_normal(answer) else ErrorType.HALLUCINATED_FINDING
        return _chosen(says_normal(reference) == says_normal(answer), error)
    both = _options(question, reference, answer)
    if both is not None:
        return both
    near = _around_or(question)
    wanted_words, given_words = content(reference) & near, content(answer) & near
    if wanted_words and given_words:
        return _chosen(given_words <= wanted_words, ErrorType.OTHER)
    return judge_free(question, reference, answer)


def judge_measurement(question: str, reference: str, answer: str) -> Judgement:
    """Every number of the reference, within 5 % or 0.5 mm."""
    wanted, given = numbers_in(reference), numbers_in(answer)
    if not wanted:
        return judge_where(question, reference, answer)
    if not given:
        return Judgement(False, ErrorType.NON_ANSWER, "no number")
    for vague in (_ABOVE_OR_BELOW, _RANGE):
        if vague.search(answer) and not vague.search(reference):
            return Judgement(False, ErrorType.OTHER, "a range instead of the number")
    if all(any(_same_number(one, other) for other in given) for one in wanted):
        return Judgement(True, None, "same numbers")
    return Judgement(False, ErrorType.OTHER, "another number")


def polarity_of_statement(question: str, text: str) -> bool | None:
    """Yes or no as the text answers the question; None where it says nothing."""
    about_normality = says_normal(question) and not _ABNORMAL.search(question)
    leading = yes_no_of(text)
    if leading is not None and not (about_normality and _NO_SUCH_THING.match(text)):
        return leading
    if not content(text):
        return None
    if about_normality:
        # "no loss of height" is a yes to "are the heights normal?", "not normal" is a no
        return says_normal(text) or (denies(text) and not _NOT.search(text))
    return not says_normal(text) and not denies(text)


def _said(value: bool) -> str:
    return "yes" if value else "no"


def _same_statement(reference: str, answer: str) -> bool:
    """`No; it involves both` and `Involves both` say the same."""
    if not _ANSWER_WORD.match(reference) or yes_no_of(answer) is not None:
        return False
    statement = re.sub(r"^\W*\w+", "", reference)
    return denies(statement) == denies(answer) and (overlap(statement, answer, "") or 0) >= 0.5


def _placed_yes(question: str, reference: str, answer: str) -> Judgement:
    if BARE.match(answer):
        return Judgement(False, ErrorType.INCOMPLETE, "yes, without the place")
    return judge_where(question, reference, answer)


def _not_elsewhere(question: str, reference: str, answer: str) -> Judgement:
    """A yes said by naming a place is none if that is another place than the reference's."""
    if not sites_of(question, answer).empty and not sites_of(question, reference).empty:
        placed = judge_where(question, reference, answer)
        if placed.correct is False and placed.error is not ErrorType.INCOMPLETE:
            return placed
    return Judgement(True, None, "affirmed as in the reference")


def _unilateral(question: str, wanted: frozenset[Side]) -> Judgement:
    if wanted == _BOTH:
        return Judgement(False, ErrorType.LATERALITY_SWAP, "unilateral for bilateral")
    if _UNILATERAL.search(question):
        return Judgement(True, None, "unilateral as in the reference")
    return Judgement(False, ErrorType.INCOMPLETE, "unilateral, without the side")


def _denied(answer: str) -> Judgement:
    """To `one side or both?` the reference says: neither."""
    if denies(answer) or says_normal(answer):
        return Judgement(True, None, "denied as in the reference")
    return Judgement(False, ErrorType.HALLUCINATED_FINDING, "affirmed where the reference denies")


def _sides(text: str) -> frozenset[Side]:
    """The sides said, or else those of the structures named: the middle lobe is on the right."""
    said = lateral_set(text)
    if said:
        return said
    read = read_anatomy(text)
    places = [name for name in read.regions if not name.endswith(("_ventricle", "_atrium"))]
    parts = {part for name in (*read.structures, *places) for part in name.split("_")}
    sides = frozenset(side for side in _BOTH if side.value in parts)
    # "kidney" may be either, "kidneys" are both
    return sides if len(sides) == 1 or _PLURAL.search(text) else frozenset()


def _chosen(same: bool, error: ErrorType) -> Judgement:
    return Judgement(same, None if same else error, "same choice" if same else "another choice")


def _direction(question: str, reference: str, answer: str) -> Judgement | None:
    """The direction of one structure from another, where the question offers two opposite ones.

    `To the left of the right lung` names both sides; the first is the direction.
    """
    for pair in _OPPOSITES:
        if pair.offered.search(answer):
            return Judgement(False, ErrorType.NON_ANSWER, "names both alternatives")
        if pair.offered.search(question):
            wanted, given = pair.first(reference), pair.first(answer)
            if wanted is not None and given is not None:
                return _chosen(wanted == given, pair.error)
    return None


def _one_or_both(question: str, reference: str, answer: str) -> Judgement | None:
    """`One hilum or both?`: a text that says neither word is not decided here."""
    if not _ONE_OR_BOTH.search(question):
        return None
    wanted, given = (_says_both(text) for text in (reference, answer))
    return None if wanted is None or given is None else _chosen(wanted == given, ErrorType.WRONG_EXTENT)


def _says_both(text: str) -> bool | None:
    if len(lateral_set(text)) > 1 or _SAYS_BOTH.search(text):
        return True
    return False if _SAYS_ONE.search(text) or lateral_set(text) else None


def _options(question: str, reference: str, answer: str) -> Judgement | None:
    """Of two alternatives the reference may take both; None unless it does."""
    before, _, after = question.lower().rpartition(" or ")
    one, other = (content(" ".join(words)) - _GENERIC for words in (before.split()[-4:], after.split()[:4]))
    sides = (one - other, other - one)
    wanted, given = ([bool(own & content(text)) for own in sides] for text in (reference, answer))
    if not all(wanted) and (any(wanted) or not _SAYS_BOTH.search(reference)):
        return None
    both = all(given) or bool(_SAYS_BOTH.search(answer))
    return _chosen(both, ErrorType.INCOMPLETE)


def _around_or(question: str) -> frozenset[str]:
    """The words of the alternatives: three on either side of `or`."""
    words = question.lower().split()
    near: set[str] = set()
    for at in (place for place, word in enumerate(words) if word == "or"):
        near |= content(" ".join(words[max(0, at - 3) : at + 4]))
    return frozenset(near)


def _same_number(one: Number, other: Number) -> bool:
    """Whether two numbers agree; a missing unit is taken to be the other's."""
    first, second = one.value, other.value
    both_lengths = one.unit in _MM_PER and other.unit in _MM_PER
    if both_lengths:
        first, second = first * _MM_PER[one.unit], second * _MM_PER[other.unit]
    elif one.unit and other.unit and one.unit != other.unit:
        return False
    return abs(first - second) <= max(_TOLERANCE * abs(first), _TOLERANCE_MM if both_lengths else 0.0)
