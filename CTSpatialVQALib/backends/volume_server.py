"""A small HTTP server around one Python function, for a model that needs an environment of its own.

This file stands alone: Python 3.9 or later and numpy are all it needs, so that it can be copied into the
environment of any model and run there::

    python volume_server.py my_adapter:answer --contract merlin --model Merlin --port 8100

where `my_adapter.py` has::

    def answer(array, prompt, generation):
        return the_model(array, prompt, **generation)

`array` is the prepared input of the contract (numpy), or None where the question is asked without pixels;
`prompt` is the whole text with the contract's tokens; `generation` its decoding parameters. The function
returns the reply's text, or a dict with `text` and, for example, `finish` ("length" if it was cut off) and
`usage`. It raises NotImplementedError for what the model cannot be asked. docs/volume-server.md describes the
protocol.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import importlib
import io
import ipaddress
import json
import os
import re
import sys
import threading
import time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

PROTOCOL = 1
TOKEN_VARIABLE = "VOLUME_SERVER_TOKEN"  # the variable's name, not a secret
DTYPES = ("uint8", "int16", "float16", "float32")
MOST_DIMENSIONS = 8
MOST_ARRAY_BYTES = 1 << 30
MOST_QUESTION_BYTES = 1 << 20
SILENCE_S = 60.0  # a client that sends nothing for so long is hung up on
_ARRAY = re.compile(r"^/arrays/([0-9a-f]{32})(?:\?sha256=([0-9a-f]{64}))?$")

if TYPE_CHECKING:  # names for the type checker; Python 3.9 could not make them
    from collections.abc import Callable

    Reply = dict[str, Any]
    Model = Callable[[np.ndarray[Any, Any] | None, str, dict[str, Any]], str | Reply]


class Refusal(Exception):
    """A request that is not served: HTTP status, a stable code and a sentence."""

    def __init__(self, status: int, code: str, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s


class Settings(NamedTuple):
    """What a server is.

    Parameters
    ----------
    contract : name of the input contract that the model was made for; None takes any
    token : what clients must show, None for nothing
    most_arrays, most_bytes : how much is kept; the array that was asked about longest ago goes first
    at_once : questions that the model computes at once
    most_waiting : questions that may wait for it
    """

    model: str
    version: str
    contract: str | None = None
    token: str | None = None
    most_arrays: int = 16
    most_bytes: int = 4 << 30
    at_once: int = 1
    most_waiting: int = 64


class Arrays:
    """The uploaded arrays by id, bounded in number and bytes."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: OrderedDict[str, np.ndarray[Any, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, name: str, array: np.ndarray[Any, Any]) -> None:
        """Keep `array`, at the cost of those asked about longest ago."""
        with self._lock:
            self._kept.pop(name, None)
            while self._kept and (
                len(self._kept) >= self._most or self._bytes() + array.nbytes > self._most_bytes
            ):
                self._kept.popitem(last=False)
            self._kept[name] = array

    def get(self, name: str) -> np.ndarray[Any, Any]:
        """The array; a Refusal if it is not, or no longer, here."""
        with self._lock:
            if name not in self._kept:
                raise Refusal(404, "no_such_array", "this array is not here (any more): upload it again")
            self._kept.move_to_end(name)
            return self._kept[name]

    def drop(self, name: str) -> None:
        """Forget the array, if it is here."""
        with self._lock:
            self._kept.pop(name, None)

    def count(self) -> tuple[int, int]:
        """How many there are, and their bytes."""
        with self._lock:
            return len(self._kept), self._bytes()

    def _bytes(self) -> int:
        return sum(array.nbytes for array in self._kept.values())


def array_from(body: bytes, sha256: str) -> np.ndarray[Any, Any]:
    """The array in the bytes of an NPY file; never anything that would have to be unpickled."""
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), sha256):
        raise Refusal(400, "damaged", "the bytes do not have the hash that was announced")
    stream = io.BytesIO(body)
    try:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"NPY version {version}")
        npy = np.lib.format
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    except ValueError as error:
        raise Refusal(400, "no_array", f"the body is not an NPY file: {error}") from error
    if dtype.hasobject or dtype.name not in DTYPES or dtype.byteorder == ">":
        raise Refusal(400, "no_array", f"{dtype} is not one of {', '.join(DTYPES)}, little-endian")
    count = 1
    for length in shape:
        count *= length
    if fortran or len(shape) > MOST_DIMENSIONS or count * dtype.itemsize != len(body) - stream.tell():
        raise Refusal(400, "no_array", f"shape {shape} in C order does not fit the bytes")
    array: np.ndarray[Any, Any] = np.frombuffer(body, dtype=dtype, count=count, offset=stream.tell())
    return array.reshape(shape)


class VolumeServer(ThreadingHTTPServer):
    """Serves one model. `serve_forever()` blocks; `server_address` says where it listens."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], model: Model, settings: Settings) -> None:
        super().__init__(address, _Handler)
        self.model = model
        self.settings = settings
        self.arrays = Arrays(settings.most_arrays, settings.most_bytes)
        self._turn = threading.Semaphore(settings.at_once)
        self._waiting = 0
        self._lock = threading.Lock()

    def health(self) -> dict[str, Any]:
        """What the server is, and how much it keeps."""
        arrays, kept = self.arrays.count()
        return {
            "protocol": PROTOCOL,
            "model": self.settings.model,
            "version": self.settings.version,
            "contract": self.settings.contract,
            "arrays": arrays,
            "bytes": kept,
            "most_bytes": self.settings.most_bytes,
        }

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Let the model answer, in turn."""
        name, prompt, generation = request.get("array"), request.get("prompt"), request.get("generation", {})
        named = name is None or isinstance(name, str)
        if not named or not isinstance(prompt, str) or not isinstance(generation, dict):
            raise Refusal(
                400, "bad_question", "wanted: array (id or null), prompt (text), generation (object)"
            )
        expected, shown = self.settings.contract, request.get("contract")
        if expected is not None and shown is not None and str(shown).split("@")[0] != expected:
            raise Refusal(400, "wrong_contract", f"this model is shown contract {expected}, not {shown}")
        array = None if name is None else self.arrays.get(name)
        with self._lock:
            if self._waiting >= self.settings.most_waiting:
                raise Refusal(503, "busy", "too many questions are waiting", retry_after_s=5)
            self._waiting += 1
        try:
            with self._turn:
                began = time.monotonic()
                reply = _reply(self.model, array, prompt, generation)
                return dict(reply, seconds=round(time.monotonic() - began, 3))
        finally:
            with self._lock:
                self._waiting -= 1


def _reply(
    model: Model, array: np.ndarray[Any, Any] | None, prompt: str, generation: dict[str, Any]
) -> dict[str, Any]:
    try:
        returned = model(array, prompt, generation)
    except NotImplementedError as error:
        raise Refusal(422, "not_possible", str(error) or "the model cannot be asked this") from error
    except MemoryError as error:
        raise Refusal(507, "out_of_memory", "the machine ran out of memory") from error
    except Exception as error:  # whatever a model's own code raises is a failure of this question
        if "outofmemory" in type(error).__name__.lower() or "out of memory" in str(error).lower():
            raise Refusal(507, "out_of_memory", _line(error)) from error
        raise Refusal(500, "model_failed", f"{type(error).__name__}: {_line(error)}") from error
    reply = {"text": returned} if isinstance(returned, str) else returned
    if not isinstance(reply, dict) or not isinstance(reply.get("text"), str):
        raise Refusal(500, "model_failed", f"the adapter returned no text but {type(returned).__name__}")
    return reply


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: VolumeServer
    protocol_version = "HTTP/1.1"
    server_version = f"volume-server/{PROTOCOL}"
    timeout = SILENCE_S
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """/health."""
        self._served(self._get)

    def do_PUT(self) -> None:
        """/arrays/ID."""
        self._served(self._put)

    def do_POST(self) -> None:
        """/ask."""
        self._served(self._post)

    def do_DELETE(self) -> None:
        """/arrays/ID."""
        self._served(self._delete)

    def _served(self, serve: Callable[[], tuple[int, dict[str, Any]]]) -> None:
        try:
            self._admit()
            status, reply = serve()
        except Refusal as refusal:
            self.close_connection = True  # what is left of the body is not read
            reply = {"error": {"code": refusal.code, "message": refusal.message}}
            self._say(refusal.status, reply, refusal.retry_after_s)
        except OSError:
            self.close_connection = True
        else:
            self._say(status, reply)

    def _admit(self) -> None:
        if self.headers.get("Origin"):
            raise Refusal(403, "browser", "pages in a browser are not served")
        token = self.server.settings.token
        shown = self.headers.get("Authorization", "").encode("latin-1", "replace")
        if token is not None and not hmac.compare_digest(shown, b"Bearer " + token.encode()):
            raise Refusal(401, "token", "this server wants its token")

    def _get(self) -> tuple[int, dict[str, Any]]:
        if self.path != "/health":
            raise Refusal(404, "no_such_path", "there is GET /health, PUT and DELETE /arrays/ID, POST /ask")
        return 200, self.server.health()

    def _put(self) -> tuple[int, dict[str, Any]]:
        name, sha256 = self._array()
        array = array_from(self._body(min(MOST_ARRAY_BYTES, self.server.settings.most_bytes)), sha256)
        self.server.arrays.put(name, array)
        return 201, {"array": name, "shape": list(array.shape), "dtype": array.dtype.name}

    def _delete(self) -> tuple[int, dict[str, Any]]:
        self.server.arrays.drop(self._array()[0])
        return 200, {}

    def _post(self) -> tuple[int, dict[str, Any]]:
        if self.path != "/ask":
            raise Refusal(404, "no_such_path", "questions go to POST /ask")
        try:
            request = json.loads(self._body(MOST_QUESTION_BYTES).decode("utf-8"))
        except ValueError as error:
            raise Refusal(400, "bad_question", "the body is not JSON") from error
        if not isinstance(request, dict):
            raise Refusal(400, "bad_question", "the body is not a JSON object")
        return 200, self.server.ask(request)

    def _array(self) -> tuple[str, str]:
        """Id and hash in the path; the hash is empty where there is none."""
        match = _ARRAY.match(self.path)
        if match is None:
            raise Refusal(
                404, "no_such_path", "wanted: /arrays/, 32 hexadecimal digits, ?sha256= of the body"
            )
        return match.group(1), match.group(2) or ""

    def _body(self, most: int) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise Refusal(411, "no_length", "the request says no length")
        if int(length) > most:
            raise Refusal(413, "too_large", f"more than {most} bytes")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the client hung up")
        return body

    def _say(self, status: int, reply: dict[str, Any], retry_after_s: int = 0) -> None:
        body = json.dumps(reply).encode("utf-8")
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if retry_after_s:
                self.send_header("Retry-After", str(retry_after_s))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client did not wait for it

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: a log would hold questions about patients."""


def load(target: str) -> tuple[Model, Any]:
    """The function that `module:function` names, and its module."""
    module_name, _, name = target.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise  # what the adapter itself lacks is shown with its traceback
        raise SystemExit(f"volume_server: no {module_name}.py in {Path.cwd()}, nor such a package") from None
    model = getattr(module, name or "answer", None)
    if not callable(model):
        raise SystemExit(f"volume_server: {module_name} has no function {name or 'answer'}")
    return model, module


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="volume_server", description="Serve one model.")
    parser.add_argument("target", metavar="MODULE:FUNCTION", help="the adapter; 'answer' if left out")
    parser.add_argument("--contract", help="input contract of the model; default: CONTRACT in the adapter")
    parser.add_argument("--model", help="default: MODEL in the adapter, else its name")
    parser.add_argument("--version", help="of the model; default: VERSION in the adapter")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100, help="0: any free one")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="questions computed at once")
    options = parser.parse_args(argv)
    token = os.environ.get(TOKEN_VARIABLE) or None
    if token is None and not _loopback(options.host):
        parser.error(f"to listen on {options.host}, set a token in {TOKEN_VARIABLE}")
    model, module = load(options.target)
    settings = Settings(
        model=options.model or getattr(module, "MODEL", options.target),
        version=options.version or str(getattr(module, "VERSION", "")),
        contract=options.contract or getattr(module, "CONTRACT", None),
        token=token,
        at_once=options.at_once,
    )
    try:
        listening = VolumeServer((options.host, options.port), model, settings)
    except (OSError, OverflowError) as error:
        raise SystemExit(f"volume_server: cannot listen on {options.host}:{options.port}: {error}") from None
    with listening as server:
        sys.stdout.write(f"listening on http://{options.host}:{server.server_address[1]}\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stderr.write("stopped\n")
    return 0


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
