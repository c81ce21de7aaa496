"""One HTTP request to a server: its reply, read whole under limits of size and time, or a failure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urljoin

import requests
from pydantic import JsonValue
from requests.structures import CaseInsensitiveDict

from CTSpatialVQALib import __version__
from CTSpatialVQALib.backends.wire import content_encoding, event_stream
from CTSpatialVQALib.backends.wire.addresses import Address, origin_of
from CTSpatialVQALib.backends.wire.connection_pool import Connection, Connections, Route
from CTSpatialVQALib.backends.wire.deadline_watch import Ended, Watch
from CTSpatialVQALib.backends.wire.failures import ErrorBody, Failure, Layer, error_body, of_exception
from CTSpatialVQALib.backends.wire.peers import PeerAllowed, is_loopback
from CTSpatialVQALib.backends.wire.reply_values import NotJson, clean_value, json_of, text_of
from CTSpatialVQALib.backends.wire.retrying import Timing
from CTSpatialVQALib.backends.wire.secret import Secret
from CTSpatialVQALib.backends.wire.server_options import Limits
from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.records.words import Outcome

_PIECE = 1 << 16
_NO_CONTENT = 204
_MB = 1_000_000
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 307, 308})
_MOST_TEMPLATES = 16
_HEADERS = {
    "User-Agent": f"ctspatialvqa/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}
_MOST_ERROR_BYTES = 100_000  # of a failed request's body
_PAGE_START = ("<!doctype", "<html")
_STREAM_END = f"data: {event_stream.DONE}".encode()


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
    """A whole reply; the key stands nowhere in it.

    Parameters
    ----------
    value : of a reply with success its JSON, fit to be stored; null with any other status
    error : what the body of any other status says
    request_id : the random one that went out with the request
    """

    status: int
    headers: Mapping[str, str]
    value: JsonValue
    error: ErrorBody
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
    Whatever a server does ends in a reply or a failure, never in an exception.

    Parameters
    ----------
    key : sent in `key_header`, and struck from whatever comes back before anything else is done with it
    peer_allowed : whether something may be sent to this network address; asked of each connection
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
        peer_allowed: PeerAllowed = is_loopback,
    ) -> None:
        self._address = address
        self._limits = limits
        self._timing = timing
        self._key = key
        self._key_header = key_header
        self._connections = Connections(
            limits.in_flight, route, connect_s=limits.connect_s, read_s=min(limits.read_s, limits.total_s)
        )
        self._watch = Watch(timing.cancel, peer_allowed)
        self._templates: dict[_Template, requests.PreparedRequest] = {}

    def close(self) -> None:
        """Hang up; a later request connects again."""
        self._connections.close()

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
        with self._connections.taken(self._timing.cancel) as connection:
            if connection is None or self._timing.cancel.is_set():
                return _CANCELLED
            with self._watch.flight(limit) as flight:
                try:
                    reply = self._followed(connection, method, url, body, request_id)
                except MemoryError:  # of this machine: its outcome is another one
                    raise
                except Exception as error:  # noqa: BLE001 a server can make its parser raise anything at all
                    reply = of_exception(error)
            if flight.ended is not None:  # whatever was read until then may be a part only
                connection.clean = False
                return _CANCELLED if flight.ended is Ended.CANCELLED else _time_is_up(limit)
            return reply

    def _followed(
        self, connection: Connection, method: str, url: str, body: Body | None, request_id: str
    ) -> HttpReply | Failure:
        for _ in range(_MOST_REDIRECTS + 1):
            response = connection.send(self._request(method, url, body, request_id))
            if response.status_code not in _REDIRECTS:
                return self._read(connection, response, request_id)
            location = response.headers.get("Location", "")
            response.close()
            target = _joined(url, location)
            if _origin(target) != self._address.origin:
                return _elsewhere(response.status_code, _joined(url, self._struck(location)))
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
        """The request without what differs; taking an address apart anew would cost a tenth of a request."""
        template = self._templates.get(what)
        if template is None:
            template = requests.Request(what.method, what.url, headers=_HEADERS).prepare()
            if len(self._templates) >= _MOST_TEMPLATES:
                self._templates.clear()
            self._templates[what] = template
        return template

    def _read(
        self, connection: Connection, response: requests.Response, request_id: str
    ) -> HttpReply | Failure:
        ok = 200 <= response.status_code < 300
        headers = CaseInsensitiveDict({name: self._struck(value) for name, value in response.headers.items()})
        body = _read_body(response, headers, int(self._limits.reply_mb * _MB) if ok else _MOST_ERROR_BYTES)
        if not ok:
            # the connection stays doubtful: a server that refuses may not have read the whole request
            raw = b"" if isinstance(body, Failure) else body
            content_type = headers.get("Content-Type", "")
            error = error_body(self._struck(text_of(raw, content_type)), self._key)
            return HttpReply(response.status_code, headers, None, error, request_id)
        if isinstance(body, Failure):
            return body
        value = self._value(body, headers) if response.status_code != _NO_CONTENT else None
        if isinstance(value, Failure):  # the rest of it may still come, and must not meet another question
            return value
        # behind the last event of a stream more may come, which belongs to no question
        connection.clean = not _is_streamed(headers)
        return HttpReply(response.status_code, headers, value, ErrorBody(), request_id)

    def _value(self, body: bytes, headers: Mapping[str, str]) -> JsonValue | Failure:
        content_type = headers.get("Content-Type", "")
        text = text_of(body, content_type)
        try:
            if event_stream.is_event_stream(text, content_type):
                return clean_value(event_stream.completion_of(text), self._key)
            return clean_value(json_of(text), self._key)
        except event_stream.BrokenOff:
            says = "the reply is not whole: its stream broke off"
            return Failure(Layer.REPLY, Outcome.TRANSPORT_ERROR, says)
        except NotJson:
            return _no_json(text)

    def _struck(self, text: str) -> str:
        return text if self._key is None else self._key.struck_from(text)


def _read_body(response: requests.Response, headers: Mapping[str, str], most: int) -> bytes | Failure:
    """The body as bytes of its content, unpacked; of an error its beginning."""
    ok = 200 <= response.status_code < 300
    announced = headers.get("Content-Length", "0")
    if ok and announced.isdecimal() and int(announced[:18]) > most:
        response.close()
        return _too_large(most)
    body = bytearray()
    streamed = _is_streamed(headers)
    read = response.raw.read1 if streamed else response.raw.read
    while piece := read(_PIECE, decode_content=False):
        body += piece
        if len(body) > most:
            response.close()
            if ok:
                return _too_large(most)
            break
        if streamed and _STREAM_END in body[-200:]:  # the connection may stay open behind the last event
            response.close()
            break
    return _unpacked(bytes(body), headers.get("Content-Encoding", ""), most)


def _is_streamed(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type", "").lower().startswith(event_stream.MEDIA_TYPE)


def _unpacked(body: bytes, encoding: str, most: int) -> bytes | Failure:
    try:
        return content_encoding.unpacked(body, encoding, most)
    except content_encoding.TooLong:
        return _too_large(most)
    except content_encoding.Damaged:
        return Failure(Layer.REPLY, Outcome.TRANSPORT_ERROR, "the packed reply is damaged")
    except content_encoding.UnknownEncoding as unknown:
        says = f"the reply is packed in a way that was not asked for ({shown(str(unknown), 20)})"
        return Failure(Layer.REPLY, Outcome.TRANSPORT_ERROR, says)


def _no_json(text: str) -> Failure:
    if text[:500].lstrip().lower().startswith(_PAGE_START):
        says = "a web page came instead of a reply: is this the address of the server's interface?"
        return Failure(Layer.PATH, Outcome.TRANSPORT_ERROR, says)
    return Failure(Layer.REPLY, Outcome.TRANSPORT_ERROR, "the reply is not whole: it is not JSON")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # a bracket too few
        return ""


def _origin(url: str) -> str:
    try:
        return origin_of(url).origin if url else ""
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
