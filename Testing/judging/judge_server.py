"""A real server process with scripted judges behind OpenAI's wire; the path says which one judges how."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

Items = list[dict[str, str]]


def honest(items: Items) -> list[dict[str, Any]]:
    """Right if the answer holds the reference's words."""
    return [
        {
            "id": one["id"],
            "reason": "compared",
            "verdict": "correct" if one["reference"].casefold() in one["answer"].casefold() else "incorrect",
            "error_type": None if one["reference"].casefold() in one["answer"].casefold() else "other",
        }
        for one in items
    ]


def replied(verdicts: object) -> str:
    return json.dumps({"verdicts": verdicts})


def obedient(items: Items) -> str:
    """Does what an answer tells it: says word for word what stands behind `say:`."""
    for one in items:
        if "say:" in one["answer"]:
            return one["answer"].partition("say:")[2].strip()
    return replied(honest(items))


MANNERS = {
    "honest": lambda items: replied(honest(items)),
    "backwards": lambda items: (
        f"Here you are:\n```json\n{replied(honest(items)[::-1])}\n```\nAnything else? {{no}}"
    ),
    "bare": lambda items: "\n".join(json.dumps(one) for one in honest(items)),
    "thinking": lambda items: f"<think>{replied(strict(items))}</think>{replied(honest(items))}",
    "obedient": obedient,
    "forgetful": lambda items: replied(honest(items)[1:]),
    "by-place": lambda items: replied(
        [{**one, "id": str(at)} for at, one in enumerate(honest(items), start=1)]
    ),
    "list": lambda items: replied([one["verdict"] for one in honest(items)]),
    "boolean": lambda items: replied([{**one, "verdict": True} for one in honest(items)]),
    "shouting": lambda items: replied([{**one, "verdict": "CORRECT!"} for one in honest(items)]),
    "two-faced": lambda items: replied([*honest(items), *strict(items)]),
    "twice": lambda items: replied(honest(items)).replace(
        '"verdict": ', '"verdict": "incorrect", "verdict": '
    ),
    "helpless": lambda items: replied([{**one, "verdict": "cannot_tell"} for one in honest(items)]),
    "inventive": lambda items: replied(
        [{**one, "error_type": one["error_type"] and "sloppy"} for one in honest(items)]
    ),
    "contradicting": lambda items: replied([{**one, "error_type": "incomplete"} for one in honest(items)]),
    "copying": lambda items: replied([{**one, "reason": "<one short sentence>"} for one in honest(items)]),
    "abstaining": lambda items: replied(
        [{**one, "verdict": "no_answer", "error_type": None} for one in honest(items)]
    ),
    "writing-null": lambda items: replied(
        [{**one, "error_type": one["error_type"] or "null"} for one in honest(items)]
    ),
    "cut-off": lambda items: replied(honest(items))[:-9],
    "prose": lambda items: "The answer is correct. Verdict: correct.",
    "silent": lambda items: "",
    "endless": lambda items: replied(honest(items)) + " x" * 30_000,
    "deep": lambda items: '{"a":' * 4000,
    "strict": lambda items: replied(strict(items)),
}


def strict(items: Items) -> list[dict[str, Any]]:
    """Finds everything wrong."""
    return [{**one, "verdict": "incorrect", "error_type": "incomplete"} for one in honest(items)]


@dataclass
class _Book:
    """What one judge was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    now: int = 0
    most_at_once: int = 0


_BOOKS: dict[str, _Book] = defaultdict(_Book)
_LOCK = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    """Paths are /MANNER/BOOK/v1/chat/completions and, to look into a book, /MANNER/BOOK."""

    wbufsize = -1  # one packet per reply

    def do_POST(self) -> None:
        _, manner, name, *_ = self.path.split("/")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        book = _BOOKS[name]
        with _LOCK:
            book.asked.append(body)
            book.now += 1
            book.most_at_once = max(book.most_at_once, book.now)
            place = len(book.asked)
        try:
            time.sleep(0.01)  # so that requests under way at once are seen to be
            self._reply(manner, body, place)
        finally:
            with _LOCK:
                book.now -= 1

    def _reply(self, manner: str, body: dict[str, Any], place: int) -> None:
        if manner == "dies-after-3":
            if place > 3:
                self.send_error(401)
                return
            manner = "honest"
        user = body["messages"][-1]["content"]
        items = json.loads(user if isinstance(user, str) else user[0]["text"])
        message = {"role": "assistant", "content": MANNERS[manner](items)}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self._send(
            {"id": "1", "object": "chat.completion", "model": "tiny", "created": 0, "choices": [choice]}
        )

    def do_GET(self) -> None:
        if self.path == "/props" and self.server.slots:  # type: ignore[attr-defined]
            self._send({"total_slots": self.server.slots})  # type: ignore[attr-defined]
            return
        if self.path.split("/")[1] not in {*MANNERS, "dies-after-3"}:
            self.send_error(404)
            return
        book = _BOOKS[self.path.split("/")[2]]
        self._send({"asked": book.asked, "most_at_once": book.most_at_once})

    def _send(self, content: object) -> None:
        told = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


class Seen(NamedTuple):
    """What the server saw of one judge."""

    asked: list[dict[str, Any]]
    most_at_once: int


@dataclass(frozen=True)
class Judge:
    """One scripted judge at a server, with a book of its own."""

    server: str
    manner: str
    book: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def url(self) -> str:
        return f"{self.server}/{self.manner}/{self.book}/v1"

    def seen(self) -> Seen:
        with urllib.request.urlopen(f"{self.server}/{self.manner}/{self.book}", timeout=20) as reply:
            return Seen(**json.load(reply))


@contextmanager
def serving(slots: int = 0) -> Iterator[str]:
    """The address of a server in a process of its own, which says how many slots it has (0: it does not)."""
    command = [sys.executable, str(Path(__file__)), str(slots)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.slots = int(sys.argv[1])  # type: ignore[attr-defined]
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
