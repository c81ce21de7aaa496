"""Is the place right? Where-questions, lobes and segments, and open questions by their words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from CTSpatialVQALib.language.claims import (
    centricities_in,
    denies,
    depths_in,
    extents_in,
    lateral_set,
    levels_in,
    says_normal,
)
from CTSpatialVQALib.language.content_words import content, overlap, parts_in, segments_in
from CTSpatialVQALib.language.grounding import Reading, read_anatomy
from CTSpatialVQALib.language.place_comparison import (
    NOWHERE_SITES,
    RIGHT_PLACE,
    Judgement,
    Sites,
    compare_lobes,
    compare_places,
    compare_sides,
    levels_of,
    lobe_sides,
    sites_of,
    unsided,
)
from CTSpatialVQALib.language.propositions import parse_claims
from CTSpatialVQALib.records.words import ErrorType, Polarity
from CTSpatialVQALib.scoring.place_details import (
    aorta_parts,
    depth_only,
    lingula_halves,
    opposed_segments,
    organ_parts,
    part_left_out,
    spine_parts,
    unsaid_side,
    whole_lungs,
)

NOWHERE = re.compile(
    r"^\W*(?:neither|no|none)\b|\bnot (?:\w+ )?(?:detected|observed|seen|found)\b", re.IGNORECASE
)
BARE = re.compile(r"^\W*(?:yes|no)\W*$", re.IGNORECASE)
_ASKS_SEGMENT = re.compile(r"\b(?:which|what)\b[^,?]*\bsegments?\b|\bsegments? or\b", re.IGNORECASE)
_SIDE_WORDS = content("left right both bilateral bilaterally sides lungs")
_LUNG_WORDS = re.compile(r"\b(?:lungs?|lobes?|lobar|lingula\w*|segments?|pulmonary)\b", re.IGNORECASE)
_OFFERS = re.compile(r"\bor\b", re.IGNORECASE)
_FIRST_CLAUSE = re.compile(r"[;.]")
_ASKS_HALF = re.compile(r"\blingula[^?]*\b(?:portion|part|half|subsegment)\b", re.IGNORECASE)
_RELATION = re.compile(r"\brelation(?:ship)?\b|\brelative to\b", re.IGNORECASE)
_ENOUGH, _TOO_LITTLE = 0.6, 0.2


class Dimension(NamedTuple):
    """One spatial dimension: how it is read from a text, and what a wrong value is called."""

    read: Callable[[str], frozenset[object]]
    error: ErrorType


DEPTH = Dimension(depths_in, ErrorType.WRONG_DEPTH)
CENTRICITY = Dimension(centricities_in, ErrorType.WRONG_RELATION)
EXTENT = Dimension(extents_in, ErrorType.WRONG_EXTENT)


def judge_where(question: str, reference: str, answer: str) -> Judgement:
    """The organ, side and lobe (or vessel, node region ...) must be the reference's, with none besides.

    An omitted segment or `subpleural` is tolerated, another one is not.
    """
    if BARE.match(answer):
        return Judgement(False, ErrorType.NON_ANSWER, "yes or no to a question for a place")
    presence = _presence(reference, answer)
    if presence is not None:
        return presence
    wanted, given = sites_of(question, reference), sites_of(question, answer)
    if not _names_a_place(answer):
        given = NOWHERE_SITES
    part = organ_parts(question, reference, answer)
    if part is not None:
        return part
    if part_left_out(question, reference, answer) and not _foreign(question, reference, given):
        return Judgement(False, ErrorType.INCOMPLETE, "without the part that is asked for")
    if wanted.empty:
        return judge_free(question, reference, answer)
    if wanted.lobes and wanted.others and not _LUNG_WORDS.search(reference):
        wanted = wanted._replace(lobes=frozenset())  # the middle zone of a kidney
    detail = (
        depth_only(question, reference, answer)
        or aorta_parts(question, reference, answer)
        or spine_parts(question, reference, answer)
        or unsaid_side(question, reference, answer, wanted, given)
    )
    if detail is not None:
        return detail
    return (
        RIGHT_PLACE
        if whole_lungs(reference, wanted, given)
        else _sites(question, reference, answer, wanted, given)
    )


def judge_level_or_lobe(question: str, reference: str, answer: str) -> Judgement:
    """As for a place; where the question asks for a segment, it must not be left out."""
    judged = judge_where(question, reference, answer)
    if not judged.correct or not sites_of(question, reference).lobes:
        return judged
    halves = lingula_halves(question, reference, answer)
    if halves is not None and (_ASKS_SEGMENT.search(question) or _ASKS_HALF.search(question)):
        return halves
    if not _ASKS_SEGMENT.search(question):
        return judged
    if segments_in(reference) - segments_in(question) - segments_in(answer):
        return Judgement(False, ErrorType.INCOMPLETE, "segments missing")
    return judged


def judge_free(question: str, reference: str, answer: str) -> Judgement:
    """An open question: normal or not, then the reference's words."""
    if BARE.match(answer):
        return Judgement(False, ErrorType.NON_ANSWER, "yes or no to an open question")
    fine, said_fine = _fine(reference), _fine(answer) and not _begins_with_a_finding(answer)
    if (fine and said_fine) and (says_normal(reference) or says_normal(answer)):
        return Judgement(True, None, "normal as in the reference")
    if fine != said_fine:
        error = ErrorType.MISSED_FINDING if said_fine else ErrorType.HALLUCINATED_FINDING
        return Judgement(False, error, "denied and affirmed")
    for dimension in (DEPTH, CENTRICITY, EXTENT):
        wrong = _contradicts(dimension, reference, answer)
        if wrong:
            return wrong
    wanted, given = lateral_set(reference), lateral_set(answer)
    if wanted and not lateral_set(question) and given:
        if wanted != given:
            return Judgement(False, ErrorType.LATERALITY_SWAP, "another side")
        if not content(answer) - content(question) - _SIDE_WORDS and not levels_in(reference):
            return Judgement(True, None, "same side")
    return by_words(question, reference, answer, ErrorType.OTHER)


def by_words(question: str, reference: str, answer: str, error: ErrorType) -> Judgement:
    """The last resort: how many of the reference's own words the answer holds."""
    shared = overlap(reference, answer, question)
    said = content(answer)
    offered = _OFFERS.search(question) and said and said <= content(_FIRST_CLAUSE.split(reference)[0])
    if shared is None or (shared == 0 and offered):
        if said and said <= content(reference):
            return Judgement(True, None, "the reference's own words")
        return Judgement(None, None, "the reference adds no word to the question")
    share = f"{shared:.0%} of the reference's words"
    if shared >= _ENOUGH:
        return Judgement(True, None, share)
    return Judgement(False, error, share) if shared <= _TOO_LITTLE else Judgement(None, None, f"only {share}")


def disjoint(wanted: frozenset[object], given: frozenset[object]) -> bool:
    """Whether both say something and nothing in common."""
    return bool(wanted and given and not wanted & given)


def _fine(text: str) -> bool:
    """Whether a text says that there is nothing to report."""
    return denies(text) or says_normal(text)


def _begins_with_a_finding(text: str) -> bool:
    """`Mild sclerosis, no fracture` finds something before it denies anything."""
    said = parse_claims(text)
    return len(said) > 1 and said[0].polarity is Polarity.AFFIRMED and not says_normal(said[0].words)


def _presence(reference: str, answer: str) -> Judgement | None:
    """A finding denied instead of placed, or placed where the reference denies it."""
    if denies(answer) and not _fine(reference):
        return Judgement(False, ErrorType.MISSED_FINDING, "denied instead of placed")
    if NOWHERE.search(reference) and not _fine(answer):
        return Judgement(False, ErrorType.HALLUCINATED_FINDING, "placed where the reference denies")
    return None


def _level_is_enough(asked: Reading, wanted: Sites) -> bool:
    """`Upper` answers a question that itself says the side."""
    sides = lobe_sides(wanted.lobes)
    return bool(wanted.lobes) and len(sides) == len(asked.sides or sides)


def _sites(question: str, reference: str, answer: str, wanted: Sites, given: Sites) -> Judgement:
    asked = read_anatomy(question)
    if given.empty:
        if _level_is_enough(asked, wanted) and levels_in(answer) == levels_of(wanted.lobes):
            return Judgement(True, None, "same level")
        return by_words(question, reference, answer, ErrorType.NON_ANSWER)
    if _RELATION.search(question) and _adds_nothing(asked, wanted) and _adds_nothing(asked, given):
        return by_words(question, reference, answer, ErrorType.NON_ANSWER)
    if wanted.lobes:
        return _lobes(question, reference, answer, wanted, given)
    if wanted.regions or wanted.others:
        return _places(question, reference, answer, wanted, given)
    foreign = _foreign(question, reference, given)
    if foreign:
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, f"another place: {', '.join(sorted(foreign))}")
    sides = compare_sides(wanted.sides, given.sides)
    return sides if wanted.sides else _modifiers(question, reference, answer)


def _lobes(question: str, reference: str, answer: str, wanted: Sites, given: Sites) -> Judgement:
    lobes = compare_lobes(wanted.lobes, given.lobes)
    if not lobes.correct:
        return lobes
    asked = read_anatomy(question)
    if wanted.regions - set(asked.regions) and (wanted.lobes == asked.structures or not levels_in(reference)):
        return compare_places(asked, wanted, given)
    if len(lateral_set(answer)) > 1 and len(lobe_sides(wanted.lobes)) == 1:
        return Judgement(False, ErrorType.LATERALITY_SWAP, "the other side as well")
    if opposed_segments(reference, answer):
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another segment of the same lobe")
    known = segments_in(question) | {"basal"}
    if disjoint(segments_in(reference) - {"basal"}, segments_in(answer) - known):
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another segment of the same lobe")
    return lobes


def _places(question: str, reference: str, answer: str, wanted: Sites, given: Sites) -> Judgement:
    asked = read_anatomy(question)
    if given.lobes - asked.structures:
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "a lung lobe instead")
    places = compare_places(asked, wanted, given)
    if not places.correct:
        return places
    if disjoint(parts_in(reference), parts_in(answer)):
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another part of the same place")
    wrong = _contradicts(DEPTH, reference, answer)
    if wrong:
        return wrong
    named = (wanted.regions | wanted.others) - set(asked.regions) - _unsided_names(asked)
    if not named and wanted.sides <= lateral_set(question):
        # the question itself names the place: the answer is what the reference adds
        return by_words(question, reference, answer, ErrorType.INCOMPLETE)
    return places


def _names_a_place(text: str) -> bool:
    """`Symmetrical` takes all its anatomy from the question, and so says none."""
    read = read_anatomy(text)
    own = read.structures or read.regions or read.details or read.sides or read.segments or read.midline
    return bool(own or levels_in(text) or segments_in(text) or parts_in(text) or lateral_set(text))


def _adds_nothing(asked: Reading, sites: Sites) -> bool:
    """Whether a text names only what the question names already."""
    known = _unsided_names(asked) | set(asked.regions)
    return sites.lobes | sites.others | sites.regions <= known and sites.sides <= asked.sides


def _foreign(question: str, reference: str, given: Sites) -> frozenset[str]:
    """Structures outside the lung that neither question nor reference names."""
    return given.others - _unsided_names(read_anatomy(question)) - _unsided_names(read_anatomy(reference))


def _unsided_names(read: Reading) -> frozenset[str]:
    return frozenset(unsided(name) for name in read.structures) | read.structures


def _modifiers(question: str, reference: str, answer: str) -> Judgement:
    """The reference only says where in an organ: subpleural, posterior, peripheral ..."""
    for dimension in (CENTRICITY, DEPTH):
        wrong = _contradicts(dimension, reference, answer)
        if wrong:
            return wrong
        if dimension.read(reference) and dimension.read(reference) == dimension.read(answer):
            return RIGHT_PLACE
    return by_words(question, reference, answer, ErrorType.INCOMPLETE)


def _contradicts(dimension: Dimension, reference: str, answer: str) -> Judgement | None:
    wanted, given = dimension.read(reference), dimension.read(answer)
    if not disjoint(wanted, given):
        return None
    return Judgement(
        False, dimension.error, f"{', '.join(map(str, given))} for {', '.join(map(str, wanted))}"
    )
