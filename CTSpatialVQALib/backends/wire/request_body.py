"""The bytes of a request: pictures encoded once per presentation, each question spliced in."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import JsonValue

from CTSpatialVQALib.backends.wire.dialect import Dialect
from CTSpatialVQALib.backends.wire.http_exchange import Body
from CTSpatialVQALib.imaging.contract import Part, Prepared
from CTSpatialVQALib.imaging.png import as_pngs

MOST_KEPT_BYTES = 64_000_000
MOST_KEPT = 4
_SEPARATOR = b","


class Message(NamedTuple):
    """The system text and the user's message.

    Parameters
    ----------
    system : the system text, empty for none
    opening : encoded content parts of the user's message that many questions share, each ending with a comma
    last : the text that ends it
    plain : the message is this text alone; some servers take no list of parts then
    """

    system: str
    opening: bytes
    last: str
    plain: bool


def body(fields: dict[str, JsonValue], message: Message, dialect: Dialect) -> Body:
    """The request: `fields`, then the messages. `opening` is sent as it is, without a copy."""
    system = message.system if dialect.system_message else ""
    before = "" if dialect.system_message or not message.system else message.system + "\n\n"
    head = b'{"messages":['
    if system:
        head += _json({"role": "system", "content": system}) + _SEPARATOR
    tail = b'],"stream":false'  # some gateways stream unless they are told not to
    for name, value in fields.items():
        tail += _SEPARATOR + _json(name) + b":" + _json(value)
    tail += b"}"
    if message.plain:
        return Body([head + _json({"role": "user", "content": before + message.last}) + tail])
    head += b'{"role":"user","content":['
    if before:
        head += _text(before) + _SEPARATOR
    return Body([head, message.opening, _text(message.last) + b"]}" + tail])


class Openings:
    """Encoded pictures with the texts around them, of the presentations that are being asked about.

    The latest few are kept, under a limit of bytes, so that memory stays flat however many cases come.
    """

    def __init__(self, *, most: int = MOST_KEPT, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: OrderedDict[_OpeningKey, _Opening] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def of(self, prepared: Prepared, parts: Sequence[Part]) -> bytes:
        """The encoded `parts`; made once, also when many threads ask at the same moment."""
        key = _OpeningKey(prepared.presentation.content_sha256, tuple(parts))
        with self._lock:
            opening = self._kept.setdefault(key, _Opening())
            self._kept.move_to_end(key)
        with opening.lock:
            if opening.data is None:
                opening.data = _encoded(prepared, parts)
        with self._lock:
            self._forget()
        return opening.data

    def _forget(self) -> None:
        while len(self._kept) > 1 and (len(self._kept) > self._most or self._bytes() > self._most_bytes):
            self._kept.popitem(last=False)

    def _bytes(self) -> int:
        return sum(len(opening.data or b"") for opening in self._kept.values())


class _OpeningKey(NamedTuple):
    content_sha256: str
    parts: tuple[Part, ...]


class _Opening:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.data: bytes | None = None


def _encoded(prepared: Prepared, parts: Sequence[Part]) -> bytes:
    pictures = as_pngs(prepared) if any(part.image is not None for part in parts) else []
    pieces: list[bytes] = []
    for part in parts:
        if part.image is None:
            pieces += (_text(part.text), _SEPARATOR)
        else:
            pieces += (picture_part(b64encode(pictures[part.image])), _SEPARATOR)
    return b"".join(pieces)


def picture_part(base64: bytes) -> bytes:
    """The content part of one PNG; base64 needs no escaping in JSON."""
    return b"".join((_PICTURE_HEAD, base64, _PICTURE_TAIL))


_PICTURE_HEAD = b'{"type":"image_url","image_url":{"url":"data:image/png;base64,'
_PICTURE_TAIL = b'"}}'


def _text(text: str) -> bytes:
    return _json({"type": "text", "text": text})


def _json(value: JsonValue) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
