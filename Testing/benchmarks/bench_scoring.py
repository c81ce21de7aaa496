"""How fast is scoring? Run it as `python Testing/benchmarks/bench_scoring.py BENCHMARK_FOLDER`.

Goals: rules at least 3,000 answers/s; all pairs of eight models by clustered bootstrap in under 20 s;
everything but METEOR and SBERT for five models in under 60 s on two cores and under 1 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rouge_score.rouge_scorer import RougeScorer

from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.records.case import official_patient_id
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.reproduction.published_files import PublishedFiles, find_files
from CTSpatialVQALib.reproduction.published_tables import Settings, reproduce
from CTSpatialVQALib.scoring.chance import rule_scorer
from CTSpatialVQALib.statistics.clusters import Clusters
from CTSpatialVQALib.statistics.paired_tests import compare_all

MODELS, WHOLE = 8, 5


class Spent(NamedTuple):
    """Seconds by the clock, and of processor time, which a busy machine does not stretch as much."""

    wall_s: float
    processor_s: float


def spent_on(work: Callable[[], object]) -> Spent:
    begin, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - begin, time.process_time() - processor)


def by_rule(questions: Sequence[Question], told: Mapping[str, str]) -> None:
    """Rules beside ROUGE-L, which also reads both texts once."""
    rules = spent_on(lambda: [rule_scorer(one, told.get(one.question_id, "")) for one in questions])
    again = spent_on(lambda: [rule_scorer(one, told.get(one.question_id, "")) for one in questions])
    rouge = RougeScorer(["rougeL"], use_stemmer=True)
    peer = spent_on(lambda: [rouge.score(one.reference, told.get(one.question_id, "")) for one in questions])
    count = len(questions)
    print(
        f"rules: {count / rules.processor_s:,.0f} answers per second of processor time"
        f" ({count / again.processor_s:,.0f} for texts read before);"
        f" {peer.processor_s / rules.processor_s:.2f} x ROUGE-L of rouge-score"
    )


def all_pairs(clusters: Clusters) -> None:
    random = np.random.default_rng(0)
    right = {f"model {at}": random.random(len(clusters.index)) < 0.3 for at in range(MODELS)}
    pairs = spent_on(lambda: compare_all(right, clusters))
    print(
        f"all pairs of {MODELS} models, 2000 draws: {pairs.processor_s:.2f} s processor, {pairs.wall_s:.2f} s"
    )


def five_models(files: PublishedFiles, questions: Sequence[Question], folder: Path) -> None:
    """The published files, and models that give every question the answer to another one."""
    for path in {files.questions, *(one.predictions for one in files.models.values())}:
        (folder / path.name).symlink_to(path.resolve())
    for one in files.models.values():
        for judge in one.judges.values():
            (folder / judge.name).symlink_to(judge.resolve())
    told = read_predictions(next(iter(files.models.values())).predictions, questions).predictions
    texts = [told.get(one.question_id, "") for one in questions]
    for number in range(WHOLE - len(files.models)):
        rows = (
            {
                "case_id": one.case_id,
                "question": one.text,
                "answer": one.reference,
                "prediction": texts[at - 1 - number],
            }
            for at, one in enumerate(questions)
        )
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"shifted{number}_predictions_full.jsonl").write_text(lines, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    files = find_files(parser.parse_args().folder)
    questions = read_questions(files.questions).questions
    told = read_predictions(next(iter(files.models.values())).predictions, questions).predictions
    by_rule(questions, told)
    all_pairs(Clusters.of([official_patient_id(one.case_id) for one in questions]))
    with tempfile.TemporaryDirectory() as folder:
        five_models(files, questions, Path(folder))
        whole = spent_on(lambda: reproduce(Path(folder), Settings(meteor=False, sbert=False)))
    print(
        f"reproduce without METEOR and SBERT, {WHOLE} models:"
        f" {whole.processor_s:.1f} s processor, {whole.wall_s:.1f} s"
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"most memory: {memory:.2f} GiB")


if __name__ == "__main__":
    main()
