"""How fast is scoring? Run it as `python Testing/benchmarks/bench_scoring.py BENCHMARK_FOLDER`.

Goals: rules at least 3,000 answers/s; all pairs of eight models by clustered bootstrap in under 20 s;
everything but METEOR and SBERT for five models in under 60 s on two cores and under 1 GB.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.scoring.chance import rule_scorer
from CTSpatialVQALib.scoring.reproduction import Settings, reproduce
from CTSpatialVQALib.scoring.reproduction_files import find_files
from CTSpatialVQALib.scoring.statistics_clusters import Clusters
from CTSpatialVQALib.scoring.statistics_pairs import compare_all

MODELS = 8


class Spent(NamedTuple):
    """Seconds by the clock, and of processor time, which a busy machine does not stretch as much."""

    wall_s: float
    processor_s: float


def spent_on(work: Callable[[], object]) -> Spent:
    begin, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - begin, time.process_time() - processor)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    files = find_files(folder)
    questions = read_questions(files.questions).questions
    clusters = Clusters.of([official_patient_id(one.case_id) for one in questions])
    told = read_predictions(next(iter(files.models.values())).predictions, questions).predictions

    rules = spent_on(lambda: [rule_scorer(one, told.get(one.question_id, "")) for one in questions])
    print(f"rules: {len(questions) / rules.processor_s:,.0f} answers per second of processor time")

    random = np.random.default_rng(0)
    right = {f"model {at}": random.random(len(questions)) < 0.3 for at in range(MODELS)}
    pairs = spent_on(lambda: compare_all(right, clusters))
    print(
        f"all pairs of {MODELS} models, 2000 draws: {pairs.processor_s:.2f} s processor, {pairs.wall_s:.2f} s"
    )

    whole = spent_on(lambda: reproduce(folder, Settings(meteor=False, sbert=False)))
    print(
        f"reproduce without METEOR and SBERT, {len(files.models)} models:"
        f" {whole.processor_s:.1f} s processor, {whole.wall_s:.1f} s"
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"most memory: {memory:.2f} GiB")


if __name__ == "__main__":
    main()
