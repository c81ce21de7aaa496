"""What went wrong, in which layer, and is it worth another try? From exceptions and statuses to one value."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple

import requests
import urllib3
from pydantic import JsonValue

from CTSpatialVQALib.errors import one_line
from CTSpatialVQALib.records.words import Outcome

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_TIMEOUT_STATUSES = frozenset({408, 504})
_SAID = 300  # characters of a server's own words that are kept


class Layer(StrEnum):
    """The layers that a reply comes through, outermost first."""

    NAME = "name"
    PORT = "port"
    PROXY = "proxy"
    TLS = "tls"
    SERVER = "server"
    KEY = "key"
    PATH = "path"
    MODEL = "model"
    REQUEST = "request"
    CAPACITY = "capacity"
    REPLY = "reply"


class Failure(NamedTuple):
    """Why there is no reply.

    Parameters
    ----------
    says : one line for the user; never holds a key
    retry : whether the same request may succeed later
    after_s : how long the server asks to wait
    status : of HTTP, 0 if none came
    """

    layer: Layer
    outcome: Outcome
    says: str
    retry: bool = False
    after_s: float | None = None
    status: int = 0


class ErrorBody(NamedTuple):
    """What the body of a failed request says.

    Parameters
    ----------
    text : message, for people
    parameter, code : the field that is complained about and the kind of complaint, empty if not said
    """

    text: str = ""
    parameter: str = ""
    code: str = ""


def of_exception(error: BaseException) -> Failure:
    """The failure behind an exception of requests, urllib3 or the socket."""
    chain = tuple(_chain(error))
    for known in (_of_name, _of_tls, _of_proxy, _of_time, _of_port):
        found = known(chain)
        if found is not None:
            return found
    return Failure(
        Layer.SERVER, Outcome.TRANSPORT_ERROR, "the connection broke before the reply was whole", retry=True
    )


def of_status(status: int, headers: Mapping[str, str], body: ErrorBody, *, now: datetime) -> Failure:
    """The failure behind a status other than 2xx."""
    retry = status in RETRIED_STATUSES
    return Failure(
        layer=_layer_of_status(status, body),
        outcome=_outcome_of_status(status, body),
        says=_told(status, body),
        retry=retry,
        after_s=retry_after(headers.get("Retry-After"), now=now) if retry else None,
        status=status,
    )


def retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds that Retry-After asks to wait: a number or a date (RFC 9110, 10.2.3); None if it is neither."""
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def error_body(body: bytes) -> ErrorBody:
    """Read the body of an error: `{"error": {...}}`, `{"error": "..."}`, `{"detail": ...}` or plain text."""
    text = body[:65_536].decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ErrorBody("" if "<html" in text.lower() else _short(text))
    return error_value(value)


def error_value(value: JsonValue) -> ErrorBody:
    """The same of a body that is JSON."""
    if not isinstance(value, dict):
        return ErrorBody(_short(str(value)))
    error = value.get("error")
    if isinstance(error, dict):
        code = error.get("code") or error.get("type") or ""
        return ErrorBody(_short(_text(error.get("message"))), _text(error.get("param")), _text(code))
    if error:
        return ErrorBody(_short(_text(error)))
    if "detail" in value:
        return _detail(value["detail"])
    return ErrorBody(_short(_text(value.get("message"))), _text(value.get("param")), _text(value.get("code")))


def _detail(detail: JsonValue) -> ErrorBody:
    """FastAPI's: a text, or a list of {"loc": ["body", field], "msg", "type"}."""
    if not isinstance(detail, list):
        return ErrorBody(_short(_text(detail)))
    problems = [one for one in detail if isinstance(one, dict)]
    places = [one.get("loc") for one in problems]
    fields = [_text(place[1]) for place in places if isinstance(place, list) and len(place) > 1]
    said = "; ".join(f"{_place(one.get('loc'))}: {_text(one.get('msg'))}" for one in problems)
    kinds = {_text(one.get("type")) for one in problems}
    return ErrorBody(_short(said), fields[0] if fields else "", kinds.pop() if len(kinds) == 1 else "")


def _place(loc: JsonValue) -> str:
    return ".".join(_text(part) for part in loc) if isinstance(loc, list) else _text(loc)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _short(text: str) -> str:
    return one_line(text, _SAID)


_OUT_OF_MEMORY = re.compile(r"(?i)out of memory|OutOfMemory|not enough memory|insufficient memory")
_MODEL = re.compile(
    r"(?i)\bmodel\b.*(not found|does not exist|not exist|not loaded|not available)"
    r"|(unknown|invalid|no such) model|server is pinned to"
)
_TOO_LONG = re.compile(r"(?i)context (length|size|window)|maximum context|too (many|long)|exceed")
_NO_PICTURES = re.compile(
    r"(?i)(image|vision|multimodal|mmproj).*(not support|unsupported|at most 0|not enabled|invalid)"
    r"|(not support|unsupported).*(image|vision|multimodal)"
)
_FEW_PICTURES = re.compile(r"(?i)at most \d+ image")


def _layer_of_status(status: int, body: ErrorBody) -> Layer:
    if status in (401, 403):
        return Layer.KEY
    if status == 407:
        return Layer.PROXY
    if status in (400, 404, 422) and (_MODEL.search(body.text) or "model" in body.code):
        return Layer.MODEL
    if status in (404, 405) or 300 <= status < 400:
        return Layer.PATH
    if status in (429, 503):
        return Layer.CAPACITY
    return Layer.REQUEST if 400 <= status < 500 else Layer.SERVER


def _outcome_of_status(status: int, body: ErrorBody) -> Outcome:
    if status in _TIMEOUT_STATUSES:
        return Outcome.TIMEOUT
    if "content_filter" in body.code:
        return Outcome.REFUSED
    if _OUT_OF_MEMORY.search(body.text):
        return Outcome.OUT_OF_MEMORY
    return Outcome.TRANSPORT_ERROR


_MEANINGS = {
    400: "the server does not accept the request",
    401: "the server does not accept the key (or wants one)",
    403: "the key may not use this model or this server",
    404: "nothing answers at this path of the server",
    405: "nothing answers at this path of the server",
    407: "the proxy wants a password",
    408: "the server gave up waiting",
    413: "the request is too large for the server",
    422: "the server does not accept the request",
    429: "the server has too many requests",
    503: "the server is full or still loading its model",
    504: "a gateway gave up waiting for the server",
}


def _told(status: int, body: ErrorBody) -> str:
    meaning = _MEANINGS.get(status, "the server failed" if status >= 500 else "the server declined")
    said = f": {body.text}" if body.text else ""
    advice = _advice(status, body.text)
    return one_line(f"HTTP {status}, {meaning}{said}" + (f" ({advice})" if advice else ""))


def _advice(status: int, text: str) -> str:
    if _FEW_PICTURES.search(text):
        return "allow more pictures at the server, vLLM: --limit-mm-per-prompt, or show fewer slices"
    if _NO_PICTURES.search(text):
        return "the model behind this server takes no pictures"
    if status == 413 or _TOO_LONG.search(text):
        return "show fewer or smaller slices, or raise the server's limit"
    return ""


Chain = tuple[BaseException, ...]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, what caused it, and what urllib3 and requests wrapped in their arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        waiting += [other for other in inner if isinstance(other, BaseException)]


def _of_name(chain: Chain) -> Failure | None:
    if any(isinstance(one, socket.gaierror) for one in chain) and not _through_proxy(chain):
        says = "the server's name is not known on this network"
        return Failure(Layer.NAME, Outcome.TRANSPORT_ERROR, says, retry=True)
    return None


def _of_tls(chain: Chain) -> Failure | None:
    for one in chain:
        if isinstance(one, ssl.SSLCertVerificationError):
            says = f"the server's certificate is not trusted: {one.verify_message.lower()}"
            return Failure(Layer.TLS, Outcome.TRANSPORT_ERROR, one_line(says))
    tls = (ssl.SSLError, requests.exceptions.SSLError, urllib3.exceptions.SSLError)
    if any(isinstance(one, tls) and not isinstance(one, ssl.SSLEOFError) for one in chain):
        says = "no encrypted connection: perhaps the server speaks http:// on this port"
        return Failure(Layer.TLS, Outcome.TRANSPORT_ERROR, says)
    return None


def _of_proxy(chain: Chain) -> Failure | None:
    if _through_proxy(chain):
        refused = re.search(r"Tunnel connection failed: (\d{3})", " ".join(map(str, chain)))
        said = f" (HTTP {refused[1]})" if refused else ""
        says = f"the proxy that the system names does not let the request through{said}"
        return Failure(Layer.PROXY, Outcome.TRANSPORT_ERROR, says, retry=refused is None)
    return None


def _through_proxy(chain: Chain) -> bool:
    return any(
        isinstance(one, requests.exceptions.ProxyError | urllib3.exceptions.ProxyError) for one in chain
    )


def _of_time(chain: Chain) -> Failure | None:
    connecting = (requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError)
    if any(isinstance(one, connecting) and not _refused(chain) for one in chain):
        if any(isinstance(one, urllib3.exceptions.NewConnectionError) for one in chain):
            return None
        return Failure(Layer.PORT, Outcome.TIMEOUT, "no connection within the time limit", retry=True)
    reading = (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)
    if any(isinstance(one, reading) for one in chain):
        return Failure(Layer.SERVER, Outcome.TIMEOUT, "the server was silent beyond the time limit")
    return None


def _of_port(chain: Chain) -> Failure | None:
    if _refused(chain):
        return Failure(
            Layer.PORT, Outcome.TRANSPORT_ERROR, "nothing listens at the server's port", retry=True
        )
    if any(isinstance(one, urllib3.exceptions.NewConnectionError) for one in chain):
        says = "the server cannot be reached from this network"
        return Failure(Layer.PORT, Outcome.TRANSPORT_ERROR, says, retry=True)
    return None


def _refused(chain: Chain) -> bool:
    return any(isinstance(one, ConnectionRefusedError) for one in chain)
