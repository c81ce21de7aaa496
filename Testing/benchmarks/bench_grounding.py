"""How long does grounding a question take, and reading an answer? Ratios to a plain search, in one run.

    python Testing/benchmarks/bench_grounding.py [--questions FILE]

FILE holds JSON lines with `question` and `answer`, such as the published benchmark; without it, the words
of the lexicon are put together to as many questions. The plain search is one `re` alternation of all
phrases of the lexicon over the same texts: it finds words, but no side, lobe or rule.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.language.grounding import ground, read_anatomy
from CTSpatialVQALib.language.lexicon import lexicon, load_lexicon
from CTSpatialVQALib.language.propositions import parse_claims
from CTSpatialVQALib.resources import resource

QUESTIONS = 9077


class Row(NamedTuple):
    """A question and its reference answer."""

    question: str
    answer: str


class Spent(NamedTuple):
    """Seconds by the clock, and seconds of processor time, which a busy machine stretches less."""

    wall_s: float
    processor_s: float


def spent_on(work: Callable[[], object]) -> Spent:
    begin, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - begin, time.process_time() - processor)


def phrases() -> list[str]:
    """All words of the lexicon, the longest first."""
    data = tomllib.loads(resource("anatomy/lexicon.toml").read_text(encoding="utf-8"))
    entries = itertools.chain.from_iterable(part for part in data.values() if isinstance(part, list))
    words = {word for entry in entries if isinstance(entry, dict) for word in entry["words"]}
    return sorted(words, key=len, reverse=True)


def rows_of(path: Path | None) -> list[Row]:
    if path is not None:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [Row(one["question"], one["answer"]) for one in map(json.loads, lines)]
    words = phrases()
    sides = itertools.cycle(["left", "right", "both"])
    return [
        Row(
            f"Where is nodule {number} in relation to the {next(sides)} {words[number % len(words)]}?",
            f"In the {words[(number * 7) % len(words)]} of the {next(sides)} lung.",
        )
        for number in range(QUESTIONS)
    ]


def main() -> None:
    """Measure once, cold: the caches are what a study run starts without."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--questions", type=Path, help="JSON lines with question and answer")
    rows = rows_of(parser.parse_args().questions)
    texts = [text for row in rows for text in row]

    def search() -> None:
        pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases()))})s?\b", re.IGNORECASE)
        for text in texts:
            pattern.findall(text)

    plain = spent_on(search)
    print(f"plain search of {len(rows):,} questions and answers: {plain.processor_s:.2f} s")
    load_s = spent_on(lambda: load_lexicon(resource("anatomy/lexicon.toml"))).processor_s
    lexicon.cache_clear()
    read_anatomy.cache_clear()
    alone = spent_on(lambda: [ground(row.question) for row in rows])
    read_anatomy.cache_clear()
    lexicon.cache_clear()
    both = spent_on(lambda: [ground(row.question, row.answer) for row in rows])
    claims = spent_on(lambda: [parse_claims(row.answer) for row in rows])
    print(f"building the lexicon:            {load_s:.3f} s (within each of the next two)")
    for what, spent in (("questions", alone), ("questions and answers", both), ("claims of answers", claims)):
        ratio = spent.processor_s / plain.processor_s
        print(
            f"{what + ':':<32} {spent.processor_s:.2f} s CPU ({spent.wall_s:.2f} s), "
            f"{ratio:.2f} x the plain search"
        )


if __name__ == "__main__":
    main()
