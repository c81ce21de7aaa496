"""A folder with every incorrect answer, what it claimed and where, for a model's maker."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from CTSpatialVQALib import __version__
from CTSpatialVQALib.files import write_bytes, write_text
from CTSpatialVQALib.language.grounding import ground
from CTSpatialVQALib.language.propositions import parse_claims
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.words import Outcome, VerdictValue
from CTSpatialVQALib.report.evidence import Pictured
from CTSpatialVQALib.report.exports import read_table
from CTSpatialVQALib.report.items import Picture, chips
from CTSpatialVQALib.report.page_data import RESEARCH_NOTE
from CTSpatialVQALib.report.plain_page import write_page
from CTSpatialVQALib.report.verdict_columns import NOTICE, Row
from CTSpatialVQALib.report.verdict_table import EVERYTHING, TableChoice
from CTSpatialVQALib.report.whole_folder import folder_written_whole, require_new_folder

FORMAT = "ctspatialvqa-errors/1"
MOST_PICTURES_IN_PAGE = 300  # about 60 MB; the others are linked
WITHOUT_STUDY = "No study was given with --study, so there are no pictures."

# the reason, if the anatomy contradicts the answer; None if it does not or cannot tell
GeometryReason = Callable[[Row], str | None]
# pictures for these rows by question id; a row whose question or case is not at hand is left out
Pictures = Callable[[Iterable[Row]], Mapping[str, Pictured]]


class Judgement(NamedTuple):
    """That an answer is incorrect, and who says so.

    Parameters
    ----------
    by : `adjudicated verdict`, `verdict` with the number of readers, or the scorer
    """

    by: str
    error_type: str
    severity: str


class Errors(NamedTuple):
    """The incorrect answers of a log.

    Parameters
    ----------
    wrong : with the verdicts on each
    disputed : answers that as many readers call correct as incorrect; they are left out
    """

    wrong: list[Wrong]
    disputed: int


class Wrong(NamedTuple):
    """One incorrect answer."""

    row: Row
    judgement: Judgement
    verdicts: tuple[Row, ...]


def export_errors(
    log: Path,
    out: Path,
    *,
    pictures: Pictures | None = None,
    geometry: GeometryReason | None = None,
    identified: bool = False,
    choice: TableChoice = EVERYTHING,
) -> int:
    """Write the folder `out` with `errors.jsonl`, `pictures/` and `index.html`, and return how many errors.

    An answer is incorrect if the adjudicated verdict on it says so; without one, if more readers call it
    incorrect than correct (final verdicts before blind ones, unsure and faulty not counted); without any
    verdict, if the automatic score says so. Failures are no answers and are left out.

    Parameters
    ----------
    pictures : makes the evidence pictures; without it there are none, and the folder says so
    geometry : says why the anatomy contradicts an answer

    Raises
    ------
    BadInput
        If `log` is no audit log, or there is something at `out` already.
    WorkFailed
        If the log's chain is broken or the folder cannot be written; then there is nothing at `out`.
    """
    require_new_folder(out)
    table = read_table(log, identified=identified, choice=choice)
    errors = errors_of(table.by_reply())
    with folder_written_whole(out) as folder:
        records = []
        for entry in _pictured(errors.wrong, pictures):
            record = _record(entry.wrong, geometry)
            record |= _picture_fields(folder, entry)
            records.append(record)
        lines = (json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in records)
        write_text(folder / "errors.jsonl", "".join(lines))
        _write_index(folder, records, errors.disputed, with_pictures=pictures is not None)
    return len(errors.wrong)


def errors_of(rows: Iterable[Row]) -> Errors:
    """The incorrect answers among the rows of a verdict table, in their order."""
    replies: dict[str, list[Row]] = {}
    for row in rows:
        if row["outcome"] == Outcome.ANSWERED and row["answered_by"] == "model":
            replies.setdefault(row["reply_id"], []).append(row)
    errors, disputed = [], 0
    for reply in replies.values():
        verdicts = tuple(row for row in reply if row["verdict"])
        decided = _decided(verdicts)
        disputed += decided is _DISPUTED
        judgement = _scored_wrong(reply[0]) if decided is None else decided
        if judgement is not None and judgement.by:
            errors.append(Wrong(reply[0], judgement, verdicts))
    return Errors(errors, disputed)


_NOT_WRONG = Judgement("", "", "")
_DISPUTED = Judgement("", "", " ")


def _decided(verdicts: tuple[Row, ...]) -> Judgement | None:
    """What the readers decided; None if no verdict decides anything, so that the score counts."""
    adjudicated = [row for row in verdicts if row["adjudicated"] == "true"]
    if adjudicated:
        return _judgement("adjudicated verdict", adjudicated[-1])
    votes: dict[str, Row] = {}
    for row in sorted(verdicts, key=lambda verdict: (verdict["stage"] == "final", verdict["occasion"])):
        votes[row["reader"]] = row
    wrong = [row for row in votes.values() if row["verdict"] == VerdictValue.INCORRECT]
    right = sum(row["verdict"] == VerdictValue.CORRECT for row in votes.values())
    if not votes:
        return None
    if len(wrong) == right:
        return _DISPUTED if right else _NOT_WRONG
    if len(wrong) < right:
        return _NOT_WRONG
    by = f"verdict of {len(wrong)} of {len(votes)} readers" if len(votes) > 1 else "verdict of one reader"
    return Judgement(
        by, _commonest(row["error_type"] for row in wrong), _commonest(row["severity"] for row in wrong)
    )


def _judgement(by: str, row: Row) -> Judgement:
    if row["verdict"] != VerdictValue.INCORRECT:
        return _NOT_WRONG
    return Judgement(by, row["error_type"], row["severity"])


def _scored_wrong(row: Row) -> Judgement | None:
    if row["score_correct"] != "false":
        return None
    return Judgement(f"score {row['score_by']}", row["score_error_type"], "")


def _commonest(words: Iterable[str]) -> str:
    counted = Counter(filter(None, words))
    return counted.most_common(1)[0][0] if counted else ""


class _PicturedError(NamedTuple):
    wrong: Wrong
    picture: Picture
    structures: tuple[str, ...]


def _pictured(errors: list[Wrong], pictures: Pictures | None) -> Iterator[_PicturedError]:
    """Case by case, so that the pictures of one case at a time are in memory."""
    by_case: dict[str, list[Wrong]] = {}
    for wrong in errors:
        by_case.setdefault(wrong.row["case_id"], []).append(wrong)
    for case in by_case.values():
        drawn = {} if pictures is None else pictures([wrong.row for wrong in case])
        for wrong in case:
            pictured = drawn.get(wrong.row["question_id"])
            if pictured is None:
                absent = WITHOUT_STUDY if pictures is None else "The study has no such question or case."
                yield _PicturedError(wrong, Picture(None, absent), ())
            else:
                yield _PicturedError(wrong, pictured.picture, pictured.structures)


def _record(wrong: Wrong, geometry: GeometryReason | None) -> dict[str, Any]:
    row = wrong.row
    kept = (
        "question_id",
        "question_sha256",
        "case_id",
        "question",
        "reference",
        "reply_id",
        "backend",
        "backend_version",
        "contract",
        "probe",
        "answer",
        "basis",
        "score_by",
        "score_correct",
        "score_error_type",
        "score_reason",
    )
    verdict_columns = (
        "reader",
        "stage",
        "verdict",
        "error_type",
        "severity",
        "comment",
        "aided",
        "adjudicated",
    )
    grounded = ground(row["question"], row["reference"])
    return {
        "notice": NOTICE,
        **{name: row[name] for name in kept},
        "judged_by": wrong.judgement.by,
        "error_type": wrong.judgement.error_type or None,
        "severity": wrong.judgement.severity or None,
        "structures": list(grounded.answer_structures or grounded.question_structures),
        "regions": list(grounded.answer_regions or grounded.question_regions),
        "claims": [claim.model_dump(mode="json") for claim in parse_claims(row["answer"])],
        "reference_claims": [claim.model_dump(mode="json") for claim in parse_claims(row["reference"])],
        "geometry": None if geometry is None else geometry(row),
        "verdicts": [{name: verdict[name] for name in verdict_columns} for verdict in wrong.verdicts],
    }


def _picture_fields(folder: Path, entry: _PicturedError) -> dict[str, Any]:
    picture = entry.picture
    if picture.png is None:
        return {"picture": None, "picture_note": picture.note, "shown": [], "drawn": []}
    # named by its content: a case id never becomes a path
    name = f"pictures/{hashlib.sha256(picture.png).hexdigest()[:32]}.png"
    write_bytes(folder / name, picture.png)
    return {
        "picture": name,
        "picture_note": picture.note,
        "shown": list(entry.structures),
        "drawn": list(picture.drawn or ()),
    }


def _write_index(folder: Path, records: list[dict[str, Any]], disputed: int, *, with_pictures: bool) -> None:
    shown = [
        record
        | {
            "chips": chips(record["shown"] or record["structures"], record["drawn"]),
            "png": _png(folder, record) if number < MOST_PICTURES_IN_PAGE else None,
        }
        for number, record in enumerate(records)
    ]
    values = {
        "errors": shown,
        "disputed": disputed,
        "models": Counter(f"{record['backend']} {record['backend_version']}".strip() for record in records),
        "types": Counter(record["error_type"] or "no error type" for record in records).most_common(),
        "note": "" if with_pictures else WITHOUT_STUDY,
        "generated_utc": f"{utc_now():%Y-%m-%d %H:%M} UTC",
        "version": __version__,
        "research_note": RESEARCH_NOTE,
    }
    write_page("errors.html.j2", folder / "index.html", values, styles=("report.css", "log.css"))


def _png(folder: Path, record: Mapping[str, Any]) -> bytes | None:
    return (folder / record["picture"]).read_bytes() if record["picture"] else None
