"""What an answer that looks right leaves out or contradicts: a part of the question, a lobe, a detail.

Omission of a detail that nobody asked for is tolerated; another value of it is not. A question for two
things is answered by two.
"""

from __future__ import annotations

import re

from CTSpatialVQALib.language.answer_reading import AnswerReading
from CTSpatialVQALib.language.claims import (
    centricities_in,
    depths_in,
    lateral_set,
    levels_in,
    numbers_in,
)
from CTSpatialVQALib.language.content_words import content, parts_in, segments_in
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.place_comparison import Judgement, sites_of, unsided
from CTSpatialVQALib.records.words import ErrorType, QuestionForm
from CTSpatialVQALib.scoring.certainty_checks import OPPOSITE_OF
from CTSpatialVQALib.scoring.closed_rules import judge_measurement
from CTSpatialVQALib.scoring.form_rules import LUNG, PLACES

_I = re.IGNORECASE
# a second thing asked for: `... and where ...`, `name the kidney and the pole`, `size and position of`
_ASKS_TWO = re.compile(
    r"\band (?:\w+ )?(?:where|what|which|how|by how|in relation)\b"
    r"|\b(?:name|give|state|specify|describe|including|both) [^?.]*\band\b"
    r"|\b(?P<one>sizes?|diameters?|numbers?|locations?|positions?|sides?|levels?|lobes?|conditions?|"
    r"shapes?|densit(?:y|ies)|orientations?|extents?|depths?|laterality|kidneys?|poles?|segments?)"
    r" and (?:the )?(?:\w+ )?(?:sizes?|diameters?|numbers?|locations?|positions?|sides?|levels?|lobes?|"
    r"conditions?|shapes?|densit(?:y|ies)|orientations?|extents?|depths?|laterality|kidneys?|poles?|"
    r"segments?)\b",
    _I,
)
_MEASURE_WORDS = content(
    "size sizes diameter measures measuring measured mm cm millimetre centimetre long wide thick large about"
    " approximately left right both side sides"
)
_LOBE = re.compile(
    r"\blob(?:es?|ar)\b|\blingul|\b[RL][UML]L\b|\bsegment|\bS\d|\bap(?:ex|ices|ical)\b|\bbas(?:al|es?|ilar)\b",
    _I,
)
_LOBE_WORD = re.compile(r"\blobes?\b", _I)
_PART_OF_LUNG = re.compile(
    r"\b(?:upper|middle|lower) (?:parts?|portions?|thirds?|areas?|regions?|half|halves|aspects?|sections?)"
    r" of (?:the |both |each )",
    _I,
)
# the depth of the place itself: `in the anterior part`, `posteriorly`
_OWN_DEPTH = re.compile(
    r"\b(?P<depth>anterior|posterior|ventral|dorsal)(?:ly\b| (?:part|portion|aspect|segment|region|third|"
    r"half|wall|surface|location)\b)",
    _I,
)
_DEPTH_OF = {"ventral": "anterior", "dorsal": "posterior"}
_BOTH = re.compile(r"\b(?:both|bilateral\w*)\b", _I)


def second_part(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """A question for two things, of which the answer says one."""
    if form is QuestionForm.YES_NO or not _ASKS_TWO.search(question):
        return None
    text = reading.text
    sized = any(one.unit for one in numbers_in(reference)) and not numbers_in(question)
    if sized and not numbers_in(text):
        return Judgement(False, ErrorType.INCOMPLETE, "without the size that is asked for")
    places = _places_beyond(question, reference), _places_beyond(question, text)
    if places[0] and not places[1]:
        return Judgement(False, ErrorType.INCOMPLETE, "without the place that is asked for")
    new = {word for word in content(reference) - content(question) if not _NUMERAL.match(word)}
    new -= _MEASURE_WORDS
    if not new or new & content(text) or (places[0] and places[1]):
        return None
    own = content(text) - content(question) - _MEASURE_WORDS
    if any(not _NUMERAL.match(word) for word in own):
        return Judgement(None, None, "one of the two things asked for is not found")
    return Judgement(False, ErrorType.INCOMPLETE, "one of the two things asked for")


_NUMERAL = re.compile(r"[\d.,x]+$")


def both_parts(question: str, reference: str, answer: str) -> bool:
    """Whether an answer to a question for a size and a place has the reference's numbers and its places."""
    if not _ASKS_TWO.search(question) or not any(one.unit for one in numbers_in(reference)):
        return False
    places = _places_beyond(question, reference), _places_beyond(question, answer)
    sized = judge_measurement(question, reference, answer)
    return bool(sized.correct and places[0]) and places[0] == places[1]


def _places_beyond(question: str, text: str) -> frozenset[object]:
    """The places, sides, levels, parts and depths of a text that its question does not say."""
    return _places_in(text) - _places_in(question)


def _places_in(text: str) -> frozenset[object]:
    read = read_anatomy(text)
    named = frozenset(map(unsided, read.structures)) | frozenset(read.regions)
    return named | lateral_set(text) | levels_in(text) | segments_in(text) | parts_in(text) | depths_in(text)


def another_detail(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """Depth, centricity or level opposite to the reference's, said of the place itself."""
    if form in (QuestionForm.YES_NO, QuestionForm.MEASUREMENT):
        return None
    asserted = reading.asserted
    wanted, given = _own_depths(reference), _own_depths(asserted)
    if wanted and given and not wanted & given:
        return Judgement(False, ErrorType.WRONG_DEPTH, "the opposite depth")
    for read in (depths_in, centricities_in):
        known, said = read(reference), read(asserted) - read(question)
        if len(known) == 1 and said and not said & known:
            return Judgement(None, None, "a detail other than the reference's")
    levels, named = levels_in(reference), levels_in(asserted)
    if (
        form in (*PLACES, QuestionForm.CHOICE)
        and levels
        and named
        and not levels & named
        and not segments_in(asserted)
    ):
        return Judgement(None, None, "a level other than the reference's")
    return None


def _own_depths(text: str) -> frozenset[str]:
    found = {one["depth"].lower() for one in _OWN_DEPTH.finditer(text)}
    return frozenset(_DEPTH_OF.get(depth, depth) for depth in found)


def side_too_many(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """Both sides for the reference's one, or one for both."""
    if form in (QuestionForm.YES_NO, QuestionForm.MEASUREMENT) or lateral_set(question):
        return None
    asserted = OPPOSITE_OF.sub(" ", reading.asserted)
    wanted, given = lateral_set(reference), lateral_set(asserted)
    if len(wanted) == 1 and given - wanted and _BOTH.search(asserted) and len(reading.clauses) == 1:
        return Judgement(False, ErrorType.LATERALITY_SWAP, "the other side as well")
    if len(wanted) == 1 and given - wanted:
        return Judgement(None, None, "another side as well")
    return None


def part_for_lobe(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """`The upper parts of the lungs` are no lobes; nor is a place outside the lung."""
    if form not in PLACES or not _LOBE_WORD.search(reference) or not LUNG.search(f"{question} {reference}"):
        return None
    if _PART_OF_LUNG.search(reading.asserted) and not _LOBE.search(reading.asserted):
        return Judgement(False, ErrorType.INCOMPLETE, "a part of the lung, no lobe named")
    return None


def another_side_beside_yes(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """`No, on the right only` where the reference says `No, on the left only`."""
    if form is not QuestionForm.YES_NO or len(lateral_set(question)) == 1:
        return None
    wanted, given = lateral_set(reference), lateral_set(reading.asserted)
    if len(wanted) == 1 and given and not wanted & given:
        return Judgement(False, ErrorType.LATERALITY_SWAP, "the yes or no with another side")
    lobes = sites_of(question, reference).lobes, sites_of(question, reading.asserted).lobes
    both = read_anatomy(reference).structures and read_anatomy(reading.asserted).structures
    if both and all(lobes) and not lobes[0] & lobes[1]:
        return Judgement(None, None, "the yes or no with another lobe")
    return None
