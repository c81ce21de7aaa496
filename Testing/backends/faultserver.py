"""A chat server that does what a good one does not: real sockets, one thread per connection, faults by path.

`http://127.0.0.1:PORT/<fault>/v1` is the address of a server with that fault. A good reply says back the
last text it was sent, so that a reply can be told from every other one.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

PIECE = b"x" * 65_536
TLS_RECORD = b"\x16"  # the first byte of a client that speaks TLS


@dataclass
class Received:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    nth: int = 1  # of the requests to this path

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def said(self) -> str:
        """The last text in it."""
        content = self.json["messages"][-1]["content"]
        return content if isinstance(content, str) else content[-1]["text"]


@dataclass
class Talk:
    """One connection with a request on it; what a fault does is done through this."""

    connection: socket.socket
    request: Received
    server: FaultServer
    open: bool = True

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)
        self.server.sent += len(data)

    def head(self, status: str, *headers: str) -> None:
        self.send("\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1"))

    def reply(self, status: int, body: bytes | object, *headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.head(f"{status} Status", f"Content-Length: {len(data)}", *headers)
        self.send(data)

    def says(self, message: dict[str, Any] | None = None, *, reason: str = "stop", **more: Any) -> None:
        self.reply(200, completion(self.request, message, reason=reason, **more))

    def hang(self) -> None:
        """Until the server is taken down, or the client goes."""
        self.connection.settimeout(0.05)
        while not self.server.down.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.hang_up()

    def hang_up(self) -> None:
        self.open = False

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.open = False


def completion(
    request: Received, message: dict[str, Any] | None = None, *, reason: str = "stop", **more: Any
) -> dict[str, Any]:
    """A chat completion that says back the request's last text."""
    spoken = {"role": "assistant", "content": f"heard: {request.said}", **(message or {})}
    choice = {"index": 0, "message": spoken, "finish_reason": reason}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    return {"object": "chat.completion", "model": "served-1", "choices": [choice], "usage": usage, **more}


def good_body(talk: Talk) -> bytes:
    return json.dumps(completion(talk.request)).encode()


Fault = Callable[[Talk], None]


class Faults(dict[str, Fault]):
    """Faults by name."""

    def fault(self, does: Fault) -> Fault:
        self[does.__name__.replace("_", "-")] = does
        return does


@dataclass
class FaultServer:
    """Serves until the block ends.

    Parameters
    ----------
    faults : by the first segment of the path; what is not among them is answered well
    tls : speak TLS with this context
    host : this machine's address, of IPv4 or IPv6
    """

    faults: dict[str, Fault] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    received: list[Received] = field(default_factory=list)
    sent: int = 0
    connections: int = 0

    def __post_init__(self) -> None:
        self.down = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._accepted: list[socket.socket] = []
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listening = socket.create_server((self.host, 0), family=family, backlog=1024)
        self.port: int = self._listening.getsockname()[1]

    @property
    def root(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def url(self, fault: str) -> str:
        return f"{self.root}/{fault}/v1"

    def requests_to(self, fault: str) -> list[Received]:
        return [one for one in self.received if one.path.split("/")[1] == fault]

    def __enter__(self) -> FaultServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.down.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._accepted:
            with contextlib.suppress(OSError):  # closed already, or inside a TLS socket
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.down.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._accepted.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            connection.settimeout(5)
            carried = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with carried, carried.makefile("rb") as stream:
                for request in self._requests(stream, carried):
                    talk = Talk(carried, request, self)
                    self._fault(request)(talk)
                    if not talk.open:
                        return

    def _fault(self, request: Received) -> Fault:
        # CONNECT to a proxy names a host instead of a path
        first = request.path.split("/")[1] if "/" in request.path else ""
        return self.faults.get(first, Talk.says)

    def _requests(self, stream: Any, connection: socket.socket) -> Iterator[Received]:
        while not self.down.is_set():
            if stream.peek(1)[:1] == TLS_RECORD:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            line = stream.readline()
            if not line.strip():
                return
            method, path, _ = line.decode("latin-1").split(" ", 2)
            headers = {}
            while (header := stream.readline().decode("latin-1").strip()) != "":
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            request = Received(method, path, headers, stream.read(int(headers.get("content-length", 0))))
            with self._lock:
                request.nth = 1 + sum(one.path == path for one in self.received)
                self.received.append(request)
            yield request
