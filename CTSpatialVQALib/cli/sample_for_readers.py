"""The files of `run --sample-for-readers`: which questions were drawn, and a store with their answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.backends.run_store import RunStore
from CTSpatialVQALib.cli.demo_job import RunFolder, with_forms
from CTSpatialVQALib.reading.readers_sample import ReadersSample, draw_sample, write_sample
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe

STORE_NAME = "readers.store"


class SampleFiles(NamedTuple):
    """What was written: the sample, and the store that a reader opens beside the study."""

    sample: ReadersSample
    store: Path
    answers: int


def write_sample_for_readers(
    folder: RunFolder, questions: Sequence[Question], replies: Sequence[Reply], number: int, seed: int
) -> SampleFiles:
    """Draw `number` of `questions` and keep the answers to them in a store of their own.

    Raises
    ------
    BadInput
        If nothing can be drawn.
    """
    question_ids = {reply.key.question_id for reply in replies}
    sample = draw_sample(
        with_forms([question for question in questions if question.question_id in question_ids]), number, seed
    )
    drawn = frozenset(sample.questions)
    answers = [
        reply
        for reply in replies
        if reply.key.question_id in drawn
        and reply.key.probe is Probe.FULL
        and reply.outcome is Outcome.ANSWERED
    ]
    store_path = folder.path / STORE_NAME
    store_path.unlink(missing_ok=True)  # an earlier sample, drawn from fewer answers
    with RunStore(store_path) as store:
        store.put_questions([question for question in questions if question.question_id in drawn])
        store.put(answers)
    write_sample(folder.path, sample)
    return SampleFiles(sample, store_path, len(answers))
