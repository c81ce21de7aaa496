"""The protocol of a volume server from the asking side: prepared arrays and questions.

`volume_server` is the other side; docs/volume-server.md describes what goes over the wire.
"""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from CTSpatialVQALib.backends.volume_server import PROTOCOL
from CTSpatialVQALib.backends.wire.failures import ErrorBody, Failure, Layer, of_status
from CTSpatialVQALib.backends.wire.http_exchange import Body, Exchange, HttpReply
from CTSpatialVQALib.backends.wire.retrying import RetryPolicy, Timing
from CTSpatialVQALib.errors import one_line
from CTSpatialVQALib.imaging.contract import Prepared
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.words import Outcome

_CLOSING_S = 5.0  # a server keeps no run waiting that is over
_LONGEST_LABEL = 2000  # of names that are shown in one line anyway
MOST_ARRAYS = 8  # at the server, of this client; the one asked about longest ago is taken back
_NO_SUCH_ARRAY = "no_such_array"
_FAILURE_OF_CODE: Mapping[str, tuple[Layer, Outcome]] = {
    "not_possible": (Layer.REQUEST, Outcome.REFUSED),
    "out_of_memory": (Layer.SERVER, Outcome.OUT_OF_MEMORY),
}

Json = dict[str, JsonValue]


class Health(NamedTuple):
    """What a server says it is.

    Parameters
    ----------
    contract : the one its model is made for, None where it takes any
    """

    protocol: int
    model: str
    version: str
    contract: str | None


class VolumeClient:
    """Speaks to one volume server, from any thread.

    Each array is uploaded once, under a random id that tells nothing about it, and again when the server has
    forgotten it.

    Parameters
    ----------
    base : scheme, host, port and path, without a slash at its end
    deadline_s : for one question, all attempts and waits together
    """

    def __init__(
        self, exchange: Exchange, base: str, *, policy: RetryPolicy, timing: Timing, deadline_s: float
    ) -> None:
        self._exchange = exchange
        self._base = base
        self._policy = policy
        self._timing = timing
        self._deadline_s = deadline_s
        self._ids: OrderedDict[str, str] = OrderedDict()  # content hash -> id at the server
        self._uploading = threading.Lock()

    def health(self, *, once: bool = False) -> Health | Failure:
        """What the server is; with `once` without another try."""
        reply = self._patiently("GET", "/health", once=once)
        if isinstance(reply, Failure):
            return reply
        health = Health(
            protocol=reply["protocol"] if isinstance(reply.get("protocol"), int) else 0,  # type: ignore[arg-type]
            model=one_line(str(reply.get("model", ""))[:_LONGEST_LABEL], 200),
            version=one_line(str(reply.get("version", ""))[:_LONGEST_LABEL], 200),
            contract=str(reply["contract"]) if reply.get("contract") is not None else None,
        )
        if health.protocol != PROTOCOL:
            says = f"it is no volume server of protocol {PROTOCOL}"
            return Failure(Layer.PATH, Outcome.TRANSPORT_ERROR, says)
        return health

    def ask(self, prepared: Prepared, question: Json) -> Json | Failure:
        """Ask about what was prepared, uploading it if the server does not have it."""
        reply = self._send(prepared, question)
        if isinstance(reply, Failure) and _NO_SUCH_ARRAY in reply.says:
            self.forget(prepared)
            reply = self._send(prepared, question)
        return reply

    def upload(self, prepared: Prepared) -> str | Failure:
        """The id of this array at the server; uploaded once for all threads."""
        content = prepared.presentation.content_sha256
        with self._uploading:
            if content in self._ids:
                self._ids.move_to_end(content)
                return self._ids[content]
            while len(self._ids) >= MOST_ARRAYS:
                self._delete(self._ids.popitem(last=False)[1])
            name = uuid.uuid4().hex
            pieces = npy_pieces(prepared)
            body = Body(cast(tuple[bytes, ...], pieces), content_type="application/x-npy")
            reply = self._patiently("PUT", f"/arrays/{name}?sha256={_sha256(pieces)}", body)
            if isinstance(reply, Failure):
                return reply
            self._ids[content] = name
            return name

    def forget(self, prepared: Prepared) -> None:
        """The server does not have this array any more."""
        with self._uploading:
            self._ids.pop(prepared.presentation.content_sha256, None)

    def close(self) -> None:
        """Take back all arrays, as far as that takes no longer than a moment, and hang up."""
        until = time.monotonic() + _CLOSING_S
        with self._uploading:
            while self._ids and time.monotonic() < until:
                self._delete(self._ids.popitem()[1], seconds=until - time.monotonic())
        self._exchange.close()

    def _send(self, prepared: Prepared, question: Json) -> Json | Failure:
        name: str | Failure | None = self.upload(prepared) if prepared.array.size else None
        if isinstance(name, Failure):
            return name
        request = {**question, "array": name}
        return self._patiently("POST", "/ask", Body([json.dumps(request).encode()]))

    def _delete(self, name: str, *, seconds: float = _CLOSING_S) -> None:
        self._exchange.send("DELETE", f"{self._base}/arrays/{name}", seconds=max(seconds, 0.001))

    def _patiently(
        self, method: str, path: str, body: Body | None = None, *, once: bool = False
    ) -> Json | Failure:
        """Send until there is a reply, or a failure that no other try can help."""
        deadline, attempt = self._timing.clock() + self._deadline_s, 1
        while True:
            left = deadline - self._timing.clock()
            reply = self._exchange.send(method, self._base + path, body, seconds=max(left, 0.001))
            outcome = _understood(reply)
            if not isinstance(outcome, Failure):
                return outcome
            left = deadline - self._timing.clock()
            decision = self._policy.decision(outcome, attempt=attempt, left_s=left, dice=self._timing.dice())
            if once or not decision.retry:
                return outcome
            attempt += 1
            if not self._timing.slept(decision.wait_s):
                return Failure(Layer.SERVER, Outcome.CANCELLED, "cancelled while waiting")


def npy_pieces(prepared: Prepared) -> tuple[bytes, memoryview]:
    """The array as an NPY file: its head, and its values in C order."""
    array: NDArray[Any] = np.ascontiguousarray(prepared.array, dtype=prepared.array.dtype.newbyteorder("<"))
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, np.lib.format.header_data_from_array_1_0(array))
    return head.getvalue(), array.data.cast("B")


def _sha256(pieces: tuple[bytes, memoryview]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _understood(reply: HttpReply | Failure) -> Json | Failure:
    if isinstance(reply, Failure):
        return reply
    if reply.success:
        if isinstance(reply.value, dict):
            return {**reply.value, "request_id": reply.request_id}
        return Failure(Layer.REPLY, Outcome.TRANSPORT_ERROR, "the reply is not a JSON object")
    failure = of_status(reply.status, reply.headers, reply.error, now=utc_now())
    return _by_code(failure, reply.error)


def _by_code(failure: Failure, error: ErrorBody) -> Failure:
    """Of the failures of a volume server, those that its code tells apart better than its status."""
    if error.code == _NO_SUCH_ARRAY:
        return failure._replace(says=f"{_NO_SUCH_ARRAY}: {error.text}")
    if error.code == "model_failed":  # the same question would fail again
        return failure._replace(retry=False)
    layer, outcome = _FAILURE_OF_CODE.get(error.code, (failure.layer, failure.outcome))
    return failure._replace(layer=layer, outcome=outcome)
