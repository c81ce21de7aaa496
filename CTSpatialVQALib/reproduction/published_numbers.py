"""Published numbers beside ours: equal, or by how much they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.reproduction.model_tables import BothJuries
from CTSpatialVQALib.reproduction.published_files import (
    PublishedAccuracy,
    PublishedFiles,
    read_accuracies,
    read_categories,
    read_matrix,
    read_metrics,
)
from CTSpatialVQALib.reproduction.published_jury import category_shares
from CTSpatialVQALib.scoring.jury import published_score
from CTSpatialVQALib.scoring.text_metrics import TextMetrics

EXACT = 1e-9
_PRINTED = 0.005 + EXACT  # the category table is printed with two decimals of a percent
_SBERT = 1e-6  # float32 sums differ in their order


class Check(NamedTuple):
    """A published number and ours; `ours` is None where it could not be computed."""

    what: str
    published: float
    ours: float | None
    tolerance: float

    @property
    def equal(self) -> bool | None:
        """Whether they are the same within the tolerance; None where there is nothing to compare."""
        return None if self.ours is None else abs(self.ours - self.published) <= self.tolerance


@dataclass(frozen=True)
class Published:
    """The published tables, empty where a file is not there."""

    matrix: Mapping[str, Mapping[str, float | None]]
    accuracy: Mapping[str, PublishedAccuracy]
    categories: Mapping[str, Mapping[str, float]]
    metrics: Mapping[str, Mapping[str, float]]

    @classmethod
    def read(cls, files: PublishedFiles) -> Published:
        """Read those that are there."""
        return cls(
            matrix={} if files.matrix is None else read_matrix(files.matrix),
            accuracy={} if files.accuracy is None else read_accuracies(files.accuracy),
            categories={} if files.categories is None else read_categories(files.categories),
            metrics={} if files.metrics is None else read_metrics(files.metrics),
        )


def check_jury(
    model: str, juries: BothJuries, questions: Sequence[Question], published: Published
) -> tuple[Check, ...]:
    """The jury by position against matrix, accuracy and category table."""
    checks: list[Check] = []
    by_position = juries.verdict_by_position if juries.position else None
    if model in published.matrix:
        cells = published.matrix[model]
        checks.append(Check("matrix: cells equal", len(cells), _equal_cells(juries, cells), 0))
    if model in published.accuracy:
        row = published.accuracy[model]
        answers = len(by_position) if by_position is not None else None
        share = sum(by_position.values()) / len(by_position) if by_position else None
        checks.append(Check("jury: answers", row.answers, answers, 0))
        checks.append(Check("jury: accuracy", row.accuracy, share, EXACT))
    shares = category_shares(by_position, questions) if by_position else {}
    for category, columns in published.categories.items():
        if model in columns:
            ours = next((share for name, share in shares.items() if str(name) == category), None)
            percent = None if ours is None else 100 * ours
            checks.append(Check(f"category, percent: {category}", columns[model], percent, _PRINTED))
    return tuple(checks)


def check_metrics(model: str, ours: TextMetrics, published: Published) -> tuple[Check, ...]:
    """The text metrics against their table."""
    row = published.metrics.get(model, {})
    pairs = {
        "count": (float(ours.pairs), 0.0),
        "bleu": (ours.bleu, EXACT),
        "rouge1_f": (ours.rouge1, EXACT),
        "rouge2_f": (ours.rouge2, EXACT),
        "rougeL_f": (ours.rouge_l, EXACT),
        "meteor": (ours.meteor, EXACT),
        "sbert_cosine": (ours.sbert, _SBERT),
    }
    return tuple(
        Check(f"text: {name}", row[name], value, tolerance)
        for name, (value, tolerance) in pairs.items()
        if name in row
    )


def _equal_cells(juries: BothJuries, cells: Mapping[str, float | None]) -> int | None:
    if juries.position is None:
        return None
    jury = juries.position.jury
    ours = dict(zip(jury.question_ids, map(float, published_score(jury)), strict=True))
    return sum(ours.get(question_id) == score for question_id, score in cells.items())
