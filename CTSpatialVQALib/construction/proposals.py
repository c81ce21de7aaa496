"""Pairs that a model proposes for a report: its reply read strictly, each pair checked or refused."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.construction.candidate_pairs import Candidate, Evidence, Origin, Section, pair_id
from CTSpatialVQALib.construction.json_replies import Unreadable, exactly, object_in
from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.errors import one_line, shown
from CTSpatialVQALib.judging.placeholders import is_placeholder
from CTSpatialVQALib.language.grounding import ground
from CTSpatialVQALib.language.question_forms import question_form
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.text import Span
from CTSpatialVQALib.records.words import Category

_KEYS = frozenset({"question", "answer", "categories", "evidence"})
_SECTIONS: tuple[Section, ...] = ("findings", "impression")
_FEWEST_EVIDENCE_WORDS = 3
_LONGEST_TEXT = 1000
_LONGEST_EVIDENCE, _LONGEST_QUESTION = 600, 300  # that a model is let write, so that a reply has an end


class Refused(NamedTuple):
    """A proposed pair that is no candidate, and why."""

    why: str
    proposed: str


class Proposals(NamedTuple):
    """What came of one reply."""

    candidates: tuple[Candidate, ...]
    refused: tuple[Refused, ...]


def reply_schema(most: int) -> dict[str, JsonValue]:
    """JSON Schema of a reply, for servers that can be held to one."""
    pair: dict[str, JsonValue] = {
        "type": "object",
        "properties": {
            "evidence": {"type": "string", "maxLength": _LONGEST_EVIDENCE},
            "question": {"type": "string", "maxLength": _LONGEST_QUESTION},
            "answer": {"type": "string", "maxLength": _LONGEST_QUESTION},
            "categories": {
                "type": "array",
                "minItems": 1,
                "maxItems": len(Category),
                "uniqueItems": True,
                "items": {"type": "string", "enum": [str(category) for category in Category]},
            },
        },
        "required": ["evidence", "question", "answer", "categories"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"pairs": {"type": "array", "maxItems": most, "uniqueItems": True, "items": pair}},
        "required": ["pairs"],
        "additionalProperties": False,
    }


def read_proposals(text: str, report: Report, origin: Origin, *, most: int) -> Proposals:
    """The candidates in a reply about `report`.

    A pair whose evidence does not stand in the report letter by letter is refused, and so is one with an
    unknown category, a blank text, or beyond the number asked for.

    Raises
    ------
    Unreadable
        If the reply is not one JSON object with the list `pairs`.
    """
    pairs = exactly(object_in(text), frozenset({"pairs"}))["pairs"]
    if not isinstance(pairs, list):
        raise Unreadable(f"'pairs' is {type(pairs).__name__}, not a list")
    candidates: dict[str, Candidate] = {}
    refused: list[Refused] = []
    for pair in pairs:
        try:
            candidate = _candidate(pair, report, origin)
            if candidate.pair_id in candidates:
                raise Unreadable("the same pair twice in one reply")
            if len(candidates) == most:
                raise Unreadable(f"more than {most} pairs")
        except Unreadable as error:
            refused.append(Refused(one_line(str(error)), shown(pair, 300)))
        else:
            candidates[candidate.pair_id] = candidate
    return Proposals(tuple(candidates.values()), tuple(refused))


def _candidate(pair: object, report: Report, origin: Origin) -> Candidate:
    if not isinstance(pair, dict):
        raise Unreadable(f"a pair that is {type(pair).__name__}")
    values = exactly(pair, _KEYS)
    text, answer = _text(values, "question"), _text(values, "answer")
    evidence = _evidence(_text(values, "evidence"), report)
    named = ground(text, answer)
    return Candidate(
        question=Question(
            question_id=pair_id(report.case_id, text, answer),
            case_id=report.case_id,
            text=text,
            reference=answer,
            categories=_categories(values["categories"]),
            form=question_form(text, answer),
        ),
        patient_id=report.patient_id,
        report_id=report.report_id,
        structures=named.answer_structures,
        regions=named.answer_regions,
        evidence=evidence,
        origin=origin,
    )


def _text(values: dict[str, Any], name: str) -> str:
    value = values[name]
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(f"'{name}' is blank or no text")
    if is_placeholder(value):
        raise Unreadable(f"'{name}' is the placeholder of the prompt")
    if len(value) > _LONGEST_TEXT:
        raise Unreadable(f"'{name}' is longer than {_LONGEST_TEXT} characters")
    return value.strip()


def _categories(value: object) -> tuple[Category, ...]:
    if not isinstance(value, list) or not value:
        raise Unreadable("no category")
    by_name = {str(category): category for category in Category}
    strange = [name for name in value if not isinstance(name, str) or name not in by_name]
    if strange:
        raise Unreadable(f"a category that is not one of the six: {shown(strange[0])}")
    return tuple(dict.fromkeys(by_name[name] for name in value))


def _evidence(words: str, report: Report) -> Evidence:
    if len(words.split()) < _FEWEST_EVIDENCE_WORDS:
        raise Unreadable(f"evidence of fewer than {_FEWEST_EVIDENCE_WORDS} words")
    for section in _SECTIONS:
        start = report.section(section).find(words)
        if start >= 0:
            return Evidence(section=section, span=Span(start=start, end=start + len(words)), words=words)
    raise Unreadable("evidence that does not stand in the report")
