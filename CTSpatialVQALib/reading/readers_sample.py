"""The random part of a study that readers judge: drawn by seed, in proportion to the question forms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.reading.assignment import dealt_order
from CTSpatialVQALib.records.question import Question

FILE_NAME = "readers-sample.json"
FORMAT = "ctspatialvqa-readers-sample/1"


class ReadersSample(NamedTuple):
    """Questions drawn at random.

    Parameters
    ----------
    questions : ids of those drawn
    strata : question form -> number drawn; each form has its share of all questions
    of : number of questions they were drawn from
    """

    seed: int
    questions: tuple[str, ...]
    strata: Mapping[str, int]
    of: int


def draw_sample(questions: Sequence[Question], number: int, seed: int) -> ReadersSample:
    """Draw `number` questions, of each question form its share of all; the same ones wherever it is done.

    Parameters
    ----------
    number : at least 1; all questions where there are fewer

    Raises
    ------
    BadInput
        If there is no question, or the number is below 1.
    """
    if number < 1 or not questions:
        raise BadInput(
            "sample for readers",
            expected="at least one question, of at least one",
            came=f"{number} of {len(questions)}",
            remedy="Ask for at least 1",
        )
    strata: dict[str, list[str]] = {}
    for question in questions:
        strata.setdefault(str(question.form or "unknown"), []).append(question.question_id)
    counts = _shares({name: len(ids) for name, ids in strata.items()}, min(number, len(questions)))
    drawn = [
        question_id
        for name, ids in sorted(strata.items())
        for question_id in dealt_order(ids, seed, "readers", name)[: counts[name]]
    ]
    return ReadersSample(seed, tuple(sorted(drawn)), counts, len(questions))


def _shares(sizes: Mapping[str, int], number: int) -> dict[str, int]:
    """`number` split in proportion to sizes; what is left goes to the largest remainders."""
    total = sum(sizes.values())
    counts = {name: number * size // total for name, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda name: (-(number * sizes[name] % total), name))
    for name in by_remainder[: number - sum(counts.values())]:
        counts[name] += 1
    return counts


def write_sample(folder: Path, sample: ReadersSample) -> Path:
    """Write the sample into a run's folder."""
    path = folder / FILE_NAME
    document = {"format": FORMAT, **sample._asdict()}
    write_text(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    return path


def read_sample(folder: Path) -> ReadersSample | None:
    """The sample of a run's folder; None where none was drawn.

    Raises
    ------
    BadInput
        If the file is not one that `write_sample` wrote.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["format"] != FORMAT:
            raise ValueError(document["format"])
        return ReadersSample(
            int(document["seed"]),
            tuple(map(str, document["questions"])),
            {str(name): int(count) for name, count in document["strata"].items()},
            int(document["of"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            path,
            expected=f"a sample as `run --sample-for-readers` writes it ({FORMAT})",
            came=f"another file ({error!r})",
            remedy="Draw it again, or remove the file",
        ) from error
