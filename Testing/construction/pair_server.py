"""A real server process with scripted models that propose and judge pairs behind OpenAI's wire.

The path says which model behaves how: /MANNER/BOOK/v1/chat/completions, and /MANNER/BOOK to see what it was
asked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FINDING = re.compile(r"(?:A|An|The) ([^.]+?) lies in the (right|left) ([^.]+?)\.")
LATERALITY = "Laterality & Bilateral Symmetry"
EXPECTED_USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}

Pairs = list[dict[str, Any]]


def pairs_of(user: str) -> Pairs:
    """What an honest model proposes: a side for each sentence `A ... lies in the right ...`."""
    report = json.loads(user.split("\n")[1])
    return [
        {
            "question": f"On which side is the {found.group(1)}?",
            "answer": f"{found.group(2).capitalize()}.",
            "categories": [LATERALITY],
            "evidence": found.group(0),
        }
        for found in FINDING.finditer(report["findings"])
    ]


def proposal(pairs: object) -> str:
    return json.dumps({"pairs": pairs})


def changed(**values: object) -> Callable[[str], str]:
    return lambda user: proposal([{**one, **values} for one in pairs_of(user)])


def judgement(user: str, **values: object) -> dict[str, Any]:
    pair = json.loads(user.rsplit("\n", 1)[1])
    return {
        "id": pair["id"],
        "reason": "looked it up",
        "supported": "goitre" not in pair["question"],
        "spatial": True,
        "ambiguous": False,
        "wordy": False,
        **values,
    }


def judging(**values: object) -> Callable[[str], str]:
    return lambda user: json.dumps(judgement(user, **values))


MANNERS: dict[str, Callable[[str], str]] = {
    "honest": lambda user: proposal(pairs_of(user)),
    "fenced": lambda user: f"```json\n{proposal(pairs_of(user))}\n```",
    "inventor": changed(evidence="A cyst lies in the left kidney."),
    "paraphraser": lambda user: proposal(
        [{**one, "evidence": one["evidence"].lower()} for one in pairs_of(user)]
    ),
    "curt": changed(evidence="A"),
    "new-category": changed(categories=["Colour"]),
    "uncategorised": changed(categories=[]),
    "blank-answer": changed(answer=" "),
    "extra-key": changed(confidence=1),
    "repeating": lambda user: proposal(pairs_of(user) * 2),
    "generous": lambda user: proposal(
        [{**one, "question": f"{n}: {one['question']}"} for one in pairs_of(user) for n in range(9)]
    ),
    "prose": lambda user: "Here are the pairs you asked for: " + proposal(pairs_of(user)),
    "list": lambda user: json.dumps(pairs_of(user)),
    "twofold": lambda user: proposal(pairs_of(user)) * 2,
    "key-twice": lambda user: '{"pairs": [], "pairs": []}',
    "cut-off": lambda user: proposal(pairs_of(user))[:-5],
    "nothing": lambda user: proposal(None),
    "silent": lambda user: "",
    "judge": judging(),
    "judge-of-another": judging(id="q-of-another-pair"),
    "judge-in-words": judging(supported="yes"),
    "judge-terse": lambda user: "true",
    "judge-strict": judging(ambiguous=True),
    "judge-wordy": judging(wordy=True),
    "judge-not-spatial": judging(spatial=False),
}


@dataclass
class _Book:
    """What one model was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)


_BOOKS: dict[str, _Book] = defaultdict(_Book)
_LOCK = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    """One request, one scripted reply."""

    wbufsize = -1  # one packet per reply

    def do_POST(self) -> None:
        _, manner, name, *_ = self.path.split("/")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with _LOCK:
            _BOOKS[name].asked.append(body)
            place = len(_BOOKS[name].asked)
        if manner == "dies-after-1":
            if place > 1:
                self.send_error(401)
                return
            manner = "honest"
        user = body["messages"][-1]["content"]
        text = MANNERS[manner](user if isinstance(user, str) else user[0]["text"])
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        told = {"id": "1", "object": "chat.completion", "model": "tiny", "created": 0, "choices": [choice]}
        self._send({**told, "usage": EXPECTED_USAGE})

    def do_GET(self) -> None:
        self._send(_BOOKS[self.path.split("/")[2]].asked)

    def _send(self, content: object) -> None:
        told = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@dataclass(frozen=True)
class Scripted:
    """One scripted model at a server, with a book of its own."""

    server: str
    manner: str
    book: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def url(self) -> str:
        return f"{self.server}/{self.manner}/{self.book}/v1"

    def asked(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.server}/{self.manner}/{self.book}", timeout=20) as reply:
            found: list[dict[str, Any]] = json.load(reply)
        return found


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, str(Path(__file__))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
