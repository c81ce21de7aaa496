"""`ctspatialvqa key` and `ctspatialvqa sign`: who vouches for a log?"""

from __future__ import annotations

import argparse
from pathlib import Path

from pydantic import ValidationError

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.signing import create_key, load_private_key
from CTSpatialVQALib.cli.arguments import Commands, command, json_option, user_path
from CTSpatialVQALib.cli.console import emit, emit_json
from CTSpatialVQALib.files import require_regular_file
from CTSpatialVQALib.records.base import bad_input_from
from CTSpatialVQALib.records.event import Actor

_KEY_EXAMPLES = """\
  ctspatialvqa key --out reader-1.key      (keep reader-1.key; give reader-1.key.pub to who verifies)"""
_SIGN_EXAMPLES = """\
  ctspatialvqa sign audit.sqlite --key reader-1.key --as reader-1"""


def add(commands: Commands) -> None:
    """Add both commands' parsers."""
    key = command(commands, "key", run_key, summary="make a key to sign logs with", examples=_KEY_EXAMPLES)
    key.add_argument("--out", type=user_path, required=True, metavar="FILE")
    json_option(key)
    sign = command(commands, "sign", run_sign, summary="sign an audit log", examples=_SIGN_EXAMPLES)
    sign.add_argument("log", type=user_path, metavar="LOG")
    sign.add_argument("--key", type=user_path, required=True, metavar="FILE", help="the private key")
    sign.add_argument("--as", dest="actor", required=True, metavar="READER", help="pseudonym of who signs")
    json_option(sign)


def run_key(arguments: argparse.Namespace) -> int:
    """Make the pair of keys."""
    files = create_key(arguments.out)
    if arguments.json:
        emit_json({"private_key": str(files.private), "public_key": str(files.public)})
        return 0
    emit(f"private key, keep it to yourself: {files.private}")
    emit(f"public key, for those who verify: {files.public}")
    return 0


def run_sign(arguments: argparse.Namespace) -> int:
    """Vouch for every record that the log has now."""
    log: Path = arguments.log
    require_regular_file(log, expected="an audit log")  # opening would create it
    key = load_private_key(arguments.key)
    with AuditLog.open(log, _actor(arguments.actor)) as opened:
        record = opened.sign(key)
        if arguments.json:
            emit_json({"log": str(log), "signed_seq": record.seq - 1, "anchor": opened.anchor_text})
        else:
            emit(f"{log}: signed up to record {record.seq - 1}, anchor {opened.anchor_text}")
    return 0


def _actor(name: str) -> Actor:
    try:
        return Actor(id=name)
    except ValidationError as error:
        raise bad_input_from(error, "--as", "Actor") from error
