"""Connections to one server, one request at a time each; a doubtful one is hung up."""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from CTSpatialVQALib.backends.wire import deadline_watch as watch
from CTSpatialVQALib.backends.wire.addresses import Address
from CTSpatialVQALib.errors import BadInput

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_LONGEST_CHUNK_LINE = 4096
# RFC 9112, 7.1: the length, and extensions of no meaning here; a line that is cut off has no line feed
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")


class Route(NamedTuple):
    """How a server is reached.

    Parameters
    ----------
    proxies : by scheme, as the system's environment names them; none to this machine itself, or what
        was not to leave it would go to the proxy
    verify : certificates that are trusted beside the system's; certificates are always checked
    encrypted : the server speaks https
    """

    proxies: dict[str, str]
    verify: str | bool
    encrypted: bool

    @property
    def proxy(self) -> str:
        """Host of a proxy on the way, empty without one."""
        return next((urlsplit(proxy).netloc.rpartition("@")[2] for proxy in self.proxies.values()), "")


def route_to(address: Address, *, ca_file: str | None) -> Route:
    """The route that the system's environment gives (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE ...).

    Raises
    ------
    BadInput
        If the file that holds certificates does not.
    """
    scheme = address.origin.partition(":")[0]
    proxy = None if address.local else select_proxy(address.origin, get_environ_proxies(address.origin))
    proxies = {scheme: proxy} if proxy else {}
    if scheme != "https":
        return Route(proxies, verify=True, encrypted=False)
    named = {"ca_file": ca_file, **{name: os.environ.get(name) for name in _CA_VARIABLES}}
    where, path = next(((where, path) for where, path in named.items() if path), ("", ""))
    if path:
        _check_certificates(where, Path(path))
    return Route(proxies, verify=path or True, encrypted=True)


def _check_certificates(where: str, path: Path) -> None:
    try:
        if path.is_file():
            ssl.create_default_context(cafile=path)
        elif not path.is_dir():  # a folder is indexed by OpenSSL itself
            raise FileNotFoundError
    except OSError:
        raise BadInput(
            where,
            expected="a file with certificates (PEM)",
            came=str(path),
            remedy="Correct the path, or the file",
        ) from None


class _StrictResponse(HTTPResponse):
    """Python's own reading of HTTP, strict about the length of a chunk.

    `int(text, 16)` takes "-1", with which everything would be read to its end whatever the limit, "-5" and
    "0x5"; RFC 9112, 7.1, knows hexadecimal digits alone.
    """

    def _read_next_chunk_size(self) -> int:
        connection = self.fp.readline(_LONGEST_CHUNK_LINE + 1)
        match = _CHUNK_SIZE.fullmatch(connection)
        if match is None:
            self._close_conn()  # type: ignore[attr-defined]
            raise ValueError("no length of a chunk")  # http.client makes it an incomplete reply
        return int(match[1], 16)


class _Watched(HTTPConnection):
    """A connection that is under watch from its first byte."""

    response_class = _StrictResponse

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        watch.carries(connection)
        return connection

    def request(self, *arguments: Any, **named: Any) -> None:
        watch.carries(self.sock)
        super().request(*arguments, **named)


class _WatchedTls(_Watched, HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        watch.carries(self.sock)  # TLS put a socket of its own in place of the plain one


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


_POOLS = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    """One connection, kept open. Cookies, netrc and redirects belong to sessions; there is none here."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named, ssl_context=self._tls)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:  # noqa: ANN401  (as requests has it)
        manager = super().proxy_manager_for(proxy, **named, ssl_context=self._tls)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class Connections:
    """At most `count` connections to a server, for as many threads.

    One whose exchange did not end cleanly is hung up: what may still come on it belongs to no question.
    """

    def __init__(self, count: int, route: Route, *, connect_s: float, read_s: float) -> None:
        self._free = threading.BoundedSemaphore(count)
        self._route = route
        self._times = (connect_s, read_s)
        self._idle: list[_Adapter] = []
        self._lock = threading.Lock()
        # The system's own store, SSL_CERT_FILE and SSL_CERT_DIR; requests adds its bundle of public ones.
        self._tls = ssl.create_default_context() if route.encrypted else None

    @contextmanager
    def taken(self, cancel: threading.Event) -> Iterator[Connection | None]:
        """A connection for one exchange, waited for; None if cancelled meanwhile."""
        while not self._free.acquire(timeout=0.1):
            if cancel.is_set():
                yield None
                return
        try:
            with self._lock:
                adapter = self._idle.pop() if self._idle else _Adapter(self._tls)
            connection = Connection(adapter, self._route, self._times)
            try:
                yield connection
            finally:
                self._put_back(connection, adapter)
        finally:
            self._free.release()

    def _put_back(self, connection: Connection, adapter: _Adapter) -> None:
        if connection.clean:
            with self._lock:
                self._idle.append(adapter)
        else:
            adapter.close()

    def close(self) -> None:
        """Hang up idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for adapter in idle:
            adapter.close()


class Connection:
    """A connection in use. Set `clean` once the exchange ended as it should."""

    def __init__(self, adapter: _Adapter, route: Route, times: tuple[float, float]) -> None:
        self.clean = False
        self._adapter = adapter
        self._route = route
        self._times = times

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Send, and give the response with its body still unread."""
        return self._adapter.send(
            request, stream=True, timeout=self._times, verify=self._route.verify, proxies=self._route.proxies
        )
