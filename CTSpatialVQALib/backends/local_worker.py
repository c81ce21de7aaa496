"""The program of the process that holds a local model: messages in, messages out.

Started by its path in any environment that `local_models` can work in; nothing of this package is imported.
A message is one line of JSON; where it says `bytes`, as many raw bytes of an array follow. They pass through
standard input and output; what a library prints goes to standard error.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import json
import os
import queue
import shutil
import signal
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

Message = dict[str, Any]

MODULES_PREFIX = "local-model-"
UNUSED_FILES = ["*.gguf", "*.onnx", "*.h5", "*.msgpack", "*.pth", "original/*", "onnx/*"]


def load_models() -> ModuleType:
    """The file beside this one, by its path: the folder itself must not be searched for modules.

    Its `store` or `base` would be found in place of those that a library means.
    """
    folder = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != folder]  # noqa: PTH100
    spec = importlib.util.spec_from_file_location("local_models", os.path.join(folder, "local_models.py"))  # noqa: PTH118
    if spec is None or spec.loader is None:
        raise ImportError("local_models.py is missing beside local_worker.py")
    models = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(models)
    return models


class Network:
    """A watch over the connections that Python code of this process makes: to none but the named hosts.

    It keeps libraries from going online by themselves. It is no prison: code that has the user's yes runs
    with his rights, and native code does not pass here.
    """

    def __init__(self) -> None:
        self.hosts: list[str] = []  # names; one that begins with a dot stands for all that end so

    def watch(self) -> None:
        """From now on, for as long as the process lives."""
        sys.addaudithook(self._look)

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self._check(arguments[0], self._named)
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            if isinstance(address, tuple):  # a path is a socket of this machine
                # which addresses belong to the named hosts only their look-up knows
                self._check(address[0], lambda _host: bool(self.hosts))

    def _check(self, host: object, allowed: Callable[[str], bool]) -> None:
        text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
        if text and text != "localhost" and not _loopback(text) and not allowed(text):
            raise PermissionError(f"no consent to go online to {text}")

    def _named(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        return any(
            name.endswith(allowed_name) if allowed_name.startswith(".") else name == allowed_name
            for allowed_name in self.hosts
        )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


class Frame(NamedTuple):
    """One message and the array's bytes that came with it."""

    header: Message
    raw: bytes


def read_frame(stream: BinaryIO) -> Frame | None:
    """The next frame, or None where the other side has gone."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    header = json.loads(line)
    size = int(header.get("bytes", 0))
    raw = stream.read(size) if size else b""
    return Frame(header, raw) if len(raw) == size else None


class Worker:
    """Answers messages one by one."""

    def __init__(self, models: ModuleType, network: Network) -> None:
        self.models = models
        self.network = network
        self.pictures = models.Pictures()
        self.model: Any = None

    def answer(self, frame: Frame) -> Message:
        """The reply to one message; what a model's code raises becomes one too."""
        try:
            return {"ok": True, **getattr(self, f"do_{frame.header['do']}")(frame.header, frame.raw)}
        except Exception as error:  # noqa: BLE001 the boundary to foreign code: the parent decides what follows
            return self._failure(error)

    def do_locate(self, header: Message, _raw: bytes) -> Message:
        """The folder of a repository of the hub: its local copy or, when allowed, fetched now."""
        self.network.hosts = list(header.get("hosts", ()))
        try:
            folder = import_module("huggingface_hub").snapshot_download(
                header["repository"],
                revision=header["revision"] or None,
                local_files_only=header["offline"],
                ignore_patterns=UNUSED_FILES,
            )
        finally:
            self.network.hosts = []
        return {"folder": folder}

    def do_load(self, header: Message, _raw: bytes) -> Message:
        """Load a model; the process holds one."""
        kind_of_model = self.models.VolumeModel if header["kind"] == "volume" else self.models.ChatModel
        self.model = None
        self.model = kind_of_model(header, self.pictures)
        return {"facts": self.model.facts()}

    def do_show(self, header: Message, raw: bytes) -> Message:
        """Take a volume's array and let go of the one before."""
        self.pictures.images, self.pictures.array = [], None
        if self.model is not None:
            self.model.forget()
        self.pictures.show(header, raw)
        return {}

    def do_ask(self, header: Message, _raw: bytes) -> Message:
        """Answer questions together; where that fails, one by one, so that each has its own outcome."""
        questions = header["asked"]
        if len(questions) > 1:
            try:
                return {"answers": self._ask_together(questions, header)}
            except Exception as error:  # noqa: BLE001 the boundary to foreign code, as above
                sys.stderr.write(f"questions asked together failed, asked alone now: {error}\n")
            self.model.forget()  # not in the handler: there the error still holds what filled the memory
        return {"answers": [self._alone(question, header) for question in questions]}

    def _ask_together(self, questions: list[Message], header: Message) -> list[Message]:
        answers: list[Message] = self.model.ask(
            questions, header["shown"], header["generation"], header["seed"]
        )
        return answers

    def _failure(self, error: Exception) -> Message:
        failure: Message = self.models.failure(error)
        return failure

    def _alone(self, question: Message, header: Message) -> Message:
        try:
            return self._ask_together([question], header)[0]
        except Exception as error:  # noqa: BLE001 the boundary to foreign code, as above
            failed = self._failure(error)
        self.model.forget()
        return failed


def serve() -> None:
    """Take frames until the parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    frames: queue.Queue[Frame] = queue.Queue()
    threading.Thread(target=_take, args=(requests, frames), daemon=True).start()
    network = Network()
    network.watch()
    worker = Worker(load_models(), network)
    while True:
        replies.write(json.dumps(worker.answer(frames.get())).encode() + b"\n")
        replies.flush()


def _take(stream: BinaryIO, frames: queue.Queue[Frame]) -> None:
    """Read ahead, so that the parent's end is noticed in the middle of a computation too."""
    while (frame := read_frame(stream)) is not None:
        frames.put(frame)
    modules = os.environ.get("HF_MODULES_CACHE", "")
    if os.path.basename(modules).startswith(MODULES_PREFIX):  # noqa: PTH119 made for this process alone
        shutil.rmtree(modules, ignore_errors=True)  # a parent that was killed cannot
    os._exit(0)


if __name__ == "__main__":
    serve()
