"""The connection test of a chat server: the layers that hold, and the one that fails."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import JsonValue

from CTSpatialVQALib.backends.wire.failures import Failure, Layer
from CTSpatialVQALib.backends.wire.http_exchange import HttpReply
from CTSpatialVQALib.backends.wire.request_body import Message, picture_part
from CTSpatialVQALib.backends.wire.retrying_client import ChatResult
from CTSpatialVQALib.errors import one_line
from CTSpatialVQALib.imaging.png import png_bytes
from CTSpatialVQALib.records.words import Outcome

if TYPE_CHECKING:
    from CTSpatialVQALib.backends.openai_backend import OpenAIBackend

_WORDS = "Reply with the one word: ready"
_ABOUT_PICTURES = "Two test pictures without any patient. Reply with the one word: ready"
_TOKENS = 64
_SIDE = 64
_MOST_NAMED = 8


class LayerResult(NamedTuple):
    """One layer, from the network inwards: whether it holds, and what was seen."""

    name: str
    ok: bool
    says: str


class ConnectionReport(NamedTuple):
    """The layers up to the first that fails, or all."""

    layers: tuple[LayerResult, ...]

    @property
    def ok(self) -> bool:
        """Whether the server can be asked."""
        return all(layer.ok for layer in self.layers)


def run_connection_test(backend: OpenAIBackend) -> ConnectionReport:
    """Ask the server for one word, then, if it is to be shown pictures, about two test pictures.

    Nothing of any patient is sent. Each request is sent once, so that a failure shows at once.

    Raises
    ------
    BadInput
        Without consent to send to that host.
    """
    result = backend.send(Message("", b"", _WORDS, plain=True), max_tokens=_TOKENS, once=True)
    problem = _problem(backend, result)
    if problem is not None:
        return ConnectionReport((*_passed(backend, problem.layer), _failed(problem.layer, problem.says)))
    layers = (*_passed(backend, Layer.REPLY), LayerResult(Layer.REPLY, ok=True, says=_reply_says(result)))
    if backend.contract is None:
        return ConnectionReport(layers)
    return ConnectionReport((*layers, _pictures(backend)))


def models_of(backend: OpenAIBackend) -> tuple[str, ...]:
    """Names of the models that the server lists; empty where it lists none.

    Raises
    ------
    BadInput
        Without consent to send to that host.
    """
    backend.require_consent()
    if not backend.address.models_url:
        return ()
    reply = backend.exchange.send("GET", backend.address.models_url)
    if isinstance(reply, Failure) or not reply.success:
        return ()
    return tuple(_named(reply))


def _named(reply: HttpReply) -> Iterator[str]:
    data: JsonValue = reply.value.get("data") if isinstance(reply.value, dict) else None
    for entry in data if isinstance(data, list) else ():
        name = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(name, str):
            yield one_line(name, 80)


class _Problem(NamedTuple):
    layer: Layer
    says: str


def _problem(backend: OpenAIBackend, result: ChatResult) -> _Problem | None:
    """Why the first request has no reply with text, or None if it has one."""
    if result.failure is None:
        if result.answer.outcome in (Outcome.ANSWERED, Outcome.TRUNCATED, Outcome.REFUSED):
            return None
        return _Problem(Layer.REPLY, result.answer.detail)
    layer, says = result.failure.layer, result.failure.says
    if layer not in (Layer.PATH, Layer.MODEL, Layer.REQUEST):
        return _Problem(layer, says)
    names = models_of(backend)
    if not names or backend.version in names:
        return _Problem(layer, says)
    listed = ", ".join(names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
    return _Problem(Layer.MODEL, f"the server has no model {backend.version}; it names {listed}")


_INWARDS = (
    Layer.NAME,
    Layer.PORT,
    Layer.PROXY,
    Layer.TLS,
    Layer.SERVER,
    Layer.PATH,
    Layer.KEY,
    Layer.MODEL,
    Layer.CAPACITY,
    Layer.REQUEST,
    Layer.REPLY,
)
_HOLDS = {
    Layer.NAME: "the name is known",
    Layer.PORT: "a server listens",
    Layer.PROXY: "the proxy lets it through",
    Layer.TLS: "encrypted, the certificate is trusted",
    Layer.SERVER: "it speaks HTTP",
    Layer.PATH: "the address is that of its interface",
    Layer.KEY: "the key is accepted, or none is wanted",
    Layer.MODEL: "the model is there",
    Layer.CAPACITY: "it has room",
    Layer.REQUEST: "it accepts the request",
}


def _passed(backend: OpenAIBackend, failed: Layer) -> Iterator[LayerResult]:
    """The layers that a reply, or a failure further in, has passed."""
    apart = {Layer.NAME, Layer.PORT} if backend.route.proxy else {Layer.PROXY}
    if backend.address.origin.startswith("http:"):
        apart.add(Layer.TLS)
    for layer in _INWARDS[: _INWARDS.index(failed)]:
        if layer not in apart:
            yield LayerResult(layer, ok=True, says=_HOLDS[layer])


def _failed(layer: Layer, says: str) -> LayerResult:
    return LayerResult(layer, ok=False, says=says)


def _reply_says(result: ChatResult) -> str:
    served = result.answer.facts.get("served_model")
    by = f", by {served}" if isinstance(served, str) else ""
    return one_line(f"it replied{by}: {result.answer.text or result.answer.detail}", 160)


def _pictures(backend: OpenAIBackend) -> LayerResult:
    opening = b"".join(picture_part(b64encode(png_bytes(picture))) + b"," for picture in _test_pictures())
    result = backend.send(Message("", opening, _ABOUT_PICTURES, plain=False), max_tokens=_TOKENS, once=True)
    if result.failure is not None:
        return LayerResult("pictures", ok=False, says=result.failure.says)
    if result.answer.outcome in (Outcome.EMPTY, Outcome.UNPARSEABLE):
        return LayerResult("pictures", ok=False, says=result.answer.detail)
    return LayerResult("pictures", ok=True, says="it accepts pictures; whether it looks, probes show")


def _test_pictures() -> Iterator[np.ndarray[tuple[int, int], np.dtype[np.uint8]]]:
    ramp = np.linspace(0, 255, _SIDE).astype(np.uint8)
    yield np.tile(ramp, (_SIDE, 1))
    yield np.tile(ramp[:, None], (1, _SIDE))
