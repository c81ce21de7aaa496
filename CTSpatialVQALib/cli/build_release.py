"""`ctspatialvqa build release`: the benchmark as it is published."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.benchmark.jsonfiles import load_json
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.construction.candidate_pairs import Candidate, read_candidates
from CTSpatialVQALib.construction.data_sheet import Sheet
from CTSpatialVQALib.construction.pair_flaws import Flaw
from CTSpatialVQALib.construction.release import Split, release
from CTSpatialVQALib.errors import BadInput, shown

_EXAMPLES = """\
  ctspatialvqa build release build/validated.jsonl --name my-benchmark --release 1.0 --out release
  ctspatialvqa build release build/validated.jsonl --name my-benchmark --release 1.0 --out release \\
      --generation build/generation.json --validation build/validation.json --audit build/audit.json \\
      --licence "CC BY-NC-SA 4.0" --split train=0.8 test=0.2"""


class _Audited(NamedTuple):
    """The pairs that the audit lets through, and those that it does not, by reason."""

    kept: tuple[Candidate, ...]
    rejected: int


def add(commands: Commands) -> None:
    """Add the step's parser."""
    parser = command(
        commands, "release", run, summary="write the benchmark as it is published", examples=_EXAMPLES
    )
    parser.add_argument(
        "pairs", type=user_path, metavar="PAIRS", help="validated pairs, or any question file"
    )
    parser.add_argument(
        "--out", type=user_path, required=True, metavar="FOLDER", help="a new or empty folder"
    )
    parser.add_argument("--name", required=True)
    parser.add_argument("--release", required=True, metavar="VERSION")
    parser.add_argument("--licence", default="", help="of the questions")
    parser.add_argument("--reports-from", default="", help="where the reports come from, with their licence")
    parser.add_argument("--contact", default="")
    for option, what in (
        ("--generation", "generation.json of build generate"),
        ("--validation", "validation.json of build validate"),
        ("--audit", "audit.json of build audit agree; pairs that it rejects stay out"),
    ):
        parser.add_argument(option, type=user_path, metavar="FILE.json", help=what)
    parser.add_argument(
        "--split", nargs="+", default=["test=1"], metavar="NAME=SHARE", help="shares of the patients"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the split")
    parser.add_argument(
        "--with-evidence", action="store_true", help="publish the words of the reports too: patients' text"
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the folder and say what is in it."""
    _require_empty(arguments.out)
    audit = _object(arguments.audit)
    audited = _audited(read_candidates(arguments.pairs), audit)
    sheet = Sheet(
        name=arguments.name,
        version=arguments.release,
        licence=arguments.licence,
        reports_from=arguments.reports_from,
        contact=arguments.contact,
        generation=_object(arguments.generation),
        validation=_with_audit(_object(arguments.validation), audited),
        audit=audit,
    )
    done = release(
        arguments.out,
        audited.kept,
        sheet,
        splits=[_split(text) for text in arguments.split],
        seed=arguments.seed,
        with_evidence=arguments.with_evidence,
    )
    if arguments.json:
        emit_json(
            {
                "pairs": done.pairs,
                "cases": done.cases,
                "patients": done.patients,
                "splits": dict(done.splits),
                "marked": dict(done.marked),
                "rejected_by_audit": audited.rejected,
            }
        )
    else:
        emit(f"{done.pairs} pairs on {done.cases} cases of {done.patients} patients: {done.folder}")
        emit("splits: " + ", ".join(f"{name} {count} pairs" for name, count in done.splits.items()))
        emit(f"{audited.rejected} pairs rejected by the audit")
    return 0


def _require_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(out, expected="a new or empty folder", came="files", remedy="Name another folder")


def _audited(candidates: Sequence[Candidate], audit: Mapping[str, JsonValue] | None) -> _Audited:
    decided = (audit or {}).get("decided", {})
    if not isinstance(decided, dict):
        raise BadInput("audit", expected="the table 'decided'", came=shown(decided), remedy="Give audit.json")
    rejected = {
        pair_id
        for pair_id, answers in decided.items()
        if not (isinstance(answers, dict) and all(answers.values()))
    }
    kept = tuple(candidate for candidate in candidates if candidate.pair_id not in rejected)
    return _Audited(kept, len(candidates) - len(kept))


def _with_audit(
    validation: Mapping[str, JsonValue] | None, audited: _Audited
) -> Mapping[str, JsonValue] | None:
    """The flow with the audit as its last stage."""
    flow = (validation or {}).get("flow")
    if validation is None or not isinstance(flow, list) or not audited.rejected:
        return validation
    stage: JsonValue = {
        "name": "audit",
        "entered": len(audited.kept) + audited.rejected,
        "excluded": {str(Flaw.REJECTED_BY_AUDIT): audited.rejected},
        "left": len(audited.kept),
    }
    earlier = [step for step in flow if not (isinstance(step, dict) and step.get("name") == "audit")]
    return {**validation, "flow": [*earlier, stage]}


def _object(path: Path | None) -> Mapping[str, JsonValue] | None:
    if path is None:
        return None
    content = load_json(path)
    if not isinstance(content, dict):
        raise BadInput(path, expected="an object", came=type(content).__name__, remedy="Give the right file")
    return content


def _split(text: str) -> Split:
    name, _, share = text.partition("=")
    try:
        return Split(name.strip(), float(share))
    except ValueError:
        raise BadInput(
            "--split", expected="NAME=SHARE", came=shown(text), remedy="For example train=0.8 test=0.2"
        ) from None
