"""How DICOM files begin; apart from the reader, so that pydicom is imported only where there is DICOM."""

from __future__ import annotations

from pathlib import Path

_MAGIC = b"DICM"
# Group 0002 or 0008 as the first tag: how files without the preamble of 128 bytes begin
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
_LONGEST_FIRST_VALUE = 1 << 16


def is_dicom(path: Path) -> bool:
    """Whether the file begins as DICOM files do, with the preamble or, as older ones, without it."""
    with path.open("rb") as stream:
        head = stream.read(132)
    if head[128:132] == _MAGIC:
        return True
    # without the preamble: an explicit or implicit element of group 2 or 8 with a plausible length
    return (
        len(head) == 132 and head[:2] in _FIRST_GROUPS and head[2:4] <= b"\xff\x00" and _first_element(head)
    )


def _first_element(head: bytes) -> bool:
    if head[4:6].isalpha() and head[4:6].isupper():
        return True
    return int.from_bytes(head[4:8], "little") < _LONGEST_FIRST_VALUE and head[:2] == b"\x08\x00"
