"""One question from end to end: question, slices, report, reference, answers, scores."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from CTSpatialVQALib.language.grounding import ground, read_anatomy
from CTSpatialVQALib.language.propositions import parse_claims
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.text import Claim
from CTSpatialVQALib.report.page_data import ReportItem, Standing

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MOST_SENTENCES, _MOST_LETTERS = 3, 600


@dataclass(frozen=True)
class WorkedExample:
    """One question with everything that is known of it.

    Parameters
    ----------
    excerpt : sentences of the radiology report that name the question's anatomy; empty where there is none
    asked_claims, true_claims : what the parser reads in the question and in its reference, in words
    """

    item: ReportItem
    excerpt: str
    asked_claims: tuple[str, ...]
    true_claims: tuple[str, ...]


def worked_example(
    items: Iterable[ReportItem], questions: Mapping[str, Question], cases: Mapping[str, Case]
) -> WorkedExample | None:
    """The question that shows most: with a picture, a report, a right and a wrong answer; None without any.

    Among equals the one with the smallest id, so that the same run gives the same example.
    """
    candidates = [item for item in items if item.question_id in questions]
    if not candidates:
        return None
    excerpts = {item.question_id: _excerpt(questions[item.question_id], cases) for item in candidates}
    chosen = min(candidates, key=lambda item: (*_rank(item, excerpts[item.question_id]), item.question_id))
    question = questions[chosen.question_id]
    return WorkedExample(
        chosen,
        excerpts[chosen.question_id],
        tuple(map(claim_words, parse_claims(question.text))),
        tuple(map(claim_words, parse_claims(question.reference))),
    )


def _rank(item: ReportItem, excerpt: str) -> tuple[bool, ...]:
    standings = {answer.standing for answer in item.answers}
    return (
        item.picture_png is None,
        not any(chip.colour for chip in item.structures),
        not {Standing.RIGHT, Standing.WRONG} <= standings,
        not excerpt,
    )


def _excerpt(question: Question, cases: Mapping[str, Case]) -> str:
    """The first sentences of the report that name a structure or place of question and reference."""
    case = cases.get(question.case_id)
    if case is None or not case.report_text.strip():
        return ""
    expected = ground(question.text, question.reference)
    names = {*expected.answer_structures, *expected.answer_regions}
    sentences = [
        sentence.strip()
        for sentence in _SENTENCE.split(case.report_text)
        if sentence.strip() and names & {*(read := read_anatomy(sentence)).structures, *read.regions}
    ]
    text = " ".join(sentences[:_MOST_SENTENCES])
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1].rstrip() + "\u2026"


def claim_words(claim: Claim) -> str:
    """A claim in one line: what is said, and where."""
    parts = [
        ", ".join(claim.structures).replace("_", " "),
        ", ".join(claim.regions).replace("_", " "),
    ]
    parts += [
        " and ".join(sorted(str(place) for place in kind))
        for kind in (claim.sides, claim.levels, claim.depths)
    ]
    parts += [str(word) for word in (claim.centricity, claim.containment, claim.extent) if word]
    parts += [f"{number.value:g} {number.unit}".strip() for number in claim.numbers]
    in_words = "; ".join(part for part in parts if part) or "nothing about place"
    return f"denied: {in_words}" if str(claim.polarity) == "negated" else in_words
