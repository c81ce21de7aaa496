"""How fast are questions about pictures asked? Against the server's ceiling and inspect_ai, in one run.

    python Testing/benchmarks/bench_asking.py [--inspect PYTHON] [--questions N] [--in-flight N]

1000 questions about 8 PNG slices of 512 x 512, about one megabyte each, 32 at a time, to a server of its own
process that reads each request whole and replies after 50 ms. Compared are the server's ceiling (in flight
divided by the delay), a client that only writes prepared bytes into sockets, requests with everything encoded
anew for each question, and inspect_ai with and without image logging, if PYTHON (default: this one) has
it. Each client runs in a process of its own, so that its memory and processor time are its own.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import requests
import SimpleITK as sitk

from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.consent import nobody_consented
from CTSpatialVQALib.backends.openai_backend import OpenAIBackend
from CTSpatialVQALib.imaging.contract import Contract
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract
from CTSpatialVQALib.imaging.png import as_pngs
from CTSpatialVQALib.records.case import Case
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import Outcome, Probe

SLICES, SIDE = 8, 512
ROUNDS = 3  # the best counts: a machine that is shared only slows
TEXT = "Which lobe of the lung holds the nodule, number {number}?"


class Work(NamedTuple):
    """What a client is to do."""

    url: str
    questions: int
    in_flight: int
    folder: str


class Measured(NamedTuple):
    """What it took: seconds by the clock, seconds of the processor, memory, and bytes left on disk."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    answered: int
    log_mb: float = 0.0


# --- the server


class Replies(asyncio.Protocol):
    """Reads requests whole, replies to each after a delay; several after one another on a connection."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._missing = 0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            head, found, rest = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            length = next(
                int(line.partition(b":")[2])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            )
            self._head, self._missing = b"", length - len(rest)
        if self._missing == 0:
            asyncio.get_running_loop().call_later(self._delay_s, self._reply)

    def _reply(self) -> None:
        self._transport.write(REPLY)  # type: ignore[attr-defined]


def _reply() -> bytes:
    message = {"role": "assistant", "content": "left upper lobe"}
    usage = {"prompt_tokens": 2100, "completion_tokens": 4, "total_tokens": 2104}
    body = json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": usage,
        }
    ).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


REPLY = _reply()


async def serve(delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Replies(delay_s), "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def served(delay_ms: int) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(delay_ms)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.terminate()
        process.wait()


# --- the clients, each in a process of its own


def contract() -> Contract:
    return slices_contract(
        SliceOptions(count=SLICES, size=SIDE, windows=("mediastinum",), side_letters=False)
    )


def write_ct(path: Path) -> None:
    """Slices that pack about as well as those of a CT."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[-1:1:512j, -1:1:512j]
    body = np.where(rows**2 + columns**2 < 0.8, 40.0, -1000.0)
    hu = body + rng.normal(0, 6, (SLICES, SIDE, SIDE)) * (body > 0)
    image = sitk.GetImageFromArray(hu.astype(np.int16))
    image.SetSpacing((0.75, 0.75, 0.75))
    sitk.WriteImage(image, str(path), useCompression=True, compressionLevel=1)


def case_of(work: Work) -> CaseData:
    return CaseData(Case(case_id="c", patient_id="p", ct=Path(work.folder) / "ct.nii.gz"))


def question(number: int) -> Question:
    return Question(question_id=f"q{number}", case_id="c", text=TEXT.format(number=number), reference="left")


def asked_by_us(work: Work) -> Callable[[], int]:
    backend = OpenAIBackend(
        "us",
        url=work.url,
        model="m",
        contract=contract(),
        key=None,
        options={"in_flight": work.in_flight},
        consent=nobody_consented,
    )
    case = case_of(work)
    questions = [question(number) for number in range(work.questions)]

    def ask_all() -> int:
        with ThreadPoolExecutor(work.in_flight) as pool:
            answers = pool.map(lambda one: backend.ask(one, case, Probe.FULL), questions)
            return sum(answer.outcome is Outcome.ANSWERED for answer in answers)

    return ask_all


def asked_anew(work: Work) -> Callable[[], int]:
    """Plain requests: slices encoded, and the request put together, for each question."""
    case, here = case_of(work), threading.local()
    prepared = case.shown(contract(), Probe.FULL, question(0))

    def ask(number: int) -> bool:
        if not hasattr(here, "session"):
            here.session = requests.Session()
        urls = [f"data:image/png;base64,{base64.b64encode(png).decode()}" for png in as_pngs(prepared)]
        parts: list[object] = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        parts.append({"type": "text", "text": TEXT.format(number=number)})
        sent = {"model": "m", "messages": [{"role": "user", "content": parts}]}
        reply = here.session.post(f"{work.url}/chat/completions", json=sent, timeout=60)
        return bool(reply.json()["choices"][0]["message"]["content"])

    def ask_all() -> int:
        with ThreadPoolExecutor(work.in_flight) as pool:
            return sum(pool.map(ask, range(work.questions)))

    return ask_all


def written_only(work: Work) -> Callable[[], int]:
    """The same bytes into sockets, nothing else: what threads can reach on this machine."""
    case = case_of(work)
    size = sum(len(base64.b64encode(png)) for png in as_pngs(case.shown(contract(), Probe.FULL, question(0))))
    host, _, port = work.url.removeprefix("http://").removesuffix("/v1").partition(":")
    sent = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size + b" " * size

    def write(count: int) -> int:
        with socket.create_connection((host, int(port))) as connection:
            for _ in range(count):
                connection.sendall(sent)
                connection.recv(65_536)
        return count

    def write_all() -> int:
        with ThreadPoolExecutor(work.in_flight) as pool:
            return sum(pool.map(write, [work.questions // work.in_flight] * work.in_flight))

    return write_all


INSPECT = """
import json, resource, sys, time
from pathlib import Path
url, questions, in_flight, folder, images = sys.argv[1:]
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser, ContentImage, ContentText
from inspect_ai.solver import generate
pictures = [ContentImage(image=str(path)) for path in sorted(Path(folder).glob("*.png"))]
text = "Which lobe of the lung holds the nodule, number {number}?"
samples = [
    Sample(input=[ChatMessageUser(content=[*pictures, ContentText(text=text.format(number=n))])])
    for n in range(int(questions))
]
wall, cpu = time.perf_counter(), time.process_time()
(log,) = eval(
    Task(dataset=MemoryDataset(samples), solver=generate()),
    model="openai-api/local/m", model_base_url=url, model_args={"api_key": "none"},
    max_connections=int(in_flight), max_samples=int(in_flight), log_images=images == "yes",
    log_dir=folder + "/log-" + images, display="none", temperature=0, max_tokens=512,
)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
logs = [path for path in Path(folder + "/log-" + images).rglob("*") if path.is_file()]
written = sum(path.stat().st_size for path in logs) / 1e6
answered = sum(bool(sample.output.completion) for sample in log.samples or [])
print(json.dumps([wall, cpu, peak, answered, written]))
"""

CLIENTS: dict[str, Callable[[Work], Callable[[], int]]] = {
    "us": asked_by_us,
    "anew": asked_anew,
    "written": written_only,
}


def measured(client: str, work: Work) -> Measured:
    """Run a client and measure it. Reading the CT and encoding its pictures counts."""
    ask_all = CLIENTS[client](work)
    wall, cpu = time.perf_counter(), time.process_time()
    answered = ask_all()
    return Measured(
        time.perf_counter() - wall,
        time.process_time() - cpu,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        answered,
    )


def in_its_process(command: list[str]) -> Measured | None:
    """The measurement that the command prints last, or None if it cannot run."""
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        print(f"  {command[0]}: {said.strip().splitlines()[-1]}")
        return None
    return Measured(*json.loads(done.stdout.strip().splitlines()[-1]))


def row(what: str, found: Measured, ceiling: float) -> float:
    rate = found.answered / found.wall_s
    log = f", {found.log_mb:.0f} MB log" if found.log_mb else ""
    print(
        f"{what:34} {rate:6.0f}/s {rate / ceiling:5.2f} of the ceiling, "
        f"{found.cpu_s / max(found.answered, 1) * 1000:5.1f} ms cpu each, {found.peak_mb:5.0f} MB{log}"
    )
    return rate


def compare(work: Work, ceiling: float, inspect_python: str, inspect_questions: int) -> None:
    own = [sys.executable, __file__, "--client"]
    rates: dict[str, float] = {}
    for client, what in (("written", "bytes into sockets"), ("us", "this product"), ("anew", "encoded anew")):
        for _ in range(ROUNDS if client != "anew" else 1):
            found = in_its_process([*own, client, *map(str, work)])
            if found is not None:
                rates[client] = max(rates.get(client, 0.0), row(what, found, ceiling))
    few = work._replace(questions=inspect_questions)
    for images, what in (("no", "inspect_ai without image logging"), ("yes", "inspect_ai as it comes")):
        found = in_its_process([inspect_python, "-c", INSPECT, *map(str, few), images])
        if found is None:
            print(f"{what}: not compared, {inspect_python} cannot run it (pip install inspect_ai openai)")
            continue
        rate = row(what, found, ceiling)
        print(f"  this product: {rates['us'] / rate:.1f} x")
    best = rates["us"]
    print(
        f"this product: {best / ceiling:.2f} of the ceiling, "
        f"{best / rates['written']:.2f} of bytes into sockets"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--delay-ms", type=int, default=50)
    parser.add_argument("--inspect", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--inspect-questions", type=int, default=200, help="fewer, it is slow; rates compare")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--client", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        asyncio.run(serve(given.serve / 1000))
        return
    if given.client:
        client, url, questions, in_flight, folder = given.client
        print(json.dumps(measured(client, Work(url, int(questions), int(in_flight), folder))))
        return
    with tempfile.TemporaryDirectory() as folder, served(given.delay_ms) as url:
        write_ct(Path(folder) / "ct.nii.gz")
        work = Work(url, given.questions, given.in_flight, folder)
        prepared = case_of(work).shown(contract(), Probe.FULL, question(0))
        pngs = as_pngs(prepared)
        for number, png in enumerate(pngs):
            (Path(folder) / f"{number}.png").write_bytes(png)
        ceiling = given.in_flight / (given.delay_ms / 1000)
        body = sum(map(len, pngs)) / 3 * 4 / 1e6
        print(f"{given.questions} questions, {given.in_flight} at a time, {body:.1f} MB each; ", end="")
        print(f"the server's ceiling is {ceiling:.0f}/s, the machine's load {os.getloadavg()[0]:.1f}")
        compare(work, ceiling, given.inspect, given.inspect_questions)


if __name__ == "__main__":
    main()
