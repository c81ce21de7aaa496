"""Checks of a pair against its report: evidence, words, sides and lobes, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.construction.candidate_pairs import Candidate, Evidence
from CTSpatialVQALib.construction.pair_flaws import Finding, Flaw
from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.language.claims import denies, lateral_set, yes_no_of
from CTSpatialVQALib.language.content_words import content
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.records.words import Side

_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+(?=[A-Z(\d])|\n+")
# Words for a side are compared as sides: `bilateral` stands in no report that says `both`.
_SIDE_WORDS = content(
    "left right both bilateral bilaterally unilateral unilaterally each either single only one two lateral"
)
# an answer may sum up what the report spells out; beyond this share of strange words it says something else
_MOST_MISSING = 0.34
_NEARLY_AS_CLOSE = 0.75
_FEWEST_SHARED = 2
# `the right lung` names no lobe, although it has three
_NAMES_LOBE = re.compile(r"\b(?:lobes?|segments?|lingul\w*|\w*basal|apico\w*|apical)\b", re.IGNORECASE)


class _Sentence(NamedTuple):
    """One sentence of a report, read."""

    text: str
    words: frozenset[str]
    sides: frozenset[Side]
    lobes: frozenset[str]


def report_findings(candidate: Candidate, report: Report) -> Iterator[Finding]:
    """The flaws of a pair that its report shows.

    Denying answers are not compared: `not on the left` claims nothing of the right.
    """
    if candidate.evidence is not None and not stands_in(candidate.evidence, report):
        yield Finding(Flaw.EVIDENCE_NOT_FOUND, f"not there: '{candidate.evidence.words[:80]}'")
    answer = candidate.question.reference
    if denies(answer) or yes_no_of(answer) is False:
        return
    missing = content(answer) - content(report.text) - content(candidate.question.text) - _SIDE_WORDS
    if missing and len(missing) > _MOST_MISSING * len(content(answer)):
        yield Finding(Flaw.NOT_IN_REPORT, "not in the report: " + ", ".join(sorted(missing)))
    yield from _place_findings(candidate, report)


def stands_in(evidence: Evidence, report: Report) -> bool:
    """Whether the words stand in the report exactly where the evidence says."""
    text = report.section(evidence.section)
    return text[evidence.span.start : evidence.span.end] == evidence.words


def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences of a report's text."""
    return tuple(part.strip() for part in _SENTENCE_END.split(text) if part.strip())


def _place_findings(candidate: Candidate, report: Report) -> Iterator[Finding]:
    sides, lobes = _sides(candidate.question.reference), _lobes_of(candidate)
    if not sides and not lobes:
        return
    near = _about(candidate, report, close=_NEARLY_AS_CLOSE)
    # two sides may stand in two sentences
    said_of_sides = near if len(sides) == 1 else _about(candidate, report, close=0.0)
    said_sides = frozenset[Side]().union(*(side.sides for side in said_of_sides))
    said_lobes = frozenset[str]().union(*(sentence.lobes for sentence in near))
    if sides and said_sides and not sides <= said_sides:
        yield Finding(Flaw.SIDE_NOT_IN_REPORT, _differs(sides, said_sides, near))
    if lobes and said_lobes and not lobes & said_lobes:
        yield Finding(Flaw.LOBE_NOT_IN_REPORT, _differs(lobes, said_lobes, near))


def _differs(answered: frozenset[str], reported: frozenset[str], near: Sequence[_Sentence]) -> str:
    return (
        f"the answer says {', '.join(sorted(answered))}, the report {', '.join(sorted(reported))}"
        f" ('{near[0].text[:80]}')"
    )


def _about(candidate: Candidate, report: Report, *, close: float) -> Sequence[_Sentence]:
    """The sentences that speak of the pair, the closest first.

    Parameters
    ----------
    close : share of the closest sentence's common words that a sentence must have in common with the pair
    """
    sentences = [_sentence(text) for text in sentences_of(report.text)]
    if candidate.evidence is not None:
        resting = [_sentence(text) for text in sentences_of(candidate.evidence.words)]
        words = frozenset[str]().union(*(sentence.words for sentence in resting))
    else:
        words = content(candidate.question.text) | content(candidate.question.reference)
    shared = {sentence: len(sentence.words & words) for sentence in sentences}
    most = max(shared.values(), default=0)
    near = [sentence for sentence in sentences if shared[sentence] >= max(_FEWEST_SHARED, close * most)]
    return sorted(near, key=lambda sentence: -shared[sentence])


@lru_cache(maxsize=40_000)
def _sentence(text: str) -> _Sentence:
    return _Sentence(text, content(text), lateral_set(text), _lobes(text))


def _sides(answer: str) -> frozenset[Side]:
    """The sides of an answer; `both lobes of the right lung` is the right side."""
    named = frozenset(side for side in (Side.LEFT, Side.RIGHT) if re.search(rf"\b{side}\b", answer, re.I))
    sides = lateral_set(answer)
    return named if len(named) == 1 and sides else sides


def _lobes_of(candidate: Candidate) -> frozenset[str]:
    """The lobes that the answer singles out, its side taken from the question where it says none."""
    answer = candidate.question.reference
    if not _lobes(answer) or not _NAMES_LOBE.search(answer):
        return frozenset()
    sides = _sides(answer)
    lobes = (name for name in candidate.structures if name.startswith("lung_"))
    return frozenset(lobe for lobe in lobes if len(sides) != 1 or lobe.endswith(next(iter(sides))))


@lru_cache(maxsize=40_000)
def _lobes(text: str) -> frozenset[str]:
    return frozenset(name for name in read_anatomy(text).structures if name.startswith("lung_"))
