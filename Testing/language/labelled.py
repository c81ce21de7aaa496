"""Labels of public items by id, their texts, and how a prediction is counted against a label."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent


class Item(NamedTuple):
    """The text of a public item."""

    question: str
    answer: str


class Counts(NamedTuple):
    """Structures counted one by one over a sample: hits of what is required, and what is tolerated."""

    found: int = 0
    required: int = 0
    tolerated: int = 0
    predicted: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.required

    @property
    def precision(self) -> float:
        return self.tolerated / self.predicted

    def plus(
        self, predicted: Iterable[str], required: Iterable[str], acceptable: Iterable[str] = ()
    ) -> Counts:
        """With one more item counted: hits inside required and acceptable are no mistakes."""
        got, want = set(predicted), set(required)
        tolerated = got & (want | set(acceptable))
        return Counts(
            self.found + len(got & want),
            self.required + len(want),
            self.tolerated + len(tolerated),
            self.predicted + len(got),
        )


def labels(name: str) -> list[dict[str, Any]]:
    """The rows of a label file beside this one."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def public_items(real_data: Path) -> dict[str, Item]:
    """Text of all public items by id, `case::index` with the index of the pair within its case."""
    path = real_data / "benchmark" / "spatial_qa_filtered_full_nifti.jsonl"
    items, seen = {}, Counter[str]()
    with path.open(encoding="utf-8") as stream:
        for row in map(json.loads, stream):
            case = row["case_id"]
            items[f"{case}::{seen[case]}"] = Item(row["question"], row["answer"])
            seen[case] += 1
    return items
