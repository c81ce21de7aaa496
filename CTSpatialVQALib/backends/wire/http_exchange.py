"""What became of one request? Its reply, read whole under limits of size and time, or a failure."""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urljoin

import requests
import urllib3
from pydantic import JsonValue

from CTSpatialVQALib import __version__
from CTSpatialVQALib.backends.wire.addresses import Address, origin_of
from CTSpatialVQALib.backends.wire.connection_pool import Line, Lines, Route
from CTSpatialVQALib.backends.wire.deadline_watch import Ended, Watch
from CTSpatialVQALib.backends.wire.failures import Failure, Layer, of_exception
from CTSpatialVQALib.backends.wire.retrying import Timing
from CTSpatialVQALib.backends.wire.secret import Secret
from CTSpatialVQALib.backends.wire.server_options import Limits
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.words import Outcome

_PIECE = 1 << 16
_NO_CONTENT = 204
_MB = 1_000_000
_MOST_REDIRECTS = 3
_EXPECTED = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
_REDIRECTS = frozenset({301, 302, 307, 308})
_MOST_TEMPLATES = 16
_HEADERS = {
    "User-Agent": f"ctspatialvqa/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}
_MOST_ERROR_BYTES = 100_000  # of a failed request's body


class Body:
    """A request's body in pieces, sent one after the other without being copied together first."""

    def __init__(self, pieces: Iterable[bytes], *, content_type: str = "application/json") -> None:
        self.pieces = tuple(pieces)
        self.content_type = content_type
        self.size = sum(map(len, self.pieces))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def __len__(self) -> int:
        return self.size


class HttpReply(NamedTuple):
    """A whole reply.

    Parameters
    ----------
    value : of a reply with success its JSON; null with any other status
    request_id : the random one that went out with the request
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    value: JsonValue
    request_id: str

    @property
    def success(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status < 300


class _Template(NamedTuple):
    method: str
    url: str


class Exchange:
    """Sends requests to one server and never anywhere else.

    A redirect is followed on the same server only, so that neither pixels nor key reach another host.
    """

    def __init__(
        self,
        address: Address,
        route: Route,
        limits: Limits,
        timing: Timing,
        *,
        key: Secret | None = None,
        key_header: str = "Authorization",
    ) -> None:
        self._address = address
        self._limits = limits
        self._timing = timing
        self._key = key
        self._key_header = key_header
        self._lines = Lines(
            limits.in_flight, route, connect_s=limits.connect_s, read_s=min(limits.read_s, limits.total_s)
        )
        self._watch = Watch(timing.cancel)
        self._templates: dict[_Template, requests.PreparedRequest] = {}

    def close(self) -> None:
        """Hang up; a later request connects again."""
        self._lines.close()

    def send(
        self, method: str, url: str, body: Body | None = None, *, seconds: float | None = None
    ) -> HttpReply | Failure:
        """Send once. A reply with any status is a reply.

        Parameters
        ----------
        seconds : limit for the whole exchange, beneath the one of the options
        """
        request_id = uuid.uuid4().hex
        limit = min(self._limits.total_s, seconds if seconds is not None else self._limits.total_s)
        with self._lines.taken(self._timing.cancel) as line:
            if line is None or self._timing.cancel.is_set():
                return _CANCELLED
            with self._watch.flight(limit) as flight:
                try:
                    found = self._followed(line, method, url, body, request_id)
                except _EXPECTED as error:
                    found = of_exception(error)
            if flight.ended is not None:  # whatever was read until then may be a part only
                line.clean = False
                return _CANCELLED if flight.ended is Ended.CANCELLED else _time_is_up(limit)
            return found

    def _followed(
        self, line: Line, method: str, url: str, body: Body | None, request_id: str
    ) -> HttpReply | Failure:
        for _ in range(_MOST_REDIRECTS + 1):
            response = line.send(self._request(method, url, body, request_id))
            if response.status_code not in _REDIRECTS:
                return self._read(line, response, request_id)
            target = urljoin(url, response.headers.get("Location", ""))
            response.close()
            if _origin(target) != self._address.origin:
                return _elsewhere(response.status_code, target)
            url = target
        says = "the server redirects in a circle"
        return Failure(Layer.PATH, Outcome.TRANSPORT_ERROR, says)

    def _request(self, method: str, url: str, body: Body | None, request_id: str) -> requests.PreparedRequest:
        prepared = self._template(_Template(method, url)).copy()
        prepared.headers["X-Request-Id"] = request_id
        if self._key is not None:
            bearer = "Bearer " if self._key_header == "Authorization" else ""
            prepared.headers[self._key_header] = bearer + self._key.revealed()
        if body is not None:
            prepared.headers["Content-Type"] = body.content_type
            prepared.headers["Content-Length"] = str(len(body))
            # in pieces: requests would join them, a megabyte of pictures for each question
            prepared.body = body  # type: ignore[assignment]
        return prepared

    def _template(self, what: _Template) -> requests.PreparedRequest:
        """The request without what differs; taking an address apart anew would cost a tenth of an asking."""
        found = self._templates.get(what)
        if found is None:
            found = requests.Request(what.method, what.url, headers=_HEADERS).prepare()
            if len(self._templates) >= _MOST_TEMPLATES:
                self._templates.clear()
            self._templates[what] = found
        return found

    def _read(self, line: Line, response: requests.Response, request_id: str) -> HttpReply | Failure:
        ok = 200 <= response.status_code < 300
        most = int(self._limits.reply_mb * _MB) if ok else _MOST_ERROR_BYTES
        announced = response.headers.get("Content-Length", "0")
        if ok and announced.isdecimal() and int(announced[:18]) > most:
            response.close()
            return _too_large(most)
        pieces, size = [], 0
        while piece := response.raw.read(_PIECE, decode_content=False):
            pieces.append(piece)
            size += len(piece)
            if size > most:
                response.close()
                if ok:
                    return _too_large(most)
                break
        body = _unpacked(b"".join(pieces), response.headers.get("Content-Encoding", ""), most)
        if isinstance(body, Failure):
            return body
        value = _json(body) if ok and response.status_code != _NO_CONTENT else None
        if isinstance(value, Failure):  # the rest of it may still come, and must not meet another question
            return value
        line.clean = ok  # a server that refuses may do so before it has read the whole request
        return HttpReply(response.status_code, response.headers, body, value, request_id)


def json_of(reply: HttpReply) -> JsonValue | Failure:
    """The JSON of a reply with success."""
    return reply.value


def _json(body: bytes) -> JsonValue | Failure:
    try:
        value: JsonValue = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        page = body[:500].lstrip().lower().startswith((b"<!doctype", b"<html"))
        says = (
            "a web page came instead of a reply: is this the address of the server's interface?"
            if page
            else "the reply is not whole: it is not JSON"
        )
        return Failure(Layer.PATH if page else Layer.REPLY, Outcome.TRANSPORT_ERROR, says)
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _unpacked(body: bytes, encoding: str, most: int) -> bytes | Failure:
    """Undo an encoding that was not asked for, and not beyond `most` bytes."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        says = f"the reply is packed in a way that was not asked for ({shown(encoding, 20)})"
        return Failure(Layer.REPLY, Outcome.TRANSPORT_ERROR, says)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        found = unpacker.decompress(body, most + 1)
    except zlib.error:
        found, broken = b"", True
    else:
        broken = not unpacker.eof and len(found) <= most
    if broken:
        return Failure(Layer.REPLY, Outcome.TRANSPORT_ERROR, "the packed reply is damaged")
    return _too_large(most) if len(found) > most else found


def _origin(url: str) -> str:
    try:
        return origin_of(url).origin
    except BadInput:
        return ""


def _elsewhere(status: int, target: str) -> Failure:
    where = _origin(target) or "an address that cannot be read"
    says = (
        f"HTTP {status}, the server points to {where}; nothing was sent there. If it is right, name it as url"
    )
    return Failure(Layer.PATH, Outcome.TRANSPORT_ERROR, says, status=status)


def _too_large(most: int) -> Failure:
    says = f"the reply is longer than {most / _MB:g} MB and was not read"
    return Failure(Layer.REPLY, Outcome.TRANSPORT_ERROR, says)


def _time_is_up(seconds: float) -> Failure:
    return Failure(Layer.SERVER, Outcome.TIMEOUT, f"the reply was not whole within {seconds:g} s")


_CANCELLED = Failure(Layer.SERVER, Outcome.CANCELLED, "cancelled")
