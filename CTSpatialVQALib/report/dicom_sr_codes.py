"""Codes of a DICOM SR: our own scheme, and text as DICOM can hold it."""

from __future__ import annotations

import csv
import hashlib
import uuid
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.records.structures import Code
from CTSpatialVQALib.resources import resource

# PS3.16, section 8: a designator that begins with 99 is a local one
SCHEME = "99CTSPATIALVQA"
SCHEME_NAME = "CTSpatialVQA words for the reading of answers about CT"
YES, NO = Code("SCT", "373066001", "Yes"), Code("SCT", "373067005", "No")

_MOST_LO = 64  # characters in a value of VR LO, and in a component group of VR PN (PS3.5, table 6.2-1)

WordList = Literal["concept", "verdict", "error_type", "severity", "fault", "stage", "probe", "outcome"]


class _Word(NamedTuple):
    listed: str
    word: str


def code(listed: WordList, word: str) -> Code:
    """The code of `word` in one of the lists of Resources/report/sr_codes.csv.

    Raises
    ------
    BadInput
        If the word is not in the list: the log was written by another program or a later version.
    """
    entry = codes().get((listed, word))
    if entry is None:
        raise BadInput(
            f"{listed} {shown(word)}",
            expected="a word that has a code",
            came="another",
            remedy="Update CTSpatialVQA, or export as csv",
        )
    return entry


@cache
def codes() -> Mapping[tuple[str, str], Code]:
    """All own codes by list and word."""
    with resource("report/sr_codes.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return MappingProxyType(
        {_Word(row["list"], row["word"]): Code(SCHEME, row["code"], row["meaning"]) for row in rows}
    )


def long_text(text: str) -> str:
    """`text` for VR UT: nothing hidden, no other control characters than the line ends, which are CR LF."""
    return visible(text).replace("\t", " ").replace("\n", "\r\n").strip()


def short_text(text: str) -> str:
    """`text` for VR LO: at most 64 characters, no backslash.

    Of a longer one the beginning is kept, with a hash at its end, so that two long ones stay two.
    """
    plain = " ".join(visible(text).split()).replace("\\", "/")
    if len(plain) <= _MOST_LO and plain == text:
        return plain
    mark = "-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return plain[: _MOST_LO - len(mark)] + mark


def person_name(reader: str) -> str:
    """`reader` for VR PN: as a family name, without the characters that divide a name."""
    family = "".join("_" if sign in "^=\\" else sign for sign in reader)
    return short_text(family)[: _MOST_LO - 1] + "^"


def derived_uid(*parts: str) -> str:
    """The same UID for the same parts: `2.25.` and a UUID made of their SHA-256 (PS3.5, B.2)."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}"
