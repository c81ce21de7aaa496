"""The verdicts of a log as rows: replies, every scorer's finding and verdicts, joined by `reply_id`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from CTSpatialVQALib.audit.chain import EMPTY_HEAD, Head, Stored
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.base import sha256_of
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.report.deidentified import Pseudonyms
from CTSpatialVQALib.report.joint_findings import (
    NO_FINDING,
    Cells,
    Reading,
    jury_finding,
    readers_finding,
)
from CTSpatialVQALib.report.score_choice import (
    BY_RULES,
    ScoreChoice,
    is_judge,
    is_rules,
    judge_of,
)
from CTSpatialVQALib.report.verdict_columns import CSV_COLUMNS, NOTICE, Row

# The fields of each record in the order of the columns; picked by C code, for logs of 100,000 verdicts.
_QUESTION = itemgetter("categories", "form", "text", "reference")
_KEY = itemgetter("backend_version", "contract", "probe")
_SCORE = itemgetter("by", "correct", "error_type", "reason")

_BACKEND, _PROBE = 1, 4  # places in the cells of a reply
_NO_QUESTION: Cells = ("",) * 4
_NO_REPLY: Cells = ("",) * 8
_NO_VERDICT: Cells = ("",) * 14
_FLAG = {True: "true", False: "false"}
_VERDICTS = frozenset({EventKind.VERDICT, EventKind.CORRECTION, EventKind.ADJUDICATED})


class _About(NamedTuple):
    """Which question a reply or a verdict is about."""

    question_id: str
    question_sha256: str


class _Place(NamedTuple):
    """Where in the log it stands; text, because both are cells."""

    seq: str
    event_id: str


class _Answered(NamedTuple):
    """A reply; `shown_id` is its reply_id, where a reader answered himself with his pseudonym in it."""

    shown_id: str
    about: _About
    case_id: str
    cells: Cells
    place: _Place


class _Judged(NamedTuple):
    about: _About
    cells: Cells
    place: _Place
    earlier: _Judged | None


class _Numbered(NamedTuple):
    """A row and the reply it is about."""

    reply_id: str
    cells: Cells


class _Key(NamedTuple):
    """Under which a verdict stands (`VerdictKey`); an adjudicated one never replaces a reader's own."""

    reader: str
    reply_id: str
    stage: str
    occasion: int
    adjudicated: bool


class TableChoice(NamedTuple):
    """What of a log is exported, and whose judgement counts.

    Parameters
    ----------
    backends, probes : only these; all where none is named
    score_by : whose judgement stands in the columns `score_...`
    """

    backends: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    score_by: ScoreChoice = BY_RULES

    def takes(self, backend: str, probe: str) -> bool:
        """Whether a reply of this backend under this probe is exported."""
        return (not self.backends or backend in self.backends) and (not self.probes or probe in self.probes)


EVERYTHING = TableChoice()


class Entry(NamedTuple):
    """One row by column name, and the rows that a correction replaced, the first one first."""

    row: Row
    earlier: tuple[Row, ...]


@dataclass
class VerdictTable:
    """What is known of each reply and each verdict, gathered event by event; later events stand.

    Parameters
    ----------
    where : the log, as messages name it
    readers : under which names readers stand in the rows
    studies : ids of the studies whose sessions are in the log
    head : place and hash of the last record, once all are taken in
    choice : which replies make rows, and whose judgement counts in them
    """

    where: str
    readers: Pseudonyms = field(default_factory=Pseudonyms)
    studies: set[str] = field(default_factory=set)
    head: Head = EMPTY_HEAD
    choice: TableChoice = EVERYTHING
    _questions: dict[_About, Cells] = field(default_factory=dict)
    _replies: dict[str, _Answered] = field(default_factory=dict)
    _scores: dict[str, dict[str, Cells]] = field(default_factory=dict)
    _verdicts: dict[_Key, _Judged] = field(default_factory=dict)
    _by_reply: dict[str, list[Reading]] = field(default_factory=dict)

    def add(self, stored: Stored) -> None:
        """Take in one record; kinds that say nothing about a reply are passed over.

        Raises
        ------
        BadInput
            If the record does not hold what its kind promises.
        """
        if stored.seq == 1:
            self.readers.begin(stored.sha256)
        kind, payload = stored.event["kind"], stored.event["payload"]
        try:
            if kind in _VERDICTS:
                self._add_verdict(payload["verdict"], _place(stored), kind == EventKind.ADJUDICATED)
            elif kind == EventKind.REPLY_RECEIVED:
                self._add_reply(payload["reply"], _place(stored), "model")
                self._add_question(payload.get("question"))
            elif kind == EventKind.SCORED:
                self._add_score(payload["score"])
            elif kind == EventKind.READER_ANSWERED:
                self._add_reply(payload["reply"], _place(stored), "reader")
                self._add_question(payload.get("question"))
            elif kind == EventKind.SESSION_OPENED:
                self.studies.add(str(payload["study_id"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise BadInput(
                f"{self.where}: record {stored.seq}",
                expected=f"the payload of an event '{kind}'",
                came=f"another shape ({error!r})",
                remedy="Export it as jsonl, which takes every record as it is",
            ) from error

    def rows(self) -> Iterator[Cells]:
        """One row per standing verdict in the order of the log, then the replies without any.

        A cell may be of another type than text only where a record was written by another program.

        Raises
        ------
        BadInput
            If a verdict speaks of another question than the reply it is keyed to.
        """
        for row in self._numbered():
            yield row.cells

    def rows_with_scorers(self) -> Iterator[Cells]:
        """As `rows`, each with one more cell per scorer of `scorers`: true, false, empty for no finding."""
        scorers = self.scorers
        for row in self._numbered():
            scores = self._scores.get(row.reply_id, {})
            yield row.cells + tuple(scores[by][1] if by in scores else "" for by in scorers)

    @property
    def scorers(self) -> tuple[str, ...]:
        """Everyone who scored, as `Score.by` names them: rules first, then judges."""
        every = {by for scores in self._scores.values() for by in scores}
        return tuple(sorted(every, key=lambda by: (not is_rules(by), by)))

    def scores_of(self, reply_id: str) -> dict[str, Cells]:
        """Scorer -> by, correct, error type and reason of one reply."""
        return dict(self._scores.get(reply_id, {}))

    def _numbered(self) -> Iterator[_Numbered]:
        self._refuse_unknown()
        judged = set()
        for key, verdict in self._verdicts.items():
            judged.add(key.reply_id)
            if self._taken(key.reply_id):
                yield _Numbered(key.reply_id, self._judged_row(key, verdict))
        for reply_id, reply in self._replies.items():
            if reply_id not in judged and self._taken(reply_id):
                cells = self._row(reply.about, reply_id, reply, _NO_VERDICT, reply.place)
                yield _Numbered(reply_id, cells)

    def _taken(self, reply_id: str) -> bool:
        reply = self._replies.get(reply_id)
        if reply is None:  # the log holds the verdict without its reply: whose it is, is not known
            return self.choice == self.choice._replace(backends=(), probes=())
        return self.choice.takes(reply.cells[_BACKEND], reply.cells[_PROBE])

    def _refuse_unknown(self) -> None:
        """Refuse a backend, a probe or a judge that is not in the log."""
        replies = self._replies.values()
        available = {"--backend": {reply.cells[_BACKEND] for reply in replies}}
        available["--probe"] = {reply.cells[_PROBE] for reply in replies}
        requested = {"--backend": self.choice.backends, "--probe": self.choice.probes}
        for option, names in requested.items():
            if strange := sorted(set(names) - available[option]):
                raise _unknown(self.where, f"{option} {strange[0]}", sorted(available[option]))
        chosen = self.choice.score_by
        judges = [by for by in self.scorers if judge_of(by)]
        if chosen.kind == "judge" and not any(is_judge(by, chosen.judge) for by in judges):
            raise _unknown(self.where, f"--score-by {chosen}", judges)
        if chosen.kind == "jury" and len({judge_of(by) for by in judges}) < 2:
            raise _unknown(self.where, "--score-by jury, which takes two judges at least", judges)

    def verdicts(self) -> Iterator[Entry]:
        """The standing verdicts with what they replaced, in the order of the log. Errors as in `rows`."""
        self._refuse_unknown()
        for key, verdict in self._verdicts.items():
            if not self._taken(key.reply_id):
                continue
            earlier: list[Row] = []
            before = verdict.earlier
            while before is not None:
                earlier.append(by_column(self._judged_row(key, before)))
                before = before.earlier
            yield Entry(by_column(self._judged_row(key, verdict)), tuple(reversed(earlier)))

    def by_reply(self) -> Iterator[Row]:
        """All rows by column name. Errors as in `rows`."""
        return map(by_column, self.rows())

    def _judged_row(self, key: _Key, verdict: _Judged) -> Cells:
        reply = self._replies.get(key.reply_id)
        if reply is not None and reply.about != verdict.about:
            raise self._mismatch(key, reply, verdict)
        return self._row(verdict.about, key.reply_id, reply, verdict.cells, verdict.place)

    def _row(
        self, about: _About, reply_id: str, reply: _Answered | None, verdict: Cells, place: _Place
    ) -> Cells:
        return (
            *about,
            reply.case_id if reply else "",
            *self._questions.get(about, _NO_QUESTION),
            reply.shown_id if reply else reply_id,
            *(reply.cells if reply else _NO_REPLY),
            *self._score(reply_id),
            *verdict,
            *place,
            NOTICE,
        )

    def _add_reply(self, reply: Mapping[str, Any], place: _Place, answered_by: str) -> None:
        key, shown_id = reply["key"], reply["reply_id"]
        backend = key["backend"] if answered_by == "model" else self.readers.of(key["backend"])
        if backend != key["backend"]:  # the id is a hash of the name, which can be found by trying names
            shown_id = sha256_of({**key, "backend": backend})
        answer = "" if reply["answer"] is None else reply["answer"]
        cells = (answered_by, backend, *_KEY(key), reply["outcome"], answer, reply["basis"])
        self._replies[reply["reply_id"]] = _Answered(shown_id, _about(key), reply["case_id"], cells, place)

    def _add_question(self, question: Mapping[str, Any] | None) -> None:
        if question is not None:
            about = _about(question)
            if about not in self._questions:
                self._questions[about] = tuple(map(as_text, _QUESTION(question)))

    def _add_score(self, score: Mapping[str, Any]) -> None:
        if score["reply_id"] is not None:
            scores = self._scores.setdefault(score["reply_id"], {})
            scores.pop(str(score["by"]), None)  # the latest of each scorer stands, and stands last
            scores[str(score["by"])] = tuple(map(as_text, _SCORE(score)))

    def _score(self, reply_id: str) -> Cells:
        """The finding of whoever counts; another scorer's never stands in for it."""
        chosen, scores = self.choice.score_by, self._scores.get(reply_id, {})
        if chosen.kind == "readers":
            return self._readers_score(reply_id)
        if chosen.kind == "jury":
            return jury_finding({judge_of(by) or by: cells for by, cells in scores.items() if judge_of(by)})
        fits = [
            cells
            for by, cells in scores.items()
            if (is_rules(by) if chosen.kind == "rules" else is_judge(by, chosen.judge))
        ]
        return fits[-1] if fits else NO_FINDING

    def _readers_score(self, reply_id: str) -> Cells:
        """What the readers found: the adjudicated verdict, else that of most of them."""
        if not self._by_reply:
            for key, verdict in self._verdicts.items():
                self._by_reply.setdefault(key.reply_id, []).append(_reading(key, verdict))
        return readers_finding(self._by_reply.get(reply_id, []))

    def _add_verdict(self, verdict: Mapping[str, Any], place: _Place, adjudicated: bool) -> None:
        occasion = verdict.get("occasion", 1)  # logs from before it was recorded do not have it
        key = _Key(verdict["reader"], verdict["reply_id"], verdict["stage"], occasion, adjudicated)
        # taken out and put in again, so that the order of the dict stays that of the log
        earlier = self._verdicts.pop(key, None)
        cells = (
            self.readers.of(verdict["reader"]),
            verdict["stage"],
            "1" if occasion == 1 else as_text(occasion),
            _FLAG[adjudicated],
            _FLAG[verdict["aided"]],
            verdict["value"],
            verdict["error_type"] or "",
            verdict["severity"] or "",
            as_text(verdict["faults"]),
            verdict["comment"],
            verdict["shown_utc"] or "",
            verdict["given_utc"],
            _FLAG[earlier is not None or verdict["corrects"] is not None],
            verdict["correction_reason"],
        )
        self._verdicts[key] = _Judged(_about(verdict), cells, place, earlier)

    def _mismatch(self, key: _Key, reply: _Answered, verdict: _Judged) -> BadInput:
        same_id = reply.about.question_id == verdict.about.question_id
        name = "question_sha256" if same_id else "question_id"
        return BadInput(
            f"{self.where}: record {verdict.place.seq}",
            expected=f"{name} {getattr(reply.about, name)}, which reply {key.reply_id[:12]} answers",
            came=str(getattr(verdict.about, name)),
            remedy="The verdict was given on another question; correct it in the study",
        )


def _reading(key: _Key, verdict: _Judged) -> Reading:
    cells = verdict.cells
    return Reading(key.reader, key.stage, key.occasion, key.adjudicated, cells[5], cells[6])


def _unknown(where: str, option: str, available: Sequence[str]) -> BadInput:
    return BadInput(
        where,
        expected=f"one of {', '.join(available)}" if available else "a log with one",
        came=option,
        remedy="Name one that the log holds, or leave the option out",
    )


def by_column(cells: Cells) -> Row:
    """Column name -> text."""
    return dict(zip(CSV_COLUMNS, map(as_text, cells), strict=True))


def _place(stored: Stored) -> _Place:
    return _Place(str(stored.seq), stored.event["event_id"])


def _about(record: Mapping[str, Any]) -> _About:
    return _About(record["question_id"], record["question_sha256"])


def as_text(value: object) -> str:
    """How a value stands in a cell: text as it is, nothing for None, lists separated by '; '."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(str(entry) for entry in value)
    return str(value)
