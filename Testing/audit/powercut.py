"""What a power cut may leave of a file: everything before its last fsync, and any part of what came after.

A real program runs under strace, which writes down each write, truncation and fsync with its bytes; from that
the states that the disk could have been in are built again.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
FOLDER = "."
_CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,unlink,unlinkat"
_LINE = re.compile(rb"(?:\d+ +)?(\w+)\((.*)\) += (\d+)$")
_QUOTED = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(rb"\d+<([^>]*)>")


class Call(NamedTuple):
    """One call to the system on a file of the log's folder (FOLDER for the folder), or what was `told`."""

    name: str
    file: str
    data: bytes = b""
    number: int = 0


def traced(script: str, log: Path, work: Path) -> list[Call]:
    """The calls on the files of `log` while a Python of its own runs `script` with `log` as its argument."""
    trace = work / "trace"
    command = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={_CALLS}", "-o", str(trace)]
    subprocess.run([*command, sys.executable, "-c", script, str(log)], check=True, stdout=subprocess.PIPE)
    parsed = (_parsed(line, log) for line in trace.read_bytes().splitlines())
    return [call for call in parsed if call is not None]


def _parsed(line: bytes, log: Path) -> Call | None:
    match = _LINE.match(line)
    if match is None:
        return None
    name, arguments, result = match[1].decode(), match[2], int(match[3])
    texts = [bytes.fromhex(one.decode().replace("\\x", "")) for one in _QUOTED.findall(arguments)]
    if name.startswith("unlink"):
        file = texts[0].decode()
    else:
        named = _FILE.match(arguments)
        assert named is not None
        if name == "write" and arguments.startswith(b"1<"):
            return Call("told", "", texts[0])
        file = bytes.fromhex(named[1].decode().replace("\\x", "")).decode()
    if file == str(log.parent):
        return Call(name, FOLDER)
    if not file.startswith(str(log)) or file.endswith("-shm"):
        return None
    number = int(arguments.rsplit(b", ", 1)[1], 0) if name in ("pwrite64", "ftruncate") else 0
    return Call(name, Path(file).name, texts[0][:result] if name in ("write", "pwrite64") else b"", number)


@dataclass
class Disk:
    """What is certainly on the disk, and what was asked of it since."""

    durable: dict[str, bytes] = field(default_factory=dict)
    pending: dict[str, list[Call]] = field(default_factory=dict)

    def take(self, call: Call) -> None:
        """Let one call happen."""
        if call.file == FOLDER:  # what was removed does not come back
            for file in [file for file, calls in self.pending.items() if calls[-1].name.startswith("unlink")]:
                del self.pending[file]
                self.durable.pop(file, None)
        elif call.name in ("fsync", "fdatasync"):
            content = _after(self.durable.get(call.file, b""), self.pending.pop(call.file, []))
            self.durable[call.file] = content or b""
        else:
            self.pending.setdefault(call.file, []).append(call)

    def after_a_power_cut(self, seeded: random.Random, *, samples: int) -> Iterator[dict[str, bytes]]:
        """The files as they may be found: with nothing of what was pending, all of it, or sectors of it."""
        files = self.durable.keys() | self.pending.keys()
        for keep in (0.0, 1.0, *(seeded.random() for _ in range(samples))):
            found: dict[str, bytes] = {}
            for file in sorted(files):
                calls = list(_torn(self.pending.get(file, []), keep, seeded))
                content = _after(self.durable.get(file), calls)
                if content is not None:
                    found[file] = content
            yield found


def _torn(calls: list[Call], keep: float, seeded: random.Random) -> Iterator[Call]:
    for call in calls:
        if call.name != "pwrite64":
            if seeded.random() < keep:
                yield call
            continue
        for begin in range(0, len(call.data), SECTOR):
            if seeded.random() < keep:
                yield call._replace(data=call.data[begin : begin + SECTOR], number=call.number + begin)


def _after(content: bytes | None, calls: list[Call]) -> bytes | None:
    for call in calls:
        if call.name.startswith("unlink"):
            content = None
            continue
        held = bytearray(content or b"")
        if call.name == "ftruncate":
            held = held[: call.number].ljust(call.number, b"\0")
        else:
            held = held.ljust(call.number, b"\0")
            held[call.number : call.number + len(call.data)] = call.data
        content = bytes(held)
    return content
