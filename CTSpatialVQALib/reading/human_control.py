"""Answers of readers who answer the questions themselves, as replies beside those of the models."""

from __future__ import annotations

from datetime import datetime

from CTSpatialVQALib.reading.visible import ShownCt
from CTSpatialVQALib.records.base import sha256_of
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import Outcome, Probe

CONTRACT = "reader"

# what a reader saw is called as the probe of a model that saw as much
PROBES = {
    ShownCt.VOLUME: Probe.FULL,
    ShownCt.ONE_SLICE: Probe.SINGLE_SLICE,
    ShownCt.NONE: Probe.TEXT_ONLY,
}


def own_reply(
    question: Question,
    answer: str,
    *,
    reader: str,
    saw: ShownCt,
    shown_utc: datetime,
    given_utc: datetime,
    occasion: int = 1,
) -> Reply:
    """The reader's own answer as a reply: `key.backend` is his pseudonym, `key.probe` what he saw.

    So it is scored by the same rules, counted with the same intervals and shown in the same tables as a
    model's. A second reading has another reply_id.

    Raises
    ------
    pydantic.ValidationError
        If the answer is blank.
    """
    key = ReplyKey(
        question_id=question.question_id,
        question_sha256=question.question_sha256,
        backend=reader,
        backend_version="",
        contract=CONTRACT,
        probe=PROBES[saw],
        presentation_sha256=sha256_of([CONTRACT, question.case_id, saw.value]),
        prompt_sha256=sha256_of(question.text),
        parameters={} if occasion == 1 else {"occasion": occasion},
    )
    return Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=question.case_id,
        outcome=Outcome.ANSWERED,
        answer=answer,
        raw=answer,
        started_utc=shown_utc,
        duration_s=max(0.0, (given_utc - shown_utc).total_seconds()),
    )
