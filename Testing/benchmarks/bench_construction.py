"""How fast are the checks that need no model? Pairs per second, and ratios to a floor in the same run.

    python Testing/benchmarks/bench_construction.py [--questions FILE --reports FILE]

Without files, questions and reports are put together from the words of the lexicon: 9,077 pairs on 1,000
cases. The floor is what any check must do at least: split every question, answer and report into words
with one regular expression and compare the answer's words with the report's. It knows no synonym, side,
lobe or duplicate, and answers nothing blind.
"""

from __future__ import annotations

import argparse
import itertools
import re
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.construction.blind_routes import blind_table
from CTSpatialVQALib.construction.candidate_pairs import Candidate, candidate_of
from CTSpatialVQALib.construction.pair_checks import check_all, with_reports
from CTSpatialVQALib.construction.reports import Report, read_reports
from CTSpatialVQALib.construction.validate import Policy, validated
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.resources import resource

PAIRS, CASES = 9077, 1000


class Material(NamedTuple):
    """What is checked."""

    candidates: Sequence[Candidate]
    reports: dict[str, Report]


class Spent(NamedTuple):
    """Seconds by the clock, and seconds of processor time, which a busy machine stretches less."""

    wall_s: float
    processor_s: float


def spent_on(work: Callable[[], object]) -> Spent:
    begin, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - begin, time.process_time() - processor)


def made_up() -> Material:
    """Pairs and reports of lexicon words; every report has the sentences that its pairs rest on."""
    data = tomllib.loads(resource("anatomy/lexicon.toml").read_text(encoding="utf-8"))
    entries = itertools.chain.from_iterable(part for part in data.values() if isinstance(part, list))
    words = [word for entry in entries if isinstance(entry, dict) for word in entry["words"]]
    sides = itertools.cycle(["left", "right", "both"])
    lines: dict[str, list[str]] = {}
    questions = []
    for number in range(PAIRS):
        case_id, side = f"case-{number % CASES}", next(sides)
        thing, place = words[number % len(words)], words[(number * 7) % len(words)]
        lines.setdefault(case_id, []).append(
            f"A {number} mm nodule at the {thing} lies in the {side} {place}."
        )
        questions.append(
            Question(
                question_id=f"{case_id}::{number}",
                case_id=case_id,
                text=f"Where is the {number} mm nodule at the {thing}?",
                reference=f"In the {side} {place}.",
            )
        )
    reports = {
        case_id: Report(case_id=case_id, patient_id=case_id, findings=" ".join(several))
        for case_id, several in lines.items()
    }
    return Material([candidate_of(one) for one in questions], reports)


def material_of(questions: Path | None, reports: Path | None) -> Material:
    if questions is None or reports is None:
        return made_up()
    return Material([candidate_of(one) for one in read_questions(questions).questions], read_reports(reports))


def floor(material: Material) -> int:
    """Words of each answer that its report does not have, by plain splitting."""
    word = re.compile(r"\w+")
    known = {case_id: set(word.findall(one.text.lower())) for case_id, one in material.reports.items()}
    return sum(
        len(
            set(word.findall(one.question.reference.lower()))
            - set(word.findall(one.question.text.lower()))
            - known.get(one.question.case_id, set())
        )
        for one in material.candidates
    )


def main() -> None:
    """Measure once, cold, as a user's run is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--reports", type=Path)
    arguments = parser.parse_args()
    material = material_of(arguments.questions, arguments.reports)
    candidates = with_reports(material.candidates, material.reports)
    patients = {one.question.case_id: one.patient_id for one in candidates}
    questions = [one.question for one in candidates]
    least = spent_on(lambda: floor(material))

    def rules() -> None:
        validated(candidates, check_all(candidates, material.reports, blind=False).findings, Policy())

    lines = [
        ("words, report, duplicates, flow", spent_on(rules)),
        ("blind prior, majority, chance", spent_on(lambda: blind_table(questions, patients))),
    ]
    lines.append(("all of it", Spent(sum(s.wall_s for _, s in lines), sum(s.processor_s for _, s in lines))))
    print(f"floor, {len(candidates):,} pairs split and compared: {least.processor_s:.2f} s CPU")
    for what, spent in lines:
        print(
            f"{what + ':':<34} {spent.processor_s:6.2f} s CPU ({spent.wall_s:.2f} s), "
            f"{len(candidates) / spent.processor_s:,.0f} pairs/s, "
            f"{spent.processor_s / least.processor_s:.1f} x the floor"
        )


if __name__ == "__main__":
    main()
