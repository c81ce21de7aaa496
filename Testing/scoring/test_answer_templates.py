"""Metamorphic tests: sentences built from real references, so that the truth is known."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from CTSpatialVQALib.language.claims import denies, lateral_set, says_normal
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.question_forms import question_form
from CTSpatialVQALib.records.words import QuestionForm
from CTSpatialVQALib.scoring.rules import score_answer
from Testing.scoring.answer_templates import TEMPLATES, Slot, Template, filled

PER_SLOT = 150  # references for each kind of slot
_LOBES = {
    f"lung_{level}_lobe_{side}": f"{side} {level} lobe"
    for side in ("left", "right")
    for level in ("upper", "middle", "lower")
    if (side, level) != ("left", "middle")
}


class Item(NamedTuple):
    question: str
    reference: str
    own: str
    other: str


def _side(form: QuestionForm, question: str, reference: str) -> tuple[str, str] | None:
    sides = lateral_set(reference)
    short = len(reference.split()) <= 6 and not read_anatomy(reference).structures
    if form is not QuestionForm.LATERALITY or len(sides) != 1 or lateral_set(question) or not short:
        return None
    own = str(next(iter(sides)))
    return own, "right" if own == "left" else "left"


def _lobe(form: QuestionForm, question: str, reference: str) -> tuple[str, str] | None:
    read = read_anatomy(reference)
    named = [name for name in read.structures if name in _LOBES]
    if form is not QuestionForm.WHERE or len(named) != 1 or set(read.regions) or len(read.structures) != 1:
        return None
    if lateral_set(question) or "segment" in reference or len(reference.split()) > 9:
        return None
    own = _LOBES[named[0]]
    return own, "right lower lobe" if own != "right lower lobe" else "left upper lobe"


def _yes(form: QuestionForm, question: str, reference: str) -> tuple[str, str] | None:
    word = reference.strip(" .").lower()
    if form is not QuestionForm.YES_NO or word.split(",")[0] not in ("yes", "no") or says_normal(question):
        return None
    own = word.split(",")[0]
    plain = own == "no" or len(word.split()) == 1
    return (own, "no" if own == "yes" else "yes") if plain else None


def _any(form: QuestionForm, question: str, reference: str) -> tuple[str, str] | None:
    plain = len(reference.split()) > 2 and not denies(reference) and form is not QuestionForm.FREE
    return ("", "") if plain else None


_FITS = {"side": _side, "lobe": _lobe, "yes": _yes, "any": _any}


def items_of(pairs: list[tuple[str, str]]) -> dict[Slot, list[Item]]:
    """References that can fill each kind of slot, evenly taken from the file."""
    found: dict[Slot, list[Item]] = defaultdict(list)
    seen = set()
    for question, reference in pairs:
        if (question, reference) in seen:
            continue
        seen.add((question, reference))
        form = question_form(question, reference)
        for slot, fits in _FITS.items():
            values = fits(form, question, reference)
            if values is not None and not denies(question):
                found[slot].append(Item(question, reference, *values))  # type: ignore[index]
    return {slot: items[:: max(1, len(items) // PER_SLOT)][:PER_SLOT] for slot, items in found.items()}


def share_right(template: Template, items: list[Item]) -> float:
    """The share of items on which the filled template is scored right."""
    counts: Counter[bool | None] = Counter()
    for item in items:
        answer = filled(template, item.own, item.other, item.reference)
        counts[score_answer(item.question, item.reference, answer, question_id="case::0").correct] += 1
    return counts[True] / counts.total()


def outside(items: dict[Slot, list[Item]]) -> list[str]:
    """The templates that miss their floor or their ceiling."""
    missed = []
    for template in TEMPLATES:
        share = share_right(template, items[template.slot])
        kept = share >= 0.97 if template.truth == "right" else share <= 0.005
        if not kept:
            missed.append(f"{template.text!r}: {share:.1%} right, but is {template.truth}")
    return missed


@pytest.mark.real_data
def test_templates_on_real_references(real_data: Path) -> None:
    path = real_data / "benchmark" / "spatial_qa_filtered_full_nifti.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    items = items_of([(row["question"], row["answer"]) for row in rows])
    assert {slot: len(found) >= 30 for slot, found in items.items()} == dict.fromkeys(_FITS, True)
    assert outside(items) == []


def test_templates_on_demo_questions() -> None:
    rows = [
        ("On which side is the pleural effusion?", "On the right side.", "side"),
        ("Which side of the thyroid gland is enlarged?", "The right side.", "side"),
        ("On which side of the trachea does the aortic arch pass backwards?", "On the left side.", "side"),
        ("Which lobe contains the lung nodule?", "In the left lower lobe.", "lobe"),
        ("Where is the lung nodule?", "In the right upper lobe.", "lobe"),
        ("Is there fluid in the pleural space?", "No.", "yes"),
        ("Does the liver extend across the midline?", "Yes.", "yes"),
    ]
    items: dict[Slot, list[Item]] = defaultdict(list)
    for question, reference, slot in rows:
        form = question_form(question, reference)
        for name in (slot, "any"):
            values = _LOBE_VALUES[reference] if name == "lobe" else _FITS[name](form, question, reference)
            if values is not None:
                items[name].append(Item(question, reference, *values))  # type: ignore[index]
    assert set(items) == set(_FITS)
    assert outside(items) == []


_LOBE_VALUES = {
    "In the left lower lobe.": ("left lower lobe", "right lower lobe"),
    "In the right upper lobe.": ("right upper lobe", "right lower lobe"),
}
