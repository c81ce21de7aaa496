"""Failures of a request: their layer, one line for the user, and whether another try may help."""

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

from CTSpatialVQALib.backends.wire.peers import PeerRefused
from CTSpatialVQALib.backends.wire.reply_values import NotJson, clean_value, json_of
from CTSpatialVQALib.backends.wire.secret import Secret
from CTSpatialVQALib.errors import one_line
from CTSpatialVQALib.records.words import Outcome

# 520: Cloudflare, the server behind it said nothing that can be read; 529: Anthropic, overloaded
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 520, 529})
_TIMEOUT_STATUSES = frozenset({408, 504})
_MOST_PROBLEMS = 20  # of a list of them
_LONGEST = 300  # characters of a server's own words that are kept


_OF_CONNECTIONS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


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
    """The failure behind an exception of requests, urllib3 or the socket, or of reading a reply."""
    chain = tuple(_chain(error))
    for layer_of in (_of_peer, _of_name, _of_tls, _of_proxy, _of_time, _of_port):
        failure = layer_of(chain)
        if failure is not None:
            return failure
    if not isinstance(error, _OF_CONNECTIONS):
        says = f"the server's reply breaks the rules of HTTP ({type(error).__name__})"
        return Failure(Layer.SERVER, Outcome.TRANSPORT_ERROR, says)
    return Failure(
        Layer.SERVER, Outcome.TRANSPORT_ERROR, "the connection broke before the reply was whole", retry=True
    )


def of_status(status: int, headers: Mapping[str, str], body: ErrorBody, *, now: datetime) -> Failure:
    """The failure behind a status other than 2xx."""
    retry = status in RETRIED_STATUSES
    return Failure(
        layer=_layer_of_status(status, body),
        outcome=_outcome_of_status(status, body),
        says=_line(status, body),
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


def error_body(text: str, key: Secret | None = None) -> ErrorBody:
    """Read the body of an error: `{"error": {...}}`, `{"error": "..."}`, `{"detail": ...}` or plain text.

    Parameters
    ----------
    key : struck from its texts, which escapes of JSON can hide until they are read
    """
    try:
        value = clean_value(json_of(text), key)
    except NotJson:
        page = "<html" in text.lower() or text.lstrip()[:1] in ("{", "[")  # half a JSON tells people nothing
        return ErrorBody("" if page else _short(text))
    return error_value(value, key)


def error_value(value: JsonValue, key: Secret | None = None) -> ErrorBody:
    """The same of a body that is JSON, with the key struck also where several texts were joined."""
    error = _error_of(value)
    return error if key is None else ErrorBody(*(key.struck_from(text) for text in error))


def _error_of(value: JsonValue) -> ErrorBody:
    if not isinstance(value, dict):
        return ErrorBody(_short(str(value)))
    error = value.get("error")
    if isinstance(error, dict):
        code = error.get("code") or error.get("type") or ""
        return _error(error.get("message"), error.get("param"), code)
    if error:
        return _error(error)
    if "detail" in value:
        return _detail(value["detail"])
    return _error(value.get("message"), value.get("param"), value.get("code"))


def _error(message: JsonValue, parameter: JsonValue = "", code: JsonValue = "") -> ErrorBody:
    return ErrorBody(_short(_text(message)), _short(_text(parameter)), _short(_text(code)))


def _detail(detail: JsonValue) -> ErrorBody:
    """FastAPI's: a text, or a list of {"loc": ["body", field], "msg", "type"}."""
    if not isinstance(detail, list):
        return _error(detail)
    problems = [problem for problem in detail[:_MOST_PROBLEMS] if isinstance(problem, dict)]
    places = [problem.get("loc") for problem in problems]
    fields = [_text(place[1]) for place in places if isinstance(place, list) and len(place) > 1]
    message = "; ".join(f"{_place(problem.get('loc'))}: {_text(problem.get('msg'))}" for problem in problems)
    kinds = {_text(problem.get("type")) for problem in problems}
    return _error(message, fields[0] if fields else "", kinds.pop() if len(kinds) == 1 else "")


def _place(loc: JsonValue) -> str:
    return ".".join(_text(part) for part in loc) if isinstance(loc, list) else _text(loc)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _short(text: str) -> str:
    return one_line(text[: 20 * _LONGEST], _LONGEST)  # the second cut counts what is left of white space


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


def _line(status: int, body: ErrorBody) -> str:
    meaning = _MEANINGS.get(status, "the server failed" if status >= 500 else "the server declined")
    message = f": {body.text}" if body.text else ""
    advice = _advice(status, body.text)
    return one_line(f"HTTP {status}, {meaning}{message}" + (f" ({advice})" if advice else ""))


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
        link = waiting.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        inner = (*link.args, getattr(link, "reason", None), link.__cause__, link.__context__)
        waiting += [error for error in inner if isinstance(error, BaseException)]


def _of_peer(chain: Chain) -> Failure | None:
    for error in chain:
        if isinstance(error, PeerRefused):
            says = f"the name leads to another machine ({error.peer}) without consent; nothing was sent"
            return Failure(Layer.NAME, Outcome.TRANSPORT_ERROR, says)
    return None


def _of_name(chain: Chain) -> Failure | None:
    if any(isinstance(error, socket.gaierror) for error in chain) and not _through_proxy(chain):
        says = "the server's name is not known on this network"
        return Failure(Layer.NAME, Outcome.TRANSPORT_ERROR, says, retry=True)
    return None


def _of_tls(chain: Chain) -> Failure | None:
    for error in chain:
        if isinstance(error, ssl.SSLCertVerificationError):
            says = f"the server's certificate is not trusted: {error.verify_message.lower()}"
            return Failure(Layer.TLS, Outcome.TRANSPORT_ERROR, one_line(says))
    tls = (ssl.SSLError, requests.exceptions.SSLError, urllib3.exceptions.SSLError)
    if any(isinstance(error, tls) and not isinstance(error, ssl.SSLEOFError) for error in chain):
        says = "no encrypted connection: perhaps the server speaks http:// on this port"
        return Failure(Layer.TLS, Outcome.TRANSPORT_ERROR, says)
    return None


def _of_proxy(chain: Chain) -> Failure | None:
    if _through_proxy(chain):
        refused = re.search(r"Tunnel connection failed: (\d{3})", " ".join(map(str, chain)))
        status = f" (HTTP {refused[1]})" if refused else ""
        says = f"the proxy that the system names does not let the request through{status}"
        return Failure(Layer.PROXY, Outcome.TRANSPORT_ERROR, says, retry=refused is None)
    return None


def _through_proxy(chain: Chain) -> bool:
    return any(
        isinstance(error, requests.exceptions.ProxyError | urllib3.exceptions.ProxyError) for error in chain
    )


def _of_time(chain: Chain) -> Failure | None:
    connecting = (requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError)
    if any(isinstance(error, connecting) and not _refused(chain) for error in chain):
        if any(isinstance(error, urllib3.exceptions.NewConnectionError) for error in chain):
            return None
        return Failure(Layer.PORT, Outcome.TIMEOUT, "no connection within the time limit", retry=True)
    reading = (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)
    if any(isinstance(error, reading) for error in chain):
        return Failure(Layer.SERVER, Outcome.TIMEOUT, "the server was silent beyond the time limit")
    return None


def _of_port(chain: Chain) -> Failure | None:
    if _refused(chain):
        return Failure(
            Layer.PORT, Outcome.TRANSPORT_ERROR, "nothing listens at the server's port", retry=True
        )
    if any(isinstance(error, urllib3.exceptions.NewConnectionError) for error in chain):
        says = "the server cannot be reached from this network"
        return Failure(Layer.PORT, Outcome.TRANSPORT_ERROR, says, retry=True)
    return None


def _refused(chain: Chain) -> bool:
    return any(isinstance(error, ConnectionRefusedError) for error in chain)
