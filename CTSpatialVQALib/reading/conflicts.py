"""Contradictions between logs: other studies, other texts, two verdicts of one reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from CTSpatialVQALib.audit.chain import Stored
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.event import EventKind

_JUDGED = ("value", "error_type", "severity", "faults")


class StudyName(NamedTuple):
    """The study that all logs are of."""

    study_id: str
    study_sha256: str


class _Statement(NamedTuple):
    """Something a log says that another must not contradict."""

    where: str
    what: object


def refuse_conflicts(logs: Iterable[tuple[str, Iterable[Stored]]]) -> StudyName:
    """The study of all the logs, given as (where, records).

    Raises
    ------
    BadInput
        If two logs are of different studies or none names one, a question has two texts, or a reader has two
        different standing verdicts on one reply at one stage, or two answers to one question.
    """
    statements: dict[tuple[str, ...], _Statement] = {}
    study: StudyName | None = None
    for where, records in logs:
        own: dict[tuple[str, ...], object] = {}
        for record in records:
            own.update(_statements(record.event))  # a correction in the same log replaces
        for about, what in own.items():
            _require_same(
                about, statements.setdefault(about, _Statement(where, what)), _Statement(where, what)
            )
        study = _study(own) or study
    if study is None:
        raise BadInput("merge", expected="logs of a study", came="no session", remedy="Give readers' logs")
    return study


def _statements(event: dict[str, Any]) -> dict[tuple[str, ...], object]:
    kind, payload = event["kind"], event["payload"]
    if kind == EventKind.SESSION_OPENED:
        return {("study",): StudyName(payload["study_id"], payload["study_sha256"])}
    if kind in (EventKind.VERDICT, EventKind.CORRECTION):
        verdict = payload["verdict"]
        reader, reply_id, stage = verdict["reader"], verdict["reply_id"], verdict["stage"]
        key = ("verdict", reader, reply_id, stage, str(verdict.get("occasion", 1)))
        question = ("question", verdict["question_id"])
        return {key: [verdict[name] for name in _JUDGED], question: verdict["question_sha256"]}
    if kind == EventKind.READER_ANSWERED:
        reply = payload["reply"]
        return {("answer", reply["key"]["backend"], reply["reply_id"]): reply["answer"]}
    if kind == EventKind.REPLY_RECEIVED:
        key = payload["reply"]["key"]
        return {("question", key["question_id"]): key["question_sha256"]}
    return {}


def _study(own: dict[tuple[str, ...], object]) -> StudyName | None:
    name = own.get(("study",))
    return name if isinstance(name, StudyName) else None


def _require_same(about: tuple[str, ...], first: _Statement, second: _Statement) -> None:
    if first.what != second.what:
        raise BadInput(
            second.where,
            expected=f"{_described(about)} as in {first.where} ({shown(first.what)})",
            came=shown(second.what),
            remedy="Merge only logs of one study, and one voice of each reader",
        )


def _described(about: tuple[str, ...]) -> str:
    kind, *details = about
    if kind == "verdict":
        reader, reply_id, stage, occasion = details
        again = "" if occasion == "1" else f", reading {occasion}"
        return f"the {stage} verdict of reader {shown(reader)} on reply {reply_id[:12]}{again}"
    if kind == "answer":
        return f"the answer of reader {shown(details[0])} ({details[1][:12]})"
    return "the study" if kind == "study" else f"the text of question {shown(details[0])}"
