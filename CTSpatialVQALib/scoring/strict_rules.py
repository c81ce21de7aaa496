"""Is every detail of the reference in the answer, and nothing besides? The strict reading of `right`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from CTSpatialVQALib.language.claims import (
    centricities_in,
    depths_in,
    extents_in,
    lateral_set,
    levels_in,
    numbers_in,
    yes_no_of,
)
from CTSpatialVQALib.language.content_words import parts_in, segments_in, spelled_segments
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.place_comparison import FRAMES, Judgement, sites_of, unsided
from CTSpatialVQALib.records.words import ErrorType


class _Detail(NamedTuple):
    """One kind of detail, and what it is called where it is too many."""

    name: str
    read: Callable[[str], frozenset[object]]
    error: ErrorType


def _numbers(text: str) -> frozenset[object]:
    return frozenset((one.value, one.unit) for one in numbers_in(text))


_DETAILS = (
    _Detail("side", lateral_set, ErrorType.LATERALITY_SWAP),
    _Detail("segment", segments_in, ErrorType.WRONG_LEVEL_OR_LOBE),
    _Detail("part", parts_in, ErrorType.WRONG_LEVEL_OR_LOBE),
    _Detail("depth", depths_in, ErrorType.WRONG_DEPTH),
    _Detail("centricity", centricities_in, ErrorType.WRONG_RELATION),
    _Detail("extent", extents_in, ErrorType.WRONG_EXTENT),
    _Detail("number", _numbers, ErrorType.OTHER),
)


def judge_strictly(question: str, reference: str, answer: str, judged: Judgement) -> Judgement:
    """`judged` where it is not right; else whether every detail fits.

    What the question says itself is known, and neither missing nor added. A level counts by the lobes that
    it names, so that `right` and `right lung` or `lower lobe` and `base` do not differ.
    """
    if not judged.correct or yes_no_of(reference) is False:
        return judged  # a plain `no` denies all of it
    reference, answer = spelled_segments(reference), spelled_segments(answer)
    places = _places(question, reference, answer)
    if places is not None:
        return places
    lobes = bool(sites_of(question, reference).lobes)
    for detail in _DETAILS:
        if lobes and detail.read is parts_in:
            continue  # upper and lower are in the lobes' names
        known = detail.read(question)
        wanted, given = detail.read(reference) - known, detail.read(answer) - known
        if wanted - given and not _implied(detail, answer, reference):
            return Judgement(False, ErrorType.INCOMPLETE, f"strictly: the {detail.name} is missing")
        if given - wanted - detail.read(reference):
            return Judgement(False, detail.error, f"strictly: a {detail.name} is added")
    return judged


def _implied(detail: _Detail, answer: str, reference: str) -> bool:
    """`RUL` is a side without the word; so is a structure of which there is one."""
    return (
        detail.read is lateral_set
        and sites_of("", answer).lobes == sites_of("", reference).lobes != frozenset()
    )


def _places(question: str, reference: str, answer: str) -> Judgement | None:
    asked = read_anatomy(question)
    known = asked.structures | {unsided(name) for name in asked.structures} | set(asked.regions)
    known |= asked.details | FRAMES
    wanted, given = (_named(question, text) - known for text in (reference, answer))
    if not given and not levels_in(answer) and not lateral_set(answer) and not wanted:
        return None
    if wanted - given:
        return Judgement(False, ErrorType.INCOMPLETE, "strictly: a place is missing")
    if given - wanted - _named(question, reference):
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "strictly: a place is added")
    return None


def _named(question: str, text: str) -> frozenset[str]:
    sites = sites_of(question, text)
    return sites.lobes | sites.others | sites.regions | read_anatomy(text).details
