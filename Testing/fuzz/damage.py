"""Damage done to files that were sound: what a bad disk, a bad program or a bad person could have written."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st

# Words and numbers at which readers stumble; each is put over or between the bytes of a sound file.
TOKENS: tuple[bytes, ...] = (
    *(b"", b"\0", b"\0" * 64, b"\xff" * 8, b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3("),
    *(
        b"{",
        b"[" * 300,
        b"}",
        b'"',
        b'"\\ud800"',
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 5000,
        b"null",
        b"true",
    ),
    *(
        b"-1",
        b"0",
        b"99999999999999999999",
        b"1e-320",
        b"=1+1",
        b"../../etc/passwd",
        b"/dev/zero",
        b"\\\\host\\x",
    ),
    *(b'{"a":1,"a":2}', b"[[cases]]", b"id = ", b'"""', b"<!DOCTYPE x>", b"<Label", b"]]>", b"&#0;", b"%s%n"),
    *(b"sizes: 0 0 0", b"sizes: 99999 99999 99999", b"type: double", b"encoding: gzip", b"dimension: 9"),
    *(struct.pack("<i", number) for number in (-1, 0x7FFFFFFF, -0x80000000, 348, 540)),
    *(struct.pack("<h", number) for number in (-1, 0x7FFF, 8)),
    *(struct.pack("<f", number) for number in (float("nan"), float("inf"), -1.0, 1e38, 0.0)),
)


class Wound(NamedTuple):
    """`removed` bytes at `at` (both as shares of the length, in thousandths) give way to `put`."""

    at: int
    removed: int
    put: bytes


WOUNDS: st.SearchStrategy[list[Wound]] = st.lists(
    st.builds(
        Wound,
        at=st.integers(0, 1000),
        removed=st.one_of(st.just(0), st.integers(-8, -1), st.integers(0, 1000)),
        put=st.one_of(st.sampled_from(TOKENS), st.binary(max_size=8)),
    ),
    min_size=1,
    max_size=4,
)


def wounded(sound: bytes, wounds: Sequence[Wound]) -> bytes:
    """`sound` after the wounds, one after the other; a negative `removed` counts bytes, not thousandths."""
    data = sound
    for wound in wounds:
        at = len(data) * wound.at // 1000
        removed = -wound.removed if wound.removed < 0 else len(data) * wound.removed // 1000
        data = data[:at] + wound.put + data[at + removed :]
    return data
