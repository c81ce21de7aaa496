"""`ctspatialvqa verify`: does the log hold?"""

from __future__ import annotations

import argparse

from CTSpatialVQALib.audit.signing import load_public_key
from CTSpatialVQALib.audit.verify import Verification, verify
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json, stage
from CTSpatialVQALib.files import write_text

MAX_ANCHOR_BYTES = 1024  # an anchor has at most 83 characters
_EXAMPLES = """\
  ctspatialvqa verify demo-out/audit.sqlite --save-anchor anchor.txt   (keep that file elsewhere)
  ctspatialvqa verify demo-out/audit.sqlite --anchor anchor.txt
  ctspatialvqa verify audit.sqlite --anchor 57:3f0c...   (the digest that was printed and kept elsewhere)
  ctspatialvqa verify audit.sqlite --key reader.key.pub  (the signer's public key, from the signer)"""


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(commands, "verify", run, summary="verify the chain of an audit log", examples=_EXAMPLES)
    parser.add_argument("log", type=user_path, metavar="LOG")
    parser.add_argument(
        "--anchor", metavar="DIGEST", help="number:digest kept elsewhere, or a file that holds it"
    )
    parser.add_argument(
        "--save-anchor",
        type=user_path,
        metavar="FILE",
        help="write the anchor into a file, to keep elsewhere",
    )
    parser.add_argument(
        "--key", type=user_path, metavar="FILE", help="public key of the one who signed the log"
    )
    json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 if the log holds, 1 if it is broken, not signed by the key, or no log."""
    key = None if arguments.key is None else load_public_key(arguments.key)
    anchor = None if arguments.anchor is None else _anchor_text(arguments.anchor)
    with stage(f"reading {arguments.log.name}"):
        result = verify(arguments.log, anchor, key=key)
    if arguments.save_anchor is not None and result.holds:
        write_text(arguments.save_anchor, _anchor(result) + "\n")
    if arguments.json:
        emit_json(_plain(result))
    else:
        emit(f"{arguments.log}: {_result_text(result)}")
        for note in result.notes:
            emit(f"  note: {note}")
    return 0 if result.holds else 1


def _anchor_text(argument: str) -> str:
    """The anchor itself, or what the file of that name holds."""
    path = user_path(argument)
    if not path.is_file() or path.stat().st_size > MAX_ANCHOR_BYTES:
        return argument
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return argument


def _result_text(result: Verification) -> str:
    if not result.holds:
        place = "" if result.bad_seq is None else f" at record {result.bad_seq}"
        return f"{result.fault}{place}: {result.problem}"
    after = f", {result.after_anchor} of them after the anchor" if result.after_anchor else ""
    if result.signed_seq is not None:
        after += f", signed up to {result.signed_seq}, {result.after_signature} after the signature"
    return f"{result.trust}, {result.records} records{after}, anchor {_anchor(result)}"


def _plain(result: Verification) -> dict[str, object]:
    return {
        "ok": result.holds,
        "trust": result.trust,
        "records": result.records,
        "anchor": _anchor(result),
        "fault": result.fault,
        "problem": result.problem,
        "bad_seq": result.bad_seq,
        "after_anchor": result.after_anchor,
        "signed_seq": result.signed_seq,
        "after_signature": result.after_signature,
        "notes": list(result.notes),
    }


def _anchor(result: Verification) -> str:
    return f"{result.head.seq}:{result.head.sha256}"
