"""Which verdict stands on which reply? Joins replies, scores and verdicts of a log by `reply_id`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from CTSpatialVQALib.audit.chain import Stored
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.judgement import VerdictKey

NOTICE = "Research use only"

# column -> what stands in it; the order is the order of the columns
CSV_COLUMNS: dict[str, str] = {
    "question_id": "id of the question",
    "question_sha256": "hash of question and reference answer; tells a changed question from the same one",
    "case_id": "id of the case, by the study's own naming",
    "categories": "spatial categories of the question, separated by '; '",
    "form": "how the question wants to be answered",
    "question": "text of the question; empty if the log holds the reply without it",
    "reference": "the answer taken as true",
    "reply_id": "hash of everything that makes the asking; the key that all is joined by",
    "backend": "who answered",
    "backend_version": "its version",
    "contract": "input contract: how the volume was prepared for the model",
    "probe": "controlled change of what was shown; 'full' for none",
    "outcome": "what became of the asking; only 'answered' has an answer",
    "answer": "the model's answer",
    "basis": "on what the backend says its answer rests",
    "score_by": "scorer and version of the automatic judgement; the latest in the log stands",
    "score_correct": "true, false, or empty where the scorer cannot decide",
    "score_error_type": "error type by the scorer",
    "score_reason": "the scorer's reason",
    "reader": "pseudonym of the reader; empty for a reply without a verdict",
    "stage": "blind (before the reveal) or final",
    "aided": "true if overlay, reference or suggestion was visible before the verdict",
    "verdict": "correct, incorrect, unsure or question_faulty",
    "error_type": "how an incorrect answer is wrong",
    "severity": "what the error would mean at the bedside",
    "faults": "what is wrong with a faulty question, separated by '; '",
    "comment": "the reader's comment",
    "shown_utc": "when the question was shown",
    "given_utc": "when the verdict was given",
    "corrected": "true if this verdict replaced an earlier one of the same reader, reply and stage",
    "correction_reason": "why",
    "seq": "place of the verdict (without one: of the reply) in the log",
    "event_id": "id of that log event",
    "notice": f"'{NOTICE}' in every row",
}

# The fields of each record in the order of the columns; picked by C code, for logs of 100,000 verdicts.
_QUESTION = itemgetter("categories", "form", "text", "reference")
_KEY = itemgetter("backend", "backend_version", "contract", "probe")
_REPLY = itemgetter("outcome", "answer", "basis")
_SCORE = itemgetter("by", "correct", "error_type", "reason")
_VERDICT = itemgetter(
    "reader",
    "stage",
    "aided",
    "value",
    "error_type",
    "severity",
    "faults",
    "comment",
    "shown_utc",
    "given_utc",
)

Cells = tuple[Any, ...]
_NO_QUESTION: Cells = ("",) * 4
_NO_REPLY: Cells = ("",) * 7
_NO_SCORE: Cells = ("",) * 4
_NO_VERDICT: Cells = ("",) * 12


class _About(NamedTuple):
    """Which question a reply or a verdict is about."""

    question_id: str
    question_sha256: str


class _Place(NamedTuple):
    """Where in the log it stands."""

    seq: int
    event_id: str


class _Answered(NamedTuple):
    about: _About
    case_id: str
    cells: Cells
    place: _Place


class _Judged(NamedTuple):
    about: _About
    cells: Cells
    place: _Place


@dataclass
class VerdictTable:
    """What is known of each reply and each verdict, gathered event by event; later events stand.

    Parameters
    ----------
    where : the log, as messages name it
    """

    where: str
    _questions: dict[_About, Cells] = field(default_factory=dict)
    _replies: dict[str, _Answered] = field(default_factory=dict)
    _scores: dict[str, Cells] = field(default_factory=dict)
    _verdicts: dict[VerdictKey, _Judged] = field(default_factory=dict)

    def add(self, stored: Stored) -> None:
        """Take in one record; kinds that say nothing about a reply are passed over.

        Raises
        ------
        BadInput
            If the record does not hold what its kind promises.
        """
        kind, payload = stored.event["kind"], stored.event["payload"]
        place = _Place(stored.seq, stored.event["event_id"])
        try:
            if kind == EventKind.REPLY_RECEIVED:
                self._add_reply(payload["reply"], place)
                self._add_question(payload.get("question"))
            elif kind == EventKind.SCORED:
                self._add_score(payload["score"])
            elif kind in (EventKind.VERDICT, EventKind.CORRECTION):
                self._add_verdict(payload["verdict"], place)
        except (KeyError, TypeError, AttributeError) as error:
            raise BadInput(
                f"{self.where}: record {stored.seq}",
                expected=f"the payload of an event '{kind}'",
                came=f"another shape ({error!r})",
                remedy="Export it as jsonl, which takes every record as it is",
            ) from error

    def rows(self) -> Iterator[list[str]]:
        """One row per standing verdict in the order of the log, then the replies without any.

        Raises
        ------
        BadInput
            If a verdict speaks of another question than the reply it is keyed to.
        """
        judged = set()
        for key, verdict in sorted(self._verdicts.items(), key=lambda item: item[1].place.seq):
            judged.add(key.reply_id)
            reply = self._replies.get(key.reply_id)
            self._refuse_mismatch(key, reply, verdict)
            yield self._row(verdict.about, key.reply_id, reply, verdict.cells, verdict.place)
        for reply_id, reply in self._replies.items():
            if reply_id not in judged:
                yield self._row(reply.about, reply_id, reply, _NO_VERDICT, reply.place)

    def _row(
        self, about: _About, reply_id: str, reply: _Answered | None, verdict: Cells, place: _Place
    ) -> list[str]:
        cells = (
            *about,
            reply.case_id if reply else "",
            *self._questions.get(about, _NO_QUESTION),
            reply_id,
            *(reply.cells if reply else _NO_REPLY),
            *self._scores.get(reply_id, _NO_SCORE),
            *verdict,
            *place,
            NOTICE,
        )
        return [cell if type(cell) is str else _text(cell) for cell in cells]

    def _add_reply(self, reply: Mapping[str, Any], place: _Place) -> None:
        key = reply["key"]
        self._replies[reply["reply_id"]] = _Answered(
            _about(key), reply["case_id"], _KEY(key) + _REPLY(reply), place
        )

    def _add_question(self, question: Mapping[str, Any] | None) -> None:
        if question is not None:
            self._questions.setdefault(_about(question), _QUESTION(question))

    def _add_score(self, score: Mapping[str, Any]) -> None:
        if score["reply_id"] is not None:
            self._scores[score["reply_id"]] = _SCORE(score)

    def _add_verdict(self, verdict: Mapping[str, Any], place: _Place) -> None:
        key = VerdictKey(verdict["reader"], verdict["reply_id"], verdict["stage"])
        corrected = key in self._verdicts or verdict["corrects"] is not None
        cells = (*_VERDICT(verdict), corrected, verdict["correction_reason"])
        self._verdicts[key] = _Judged(_about(verdict), cells, place)

    def _refuse_mismatch(self, key: VerdictKey, reply: _Answered | None, verdict: _Judged) -> None:
        if reply is None or reply.about == verdict.about:
            return
        same_id = reply.about.question_id == verdict.about.question_id
        name = "question_sha256" if same_id else "question_id"
        raise BadInput(
            f"{self.where}: record {verdict.place.seq}",
            expected=f"{name} {getattr(reply.about, name)}, which reply {key.reply_id[:12]} answers",
            came=str(getattr(verdict.about, name)),
            remedy="The verdict was given on another question; correct it in the study",
        )


def _about(record: Mapping[str, Any]) -> _About:
    return _About(record["question_id"], record["question_sha256"])


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    return str(value)
