"""What does a run cost beside its model? Prints ratios; run `python Testing/benchmarks/bench_runner.py`.

The peer is a bare pool of as many threads around the same backend, which keeps nothing; at 50 ms per answer
it is the server's ceiling. Goals: at 32 askings at once at least 0.75 of that ceiling on a machine with
nothing else to do; memory that does not grow from question 1000 to question 5000.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.backends.backend import Answer, spoken
from CTSpatialVQALib.backends.case_data import CaseData, HeldCase
from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.backends.runner import Watchers, run_questions
from CTSpatialVQALib.benchmark.study import Study
from CTSpatialVQALib.cli.demo_job import AskOptions, RunFolder, ask_study
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Presentation, Reply
from CTSpatialVQALib.records.study import ReadingRules
from CTSpatialVQALib.records.words import Probe
from Testing.volumes.small_volumes import write_nifti

AT_ONCE = 32
SAID = "The opacity lies in the posterior basal segment of the right lower lobe, next to the pleura."
ASKED = "In which segment of the lower lobe does the opacity lie, and does it touch the pleura?"


class Scripted:
    """Shown eight slices of 64 x 64, it answers after a pause."""

    name, version, description = "scripted", "1", "answers after a pause"
    parameters: Mapping[str, object] = {}
    in_flight = AT_ONCE

    def __init__(self, pause_s: float) -> None:
        self.pause_s = pause_s
        self.contract = slices_contract(SliceOptions(count=8, size=64, windows=("lung",)))

    def presentation(self, question: Question, case: CaseData, probe: Probe) -> Presentation:
        return case.shown(self.contract, probe, question).presentation

    def prompt(self, question: Question) -> str:
        return question.text

    def ask(self, question: Question, case: CaseData, probe: Probe) -> Answer:
        if self.pause_s:
            time.sleep(self.pause_s)
        return spoken(f"{SAID} {question.question_id}")


class Spent(NamedTuple):
    """Seconds by the clock, and of the processor."""

    wall_s: float
    processor_s: float


def spent_on(work: Callable[[], object]) -> Spent:
    begin, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - begin, time.process_time() - processor)


def cases_in(folder: Path, count: int) -> dict[str, Case]:
    made = {}
    for number in range(count):
        hu = np.random.default_rng(number).integers(-1000, 400, (64, 64, 32)).astype(np.int16)
        path = write_nifti(folder / f"c{number}.nii", hu, np.diag([4.0, 4.0, 8.0, 1.0]))
        made[f"c{number}"] = Case(case_id=f"c{number}", patient_id=f"p{number}", ct=path)
    return made


def questions_of(cases: Mapping[str, Case], count: int) -> list[Question]:
    names = list(cases)
    return [
        Question(
            question_id=f"{names[n % len(names)]}::{n}",
            case_id=names[n % len(names)],
            text=ASKED,
            reference=SAID,
        )
        for n in range(count)
    ]


def study_of(folder: Path, cases: dict[str, Case], questions: list[Question]) -> Study:
    file = folder / "study.toml"
    file.write_text("", "utf-8")
    return Study(
        path=file,
        study_id="bench",
        title="bench",
        sha256="0" * 64,
        cases=cases,
        questions=tuple(questions),
        backends=(),
        backend_files={},
        reading=ReadingRules(),
        notes=(),
    )


def bare(backend: Scripted, cases: Mapping[str, Case], questions: list[Question]) -> None:
    """The peer: the same askings by a pool of threads, nothing kept."""
    held = {name: HeldCase(CaseData(case)) for name, case in cases.items()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = pool.map(lambda one: backend.ask(one, held[one.case_id], Probe.FULL), questions)
        assert sum(1 for _ in done) == len(questions)


def bench_rate(folder: Path, pause_s: float, count: int) -> Iterator[str]:
    cases = cases_in(folder, 10)
    questions = questions_of(cases, count)
    backend = Scripted(pause_s)

    def with_store() -> None:
        with RunStore(folder / f"{pause_s}.store") as store:
            run_questions(questions, cases, [backend], store)

    def whole() -> None:
        study = study_of(folder, cases, questions)
        ask_study(study, [backend], RunFolder(folder / f"run{pause_s}"), [Probe.FULL], AskOptions())

    ceiling = spent_on(lambda: bare(backend, cases, questions))
    yield f"{1000 * pause_s:.0f} ms per answer, {count} questions, {AT_ONCE} at once:"
    yield f"  bare pool                  {count / ceiling.wall_s:8.0f}/s"
    for name, work in (("runner and store", with_store), ("with log and scores", whole)):
        spent = spent_on(work)
        yield (
            f"  {name:26} {count / spent.wall_s:8.0f}/s, {ceiling.wall_s / spent.wall_s:5.2f} of it,"
            f" {1000 * spent.processor_s / count:.2f} ms of processor per question"
        )


def resident_mb() -> float:
    """Memory of this process now; on systems without /proc its greatest so far."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def bench_memory(folder: Path, count: int = 5000) -> Iterator[str]:
    """Many cases, so that arrays come and go: what stays must not grow.

    Without scores, for these keep what they read in words of up to 40,000 texts (`anatomy.terms`).
    """
    cases = cases_in(folder, 100)
    seen: list[float] = []
    asked = 0

    def keep(replies: Sequence[Reply]) -> None:
        nonlocal asked
        before, asked = asked, asked + len(replies)
        if asked // 1000 > before // 1000:
            seen.append(resident_mb())

    with RunStore(folder / "memory.store") as store:
        run_questions(questions_of(cases, count), cases, [Scripted(0.0)], store, watchers=Watchers(keep=keep))
    told = ", ".join(f"{mb:.0f}" for mb in seen)
    yield f"memory after each 1000 of {count} questions about {len(cases)} cases: {told} MB"
    yield f"  grown by {seen[-1] - seen[0]:.1f} MB since the first 1000"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=1000)
    options = parser.parse_args()
    for pause_s in (0.05, 0.0):
        with tempfile.TemporaryDirectory() as folder:
            for line in bench_rate(Path(folder), pause_s, options.questions):
                print(line, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for line in bench_memory(Path(folder)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
