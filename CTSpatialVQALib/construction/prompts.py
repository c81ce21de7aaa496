"""Prompts in files that people may edit, known by version and hash."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.construction.reports import Report
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.files import require_regular_file
from CTSpatialVQALib.judging.placeholders import placeholders_in
from CTSpatialVQALib.judging.prompt import quoted
from CTSpatialVQALib.records.base import sha256_of
from CTSpatialVQALib.resources import resource

GENERATE = "prompts/construction_generate.toml"
VALIDATE = "prompts/construction_validate.toml"
_FIELDS = ("version", "system", "user")
_MAX_BYTES = 256 * 1024


class Prompt(NamedTuple):
    """The two messages of a request, the user's with places in braces.

    sha256 : of the three texts; comments of the file do not count
    """

    version: str
    system: str
    user: str

    @property
    def sha256(self) -> str:
        """Hash of version and words."""
        return sha256_of([self.version, self.system, self.user])

    def filled(self, **values: str) -> str:
        """The user's message with its places filled; a value's own braces stay as they are."""
        parts = self.user
        for name in values:
            parts = parts.replace(f"{{{name}}}", f"\x00{name}\x00")
        for name, value in values.items():
            parts = parts.replace(f"\x00{name}\x00", value)
        return parts


def load_prompt(shipped: str, places: tuple[str, ...], path: Path | None = None) -> Prompt:
    """The product's own prompt `shipped`, or the one in `path`.

    Raises
    ------
    BadInput
        If the file is not TOML with the texts `version`, `system` and `user`, or `user` lacks a place.
    """
    path = path or resource(shipped)
    require_regular_file(path, expected="a prompt file")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _bad(path, f"at most {_MAX_BYTES} bytes", "more", shipped)
        content = tomllib.loads(path.read_text("utf-8"))
    except BadInput:
        raise
    except (OSError, ValueError) as error:
        raise _bad(path, "a prompt as TOML", str(error), shipped) from error
    if set(content) != set(_FIELDS) or not all(isinstance(text, str) and text for text in content.values()):
        raise _bad(path, "the texts version, system and user", ", ".join(sorted(content)), shipped)
    prompt = Prompt(*(content[name].strip() for name in _FIELDS))
    if copied := placeholders_in(prompt.system + prompt.user):
        came = f"the placeholder {copied[0]}, which models send back"
        raise _bad(path, "fields described in words", came, shipped)
    lacking = [name for name in places if f"{{{name}}}" not in prompt.user]
    if lacking:
        raise _bad(path, "{" + "}, {".join(lacking) + "} in 'user'", shown(prompt.user), shipped)
    return prompt


def report_as_material(report: Report) -> str:
    """A report as JSON, so that no sentence of it can pass for an instruction's layout."""
    return f'{{"findings": {quoted(report.findings)}, "impression": {quoted(report.impression)}}}'


def _bad(path: Path, expected: str, came: str, shipped: str) -> BadInput:
    return BadInput(path, expected=expected, came=came, remedy=f"Start from a copy of Resources/{shipped}")
