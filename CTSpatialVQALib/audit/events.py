"""The events of a log: one constructor for each kind, so that every payload has one documented shape.

A payload holds whole records under fixed keys (`reply`, `question`, `score`, `verdict`) and nothing that
names a place on this computer: no path, no address except the host that consent was given to. Who and when
stand in every event, and so do the versions of what was running (`AuditLog.open(software=...)`): the program,
Python and, where there are any, Slicer and the module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.base import Record
from CTSpatialVQALib.records.event import EventKind
from CTSpatialVQALib.records.judgement import Score, Verdict
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import ReadingMode, Stage

Revealed = Literal["overlay", "reference", "suggestion", "model", "volume"]
GrantOf = Literal["python", "trust_code", "key_variable", "ca_file"]
ExportFormat = Literal["csv", "jsonl", "html", "dicom-sr", "inspect", "errors"]


class Entry(NamedTuple):
    """An event to be: `log.append(*entry)` or `log.append_many(entries)`."""

    kind: EventKind
    payload: dict[str, JsonValue]


class SeenWith(NamedTuple):
    """What stood behind a session or a question; None for what is not known or does not apply.

    Parameters
    ----------
    backend, backend_version : whose answers are read
    contract : input contract of the model, name and version
    presentation_sha256 : `Presentation.sha256` of what the model was shown
    ct_sha256, mask_sha256 : of the volume and the anatomy mask that the reader was shown
    """

    backend: str | None = None
    backend_version: str | None = None
    contract: str | None = None
    presentation_sha256: str | None = None
    ct_sha256: str | None = None
    mask_sha256: str | None = None


UNKNOWN = SeenWith()


def session_opened(
    study_id: str, study_sha256: str, mode: ReadingMode, *, seen_with: SeenWith = UNKNOWN
) -> Entry:
    """A reader or a run began: `{"study_id", "study_sha256", "mode", "with"?}`.

    The hash is of the study file. `with` has the fields of `SeenWith` that hold for the whole session; it is
    left out where there are none.
    """
    return Entry(
        EventKind.SESSION_OPENED,
        {"study_id": study_id, "study_sha256": study_sha256, "mode": mode.value, **_with(seen_with)},
    )


def session_closed(study_id: str) -> Entry:
    """The session was ended on purpose: `{"study_id"}`. After a crash it is absent."""
    return Entry(EventKind.SESSION_CLOSED, {"study_id": study_id})


def question_shown(
    question_id: str,
    question_sha256: str,
    *,
    reply_id: str | None = None,
    stage: Stage | None = None,
    seen_with: SeenWith = UNKNOWN,
) -> Entry:
    """A reader was shown a question: `{"question_id", "question_sha256", "reply_id", "stage", "with"?}`.

    `reply_id` is None where no reply was shown with it (the reader answers himself), `stage` where there is
    no verdict to give.
    """
    return Entry(
        EventKind.QUESTION_SHOWN,
        {
            "question_id": question_id,
            "question_sha256": question_sha256,
            "reply_id": reply_id,
            "stage": None if stage is None else stage.value,
            **_with(seen_with),
        },
    )


def revealed(what: Revealed, question_id: str, *, reply_id: str | None = None) -> Entry:
    """Something hidden became visible; later verdicts are aided: `{"what", "question_id", "reply_id"}`.

    `what` is the overlay of the structures, the reference answer, an automatic score's suggestion, the name
    of the model, or the volume (in a reading that begins with text only).
    """
    return Entry(EventKind.REVEALED, {"what": what, "question_id": question_id, "reply_id": reply_id})


def draft_kept(question_id: str, reply_id: str | None, text: str) -> Entry:
    """The comment as typed so far: `{"question_id", "reply_id", "text"}`; the latest stands, "" drops it."""
    return Entry(EventKind.DRAFT_KEPT, {"question_id": question_id, "reply_id": reply_id, "text": text})


def flagged(question_id: str, reply_id: str | None = None, *, up: bool = True, reason: str = "") -> Entry:
    """A reader marked something to come back to: `{"question_id", "reply_id", "up", "reason"}`.

    `up` is false where the flag was taken down; the latest of a reader stands.
    """
    return Entry(
        EventKind.FLAGGED, {"question_id": question_id, "reply_id": reply_id, "up": up, "reason": reason}
    )


def question_answered_by_reader(reply: Reply, question: Question | None = None) -> Entry:
    """A reader answered himself, as a human control: `{"reply": Reply, "question"?: Question}`.

    The answer is a Reply as a model's is, so that it is scored and compared in the same way: `key.backend` is
    the reader's pseudonym and `key.probe` says what he saw (`full`, `single_slice`, `text_only`). The kind is
    one of its own, so that it is never taken for a model's reply that waits for a verdict.
    """
    return Entry(EventKind.READER_ANSWERED, _reply_payload(reply, question))


def reply_received(reply: Reply, question: Question | None = None) -> Entry:
    """`{"reply": Reply, "question"?: Question}`; with the question the log can be read without its study."""
    return Entry(EventKind.REPLY_RECEIVED, _reply_payload(reply, question))


def scored(score: Score) -> Entry:
    """An automatic judgement: `{"score": Score}`."""
    return Entry(EventKind.SCORED, {"score": _plain(score)})


def verdict_given(verdict: Verdict) -> Entry:
    """`{"verdict": Verdict}`; the kind is `correction` where the verdict names the event it corrects."""
    kind = EventKind.VERDICT if verdict.corrects is None else EventKind.CORRECTION
    return Entry(kind, {"verdict": _plain(verdict)})


def adjudicated(verdict: Verdict, of: Sequence[str]) -> Entry:
    """Readers disagreed and one verdict was settled on: `{"verdict": Verdict, "of": [event_id, ...]}`.

    `of` names the events of the readers' verdicts that it decides between; they stay as they are.

    Raises
    ------
    BadInput
        If `of` names no verdict.
    """
    if not of:
        raise BadInput(
            "adjudication",
            expected="the event ids of the verdicts it decides between",
            came="none",
            remedy="Record a verdict on a single reply with verdict_given",
        )
    return Entry(EventKind.ADJUDICATED, {"verdict": _plain(verdict), "of": list(of)})


def consent_given(host: str) -> Entry:
    """The user agreed that data are sent to `host`: `{"host"}`."""
    return Entry(EventKind.CONSENT_GIVEN, {"host": host})


def consent_withdrawn(host: str) -> Entry:
    """The user no longer agrees: `{"host"}`."""
    return Entry(EventKind.CONSENT_WITHDRAWN, {"host": host})


def grant_given(backend: str, grant_of: GrantOf, value: str) -> Entry:
    """The user allowed a backend what no study can: `{"backend", "of", "value"}`; it holds for this session.

    `value` is the name of the environment variable that holds a key, or model and revision of code that may
    run; of an interpreter or a file of certificates it is the last part of the path.
    """
    return Entry(EventKind.GRANT_GIVEN, {"backend": backend, "of": grant_of, "value": value})


def case_checked(case_id: str, findings: Iterable[tuple[str, str]]) -> Entry:
    """Reading and checking the files of a case found errors or warnings: `{"case_id", "findings"}`.

    Of each finding its `code` and `severity`; not its text, which may hold the name of a file.
    """
    listed: list[JsonValue] = [{"code": code, "severity": severity} for code, severity in findings]
    return Entry(EventKind.CASE_CHECKED, {"case_id": case_id, "findings": listed})


def export_made(export_format: ExportFormat, sha256: str, count: int, *, identified: bool = False) -> Entry:
    """Something left the log: `{"format", "sha256", "count", "identified"?}`.

    Hash of the file (of a folder: of what its maker says), rows or records in it; `identified` stands there,
    as true, only where more than pseudonyms and the study's own case names left.
    """
    payload: dict[str, JsonValue] = {"format": export_format, "sha256": sha256, "count": count}
    return Entry(EventKind.EXPORT_MADE, payload | ({"identified": True} if identified else {}))


def logs_merged(study_id: str, study_sha256: str, sources: Sequence[tuple[str, int, str]]) -> Entry:
    """Several logs were put into one: `{"study_id", "study_sha256", "sources": [{"log", "seq", "sha256"}]}`.

    Each source is a log's name (the hash of its first record) and its head; its records follow, each with
    `merged_from` in its payload (`reading.merge`).
    """
    plain: list[JsonValue] = [{"log": log, "seq": seq, "sha256": sha256} for log, seq, sha256 in sources]
    payload: dict[str, JsonValue] = {"study_id": study_id, "study_sha256": study_sha256, "sources": plain}
    return Entry(EventKind.LOGS_MERGED, payload)


def signed(seq: int, sha256: str, signed_utc: str, *, public_key: str, signature: str) -> Entry:
    """A key vouches for all up to `seq`: `{"seq", "sha256", "signed_utc", "public_key", "signature"}`.

    `AuditLog.sign` makes it; see `audit.signing` for what is signed. Key and signature are hexadecimal.
    """
    return Entry(
        EventKind.SIGNED,
        {
            "seq": seq,
            "sha256": sha256,
            "signed_utc": signed_utc,
            "public_key": public_key,
            "signature": signature,
        },
    )


def _with(seen_with: SeenWith) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {
        name: value for name, value in seen_with._asdict().items() if value is not None
    }
    return {"with": fields} if fields else {}


def _reply_payload(reply: Reply, question: Question | None) -> dict[str, JsonValue]:
    payload: dict[str, JsonValue] = {"reply": _plain(reply)}
    return payload if question is None else payload | {"question": _plain(question)}


def _plain(record: Record) -> JsonValue:
    plain: JsonValue = record.model_dump(mode="json")
    return plain
