"""Commands in README and docs: which fenced blocks there are, and which of their lines are run.

A block marked ``sh`` is run line by line exactly as it stands, in a folder that holds `demo-out` as
`make demo` leaves it; the blocks of one page share that folder, in order. A block marked ``text`` shows a
synopsis, an output or what needs somebody's model server, and is not run; the options that it names are
checked against the command's parser. A block without a mark is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# An opening fence with its mark and whatever stands up to the closing fence of the same indentation.
_FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```\s*$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: `line` is that of its opening fence, `text` its lines without indentation."""

    page: str
    line: int
    mark: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


class Command(NamedTuple):
    """One command line of a block, with continuation lines joined and without its comment."""

    page: str
    line: int
    text: str


def pages(root: Path) -> list[Path]:
    """README and the pages of docs that users read."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def blocks(root: Path, page: Path) -> Iterator[Block]:
    """The fenced blocks of `page` in order."""
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        indent, mark, body = match.groups()
        lines = [line.removeprefix(indent) for line in body.splitlines()]
        number = text.count("\n", 0, match.start()) + 1
        yield Block(page.relative_to(root).as_posix(), number, mark.strip(), "\n".join(lines))


def commands(block: Block) -> Iterator[Command]:
    """The command lines of an ``sh`` block, but for `make`, which continuous integration runs."""
    pending, first = "", 0
    for offset, line in enumerate(block.text.splitlines(), start=1):
        first = first if pending else block.line + offset
        pending += line.strip()
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        # a comment begins at a number sign between blanks: that of `http://host#model` is none
        command = re.sub(r"(^|\s+)#\s.*$", "", pending).strip()
        pending = ""
        if command and not command.startswith("make "):
            yield Command(block.page, first, command)
