"""JSON as servers send it: read tolerantly, then made fit to be stored."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from email.message import Message

from pydantic import JsonValue

from CTSpatialVQALib.backends.wire.secret import STRUCK, Secret

LARGEST_INTEGER = 2**53  # beyond it, readers of JSON disagree about the value (RFC 8259, section 6)
_MOST_DIGITS = 400  # Python refuses to read integers of more than 4300 digits
# Of the many encodings that Python knows, those in which web servers write text.
_CHARSETS = re.compile(r"iso8859-\d+|cp\d+|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc_(jp|kr)")
MOST_STRUCK = 10_000  # texts of one reply that the key is struck from one by one


class NotJson(ValueError):
    """The bytes are no JSON; nothing of them is told."""


def text_of(body: bytes, content_type: str = "") -> str:
    """The text of a body: in UTF-8, UTF-16 or UTF-32, else in the encoding of its header, else in Latin-1.

    RFC 8259 wants UTF-8; old gateways send what their host system writes, mostly Latin-1.
    """
    try:
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return body.decode(_named_charset(content_type) or "latin-1", "replace")


def _named_charset(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type
    try:
        name = codecs.lookup(header.get_content_charset("")).name
    except (LookupError, UnicodeError):
        return ""
    return name if _CHARSETS.fullmatch(name) else ""


def json_of(text: str) -> JsonValue:
    """The JSON in `text`; NaN, Infinity and integers of absurd length, which are none, become null.

    Raises
    ------
    NotJson
        If it is no JSON, or too deeply nested to be read.
    """
    try:
        value: JsonValue = json.loads(text, parse_constant=lambda _name: None, parse_int=_integer)
    except (ValueError, RecursionError):
        raise NotJson from None
    return value


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def clean_value(value: JsonValue, key: Secret | None) -> JsonValue:
    """A plain value that can be stored and sent on.

    Half a surrogate pair, which JSON can hold, becomes U+FFFD; a number that is not finite, or larger than
    every reader of JSON takes, null; each part of the key is struck.

    Raises
    ------
    NotJson
        If the value is nested too deeply, or repeats the key in more than `MOST_STRUCK` texts.
    """
    try:
        sound = _sound(value)
        if key is None or not key.occurs_in(
            "\n".join(_texts(sound))
        ):  # all at once: nearly always it does not
            return sound
        if sum(1 for _text in _texts(sound)) > MOST_STRUCK:
            raise NotJson
        return _struck(sound, key)
    except RecursionError:
        raise NotJson from None


def _sound(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return sound_text(value)
    if isinstance(value, list):
        return [_sound(item) for item in value]
    if isinstance(value, dict):
        return {sound_text(name): _sound(item) for name, item in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= LARGEST_INTEGER else None
    return value


def sound_text(text: str) -> str:
    """Text that can be stored: a half of a surrogate pair becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield repr(value)


def _struck(value: JsonValue, key: Secret) -> JsonValue:
    if isinstance(value, str):
        return key.struck_from(value)
    if isinstance(value, list):
        return [_struck(item, key) for item in value]
    if isinstance(value, dict):
        return {key.struck_from(name): _struck(item, key) for name, item in value.items()}
    if value is None or isinstance(value, bool):
        return value
    return STRUCK if key.occurs_in(repr(value)) else value
