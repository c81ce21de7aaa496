"""`ctspatialvqa verify`: does the log hold?"""

from __future__ import annotations

import argparse
from pathlib import Path

from CTSpatialVQALib.audit.verify import Verification, verify
from CTSpatialVQALib.cli.arguments import command, json_option
from CTSpatialVQALib.cli.console import emit, emit_json

_EXAMPLES = """\
  ctspatialvqa verify demo-out/audit.sqlite
  ctspatialvqa verify audit.sqlite --anchor 57:3f0c...   (the digest that was printed and kept elsewhere)"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = command(commands, "verify", run, summary="verify the chain of an audit log", examples=_EXAMPLES)
    parser.add_argument("log", type=Path, metavar="LOG")
    parser.add_argument("--anchor", metavar="DIGEST", help="number:digest printed earlier and kept elsewhere")
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 if the log holds, 1 if it is broken."""
    found = verify(arguments.log, arguments.anchor)
    if arguments.json:
        emit_json(_plain(found))
    else:
        emit(f"{arguments.log}: {_told(found)}")
        for note in found.notes:
            emit(f"  note: {note}")
    return 0 if found.holds else 1


def _told(found: Verification) -> str:
    if not found.holds:
        place = "" if found.bad_seq is None else f" at record {found.bad_seq}"
        return f"BROKEN{place}: {found.problem}"
    after = f", {found.after_anchor} of them after the anchor" if found.after_anchor else ""
    return f"{found.trust}, {found.records} records{after}, anchor {_anchor(found)}"


def _plain(found: Verification) -> dict[str, object]:
    return {
        "ok": found.holds,
        "trust": found.trust,
        "records": found.records,
        "anchor": _anchor(found),
        "problem": found.problem,
        "bad_seq": found.bad_seq,
        "after_anchor": found.after_anchor,
        "notes": list(found.notes),
    }


def _anchor(found: Verification) -> str:
    return f"{found.head.seq}:{found.head.sha256}"
