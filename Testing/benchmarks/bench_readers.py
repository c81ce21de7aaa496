"""How fast are question and prediction files read? As a ratio to parsing the same JSON and nothing else.

Run: python Testing/benchmarks/bench_readers.py FOLDER
FOLDER holds the public benchmark: its questions with categories, and predictions/*.jsonl.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from CTSpatialVQALib.benchmark.predictions import read_predictions
from CTSpatialVQALib.benchmark.questions import read_questions

ROUNDS = 7
MIB = 1024**2


def median_s(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times)


def main() -> None:
    folder = Path(sys.argv[1])
    source = folder / "spatial_qa_filtered_full_with_categories.json"
    tracemalloc.start()
    questions = read_questions(source).questions
    print(f"{len(questions)} questions held in {tracemalloc.get_traced_memory()[0] / MIB:.0f} MiB,", end=" ")
    print(f"peak {tracemalloc.get_traced_memory()[1] / MIB:.0f} MiB")
    tracemalloc.stop()
    floor = median_s(lambda: json.loads(source.read_text("utf-8")))
    own = median_s(lambda: read_questions(source))
    print(f"questions    {own:.3f} s, {own / floor:.1f} x parsing the JSON alone ({floor:.3f} s)")
    for path in sorted((folder / "predictions").glob("*.jsonl")):
        floor = median_s(lambda path=path: [json.loads(line) for line in path.open(encoding="utf-8")])
        own = median_s(lambda path=path: read_predictions(path, questions))
        print(f"{path.name:32} {own:.3f} s, {own / floor:.1f} x parsing the lines alone ({floor:.3f} s)")


if __name__ == "__main__":
    main()
