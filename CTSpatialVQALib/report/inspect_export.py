"""Verdicts for Inspect: logs for `inspect view`, files for its scorer `precomputed_scores`, and the samples.

The format is the one that `inspect_ai.scorer.precomputed_scores` documents and reads: JSON lines with `id`,
`value`, `answer`, `explanation` and `metadata`, at most one line per sample id. A log holds several models
and several judges of each, so there is one file per model and judge. Where inspect_ai is installed, each
model has a log of its own as well (`inspect_log`), with every scorer's and reader's finding.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.records.words import Outcome, Probe, VerdictValue
from CTSpatialVQALib.report import inspect_log
from CTSpatialVQALib.report.evidence import Pictured
from CTSpatialVQALib.report.exports import read_table
from CTSpatialVQALib.report.verdict_columns import NOTICE, Row
from CTSpatialVQALib.report.verdict_table import EVERYTHING, TableChoice, VerdictTable
from CTSpatialVQALib.report.whole_folder import folder_written_whole, require_new_folder

FORMAT = "ctspatialvqa-inspect/1"
# what Inspect's accuracy() reads as 1 and 0; anything undecided has no line and so stays unscored
_LETTERS = {VerdictValue.CORRECT: "C", VerdictValue.INCORRECT: "I"}
_SCORE_LETTERS = {"true": "C", "false": "I"}
_DECIDED = frozenset({"C", "I"})
WITHOUT_INSPECT = "No logs for `inspect view`: inspect_ai is not installed."
# pictures for these rows by question id
Pictures = Callable[[Iterable[Row]], Mapping[str, Pictured]]


class Judged(NamedTuple):
    """Who was asked, and who judged: one scores file."""

    model: str
    judge: str


def export_inspect(
    log: Path,
    out: Path,
    *,
    identified: bool = False,
    choice: TableChoice = EVERYTHING,
    pictures: Pictures | None = None,
) -> int:
    """Write the folder `out` with `samples.jsonl`, the scores files and `index.json`; return the scores.

    Parameters
    ----------
    pictures : makes evidence pictures for the logs; without it these have none

    Raises
    ------
    BadInput
        If `log` is no audit log, or there is something at `out` already.
    WorkFailed
        If the log's chain is broken or the folder cannot be written.
    """
    require_new_folder(out)
    table = read_table(log, identified=identified, choice=choice)
    rows = list(table.by_reply())
    samples = _samples(rows)
    files = _scores(rows, table)
    with folder_written_whole(out) as folder:
        _write_lines(folder / "samples.jsonl", samples)
        index = []
        for number, (judged, records) in enumerate(sorted(files.items()), start=1):
            name = f"scores-{number:03d}.jsonl"
            _write_lines(folder / name, records.values())
            index.append({"file": name, **judged._asdict(), "scores": len(records)})
        logs = _write_logs(folder, rows, table, pictures) if inspect_log.available() else []
        document = {
            "format": FORMAT,
            "notice": NOTICE,
            "samples": "samples.jsonl",
            "reader": "inspect_ai.scorer.precomputed_scores",
            "files": index,
            "logs": logs,
            "logs_note": "" if logs else WITHOUT_INSPECT,
        }
        write_text(folder / "index.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    return sum(len(records) for records in files.values())


def _samples(rows: Iterable[Row]) -> list[dict[str, object]]:
    """One per question whose text the log holds, as `inspect_ai.dataset.json_dataset` reads them."""
    samples: dict[str, dict[str, object]] = {}
    for row in rows:
        if row["question"]:
            samples.setdefault(
                row["question_id"],
                {
                    "id": row["question_id"],
                    "input": row["question"],
                    "target": row["reference"],
                    "metadata": {
                        "question_sha256": row["question_sha256"],
                        "case_id": row["case_id"],
                        "categories": row["categories"].split("; ") if row["categories"] else [],
                        "form": row["form"] or None,
                        "notice": NOTICE,
                    },
                },
            )
    return list(samples.values())


def _scores(rows: Iterable[Row], table: VerdictTable) -> dict[Judged, dict[str, dict[str, object]]]:
    """Judge by judge the records by question id; a second reply of one model to one question is refused."""
    files: dict[Judged, dict[str, dict[str, object]]] = {}
    replies: dict[tuple[Judged, str], str] = {}
    for row in rows:
        if row["outcome"] not in ("", Outcome.ANSWERED):
            continue  # a failure is not an answer, and has no score
        for judge, value, explanation in _judgements(row, table):
            if value not in _DECIDED:
                continue
            judged = Judged(_model(row), judge)
            first_reply = replies.setdefault((judged, row["question_id"]), row["reply_id"])
            if first_reply != row["reply_id"]:
                raise _two_replies(row)
            files.setdefault(judged, {})[row["question_id"]] = _record(row, value, explanation)
    return files


class _Judgement(NamedTuple):
    judge: str
    value: str
    explanation: str


def _judgements(row: Row, table: VerdictTable) -> list[_Judgement]:
    """Every scorer's finding, the chosen one's where it is made of others', and the reader's of this row."""
    judgements = [
        _Judgement(by, _SCORE_LETTERS.get(cells[1], "N"), cells[3])
        for by, cells in table.scores_of(row["reply_id"]).items()
    ]
    if row["score_correct"] and row["score_by"] not in {judgement.judge for judgement in judgements}:
        judgements.append(
            _Judgement(row["score_by"], _SCORE_LETTERS[row["score_correct"]], row["score_reason"])
        )
    if row["verdict"] in _LETTERS:
        again = "" if row["occasion"] == "1" else f", occasion {row['occasion']}"
        adjudicated = ", adjudicated" if row["adjudicated"] == "true" else ""
        judge = f"{row['reader']}, {row['stage']}{again}{adjudicated}"
        judgements.append(_Judgement(judge, _LETTERS[VerdictValue(row["verdict"])], row["comment"]))
    return judgements


def _write_logs(
    folder: Path, rows: Sequence[Row], table: VerdictTable, pictures: Pictures | None
) -> list[dict[str, object]]:
    """One `.eval` file per model; a reply with several readers is one sample with all their findings."""
    by_model: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        if row["question"] and row["backend"]:
            by_model.setdefault(_model(row), {}).setdefault(row["reply_id"], []).append(row)
    shown = {} if pictures is None else pictures([row for row in rows if row["question"]])
    study = ", ".join(sorted(table.studies))
    logs: list[dict[str, object]] = []
    for number, (model, replies) in enumerate(sorted(by_model.items()), start=1):
        samples = [_inspect_sample(same, table, shown) for same in replies.values()]
        name = f"model-{number:03d}.eval"
        inspect_log.write_log(folder / name, model, samples, study)
        logs.append({"file": name, "model": model, "samples": len(samples)})
    return logs


def _inspect_sample(
    same_reply: Sequence[Row], table: VerdictTable, shown: Mapping[str, Pictured]
) -> inspect_log.Sample:
    first = same_reply[0]
    opinions = {judgement.judge: judgement for row in same_reply for judgement in _judgements(row, table)}
    pictured = shown.get(first["question_id"])
    kept = ("reply_id", "question_sha256", "case_id", "categories", "form", "contract", "probe", "basis")
    return inspect_log.Sample(
        question_id=first["question_id"],
        question=first["question"],
        reference=first["reference"],
        answer=first["answer"],
        outcome=first["outcome"],
        opinions=tuple(inspect_log.Opinion(*opinion) for opinion in opinions.values()),
        metadata={name: first[name] for name in kept if first[name]} | {"notice": NOTICE},
        png=None if pictured is None else pictured.picture.png,
    )


def _record(row: Row, value: str, explanation: str) -> dict[str, object]:
    kept = ("reply_id", "question_sha256", "case_id", "error_type", "severity", "aided", "event_id")
    return {
        "id": row["question_id"],
        "value": value,
        "answer": row["answer"] or None,
        "explanation": explanation or None,
        "metadata": {name: row[name] for name in kept if row[name]} | {"notice": NOTICE},
    }


def _model(row: Row) -> str:
    """The model with all that makes it another asking of the same question, as far as a log row tells."""
    name = f"{row['backend']} {row['backend_version']}".strip()
    probe = "" if row["probe"] in ("", Probe.FULL) else f", {row['probe']}"
    return f"{name or 'reply not in the log'}, {row['contract'] or 'none'}{probe}"


def _two_replies(row: Row) -> BadInput:
    return BadInput(
        f"question {row['question_id']}",
        expected=f"one reply of {_model(row)}, because Inspect knows a sample by its id",
        came="two (with other parameters or another prompt)",
        remedy="Export as csv, which keeps all replies",
    )


def _write_lines(path: Path, records: Iterable[dict[str, object]]) -> None:
    lines = [json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in records]
    write_text(path, "".join(lines))
