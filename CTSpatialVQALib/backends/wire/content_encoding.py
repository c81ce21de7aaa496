"""Undoing a content encoding that was not asked for, never beyond the limit of a reply."""

from __future__ import annotations

import zlib

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32  # zlib recognises which of the two it is
_RAW_DEFLATE = -zlib.MAX_WBITS  # what some servers send as "deflate", without zlib's two bytes in front
_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_MOST_LAYERS = 3
_MOST_MEMBERS = 100  # each costs a copy of what follows it


class Damaged(ValueError):
    """The packed bytes are not whole, or not packed as the header says."""


class UnknownEncoding(ValueError):
    """Packed in a way that cannot be undone here; the text is its name."""


class TooLong(ValueError):
    """More than the limit comes out."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The bytes behind the header `Content-Encoding`.

    Several members of gzip one after the other are one content (RFC 1952, 2.2).

    Parameters
    ----------
    most : bytes that may come out of each layer

    Raises
    ------
    Damaged, UnknownEncoding, TooLong
    """
    layers = [name for name in (part.strip().lower() for part in encoding.split(",")) if name]
    layers = [name for name in layers if name != "identity"]
    unknown = [name for name in layers if name not in _ENCODINGS]
    if unknown or len(layers) > _MOST_LAYERS:
        raise UnknownEncoding(unknown[0] if unknown else encoding)
    for _name in reversed(layers):
        body = _one_layer(body, most)
    return body


def _one_layer(body: bytes, most: int) -> bytes:
    try:
        return _members(body, most, _GZIP_OR_ZLIB)
    except zlib.error:
        pass
    try:
        return _members(body, most, _RAW_DEFLATE)
    except zlib.error:
        raise Damaged from None


def _members(body: bytes, most: int, window: int) -> bytes:
    content = bytearray()
    for _number in range(_MOST_MEMBERS):
        member = zlib.decompressobj(window)
        content += member.decompress(body, most + 1 - len(content))
        if len(content) > most:
            raise TooLong
        if not member.eof:
            raise Damaged
        body = member.unused_data.lstrip(b"\0")  # some writers fill up a block with zeros
        if not body:
            return bytes(content)
    raise Damaged
