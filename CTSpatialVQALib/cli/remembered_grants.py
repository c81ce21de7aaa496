"""The user's own file of grants: what was allowed to which study, by the digest of the study's file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from CTSpatialVQALib.audit.events import GrantOf
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import write_text
from CTSpatialVQALib.records.base import bad_input_from

FILE_VARIABLE = "CTSPATIALVQA_GRANTS"  # another file than the usual one
_MOST_BYTES = 1_000_000

GrantsByKind = Mapping[GrantOf, Sequence[str]]


class _File(BaseModel):
    """`always` holds for every study, `studies` for one digest each; the values are those of the options."""

    model_config = ConfigDict(extra="forbid")

    always: dict[GrantOf, list[str]] = {}
    studies: dict[str, dict[GrantOf, list[str]]] = {}


def grants_file() -> Path:
    """Where the file lies: in the folder that the system keeps for a user's settings."""
    named = os.environ.get(FILE_VARIABLE)
    if named:
        return Path(named)
    if os.name == "nt":
        folder = Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming")
    elif sys.platform == "darwin":
        folder = Path.home() / "Library/Application Support"
    else:
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return folder / "ctspatialvqa" / "grants.json"


def of_study(sha256: str) -> GrantsByKind:
    """What the user allowed to the study with this digest, and to all.

    Raises
    ------
    BadInput
        If the file cannot be read; it is the user's own, and nothing is guessed from half of it.
    """
    kept = _read(grants_file())
    own = kept.studies.get(sha256, {})
    return {kind: [*own.get(kind, []), *kept.always.get(kind, [])] for kind in get_args(GrantOf)}


def remember(sha256: str, grants: GrantsByKind) -> None:
    """Add grants for one study; the file is for its owner only.

    Raises
    ------
    BadInput
        If the file that is there cannot be read.
    WorkFailed
        If it cannot be written.
    """
    path = grants_file()
    kept = _read(path)
    own = kept.studies.setdefault(sha256, {})
    for kind, values in grants.items():
        own[kind] = list(dict.fromkeys([*own.get(kind, []), *values]))
    write_text(path, json.dumps(kept.model_dump(mode="json"), indent=2) + "\n", private=True)


def grouped(pairs: Iterable[tuple[GrantOf, str]]) -> dict[GrantOf, list[str]]:
    """Grants by their kind."""
    by_kind: dict[GrantOf, list[str]] = {}
    for kind, value in pairs:
        by_kind.setdefault(kind, []).append(value)
    return by_kind


def _read(path: Path) -> _File:
    if not path.is_file():
        return _File()
    try:
        with path.open("rb") as stream:
            return _File.model_validate_json(stream.read(_MOST_BYTES))
    except ValidationError as error:
        raise bad_input_from(error, str(path), "grants") from error
    except OSError as error:
        raise BadInput(
            path,
            expected="your own file of grants",
            came=str(error.strerror),
            remedy="Correct its permissions",
        ) from error
