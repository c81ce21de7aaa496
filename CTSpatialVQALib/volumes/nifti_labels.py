"""Names of labels in the header of a TotalSegmentator multilabel NIfTI.

TotalSegmentator writes a Caret label table (XML) as a NIfTI extension with code 0.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.volumes.nifti import extension_texts, read_header

MAX_XML_BYTES = 1 << 20


def header_names(path: Path) -> Mapping[int, str] | None:
    """Label -> name as the header says, or None if it says nothing.

    Raises
    ------
    BadInput
        If there is a label table that cannot be read: guessing names instead could swap organs.
    """
    for content in extension_texts(read_header(path)):
        text = content.rstrip(b"\0 \r\n")
        if b"<CaretExtension" in text:
            return _names(path, text)
    return None


def _names(path: Path, text: bytes) -> Mapping[int, str]:
    # a document type could define entities that expand without bound; a label table needs none
    if len(text) > MAX_XML_BYTES or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise _unreadable(path, "one with a document type or of more than 1 MiB")
    try:
        root = ElementTree.fromstring(text)
        rows = [(int(row.attrib["Key"]), (row.text or "").strip()) for row in root.iter("Label")]
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise _unreadable(path, f"damaged XML ({error})") from error
    names: dict[int, str] = {}
    for label, name in rows:
        if label in names or (name in names.values() and label != 0):
            raise _unreadable(path, f"label {label} or the name {shown(name, 40)} twice")
        if label != 0:
            names[label] = name
    return names


def _unreadable(path: Path, came: str) -> BadInput:
    remedy = "Write the mask again, or say which class map it follows (mask_naming)"
    return BadInput(path, expected="a readable label table in the header", came=came, remedy=remedy)
