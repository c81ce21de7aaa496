"""The page of the architecture: its rooms, and the file that each everyday change begins in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from Testing.house.test_import_direction import DIRECT, LIBRARY

# `volumes/image_file.py` or `volumes/image_file.py`: `_source`
PLACE = re.compile(r"`(?P<file>[\w./-]+\.(?:py|toml))`(?:: `(?P<name>\w+)`)?")
FEWEST_CHANGES = 10


class Place(NamedTuple):
    """A file that the page names, and what is to be found in it; '' for the file as such."""

    file: str
    name: str


def page(root: Path) -> str:
    return (root / "docs" / "architecture.md").read_text(encoding="utf-8")


def table(text: str, heading: str) -> list[list[str]]:
    """The rows below the line of column names that begins with `heading`."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def places(cells: list[str]) -> list[Place]:
    return [Place(match["file"], match["name"] or "") for cell in cells for match in PLACE.finditer(cell)]


def fault(root: Path, place: Place) -> str | None:
    """Why a newcomer would not find it there."""
    path = next((p for p in (root / LIBRARY / place.file, root / place.file) if p.is_file()), None)
    if path is None:
        return f"there is no {place.file}"
    if place.name and place.name not in defined(path.read_text(encoding="utf-8")):
        return f"{place.file} defines no {place.name}"
    return None


def defined(source: str) -> set[str]:
    """What a file defines at its top level."""
    return set(_defined(ast.parse(source)))


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_the_page_has_every_room_with_its_question_and_what_it_imports(root: Path) -> None:
    rows = {
        room.strip("`"): (question, set(re.findall(r"`(\w+)`", imports)))
        for room, question, imports in table(page(root), "room")
    }

    assert {room: imports for room, (_, imports) in rows.items()} == DIRECT
    for room, (question, _) in rows.items():
        first = (root / LIBRARY / room / "__init__.py").read_text(encoding="utf-8").splitlines()[0]
        # `What is in the file? Readers of ...` and `What passes from room to room: every type ...`
        assert first.strip('"').replace(":", "?").startswith(question.rstrip("?")), first


def test_every_change_begins_and_goes_on_where_the_page_says(root: Path) -> None:
    rows = table(page(root), "change")
    assert len({row[0] for row in rows}) == len(rows) >= FEWEST_CHANGES

    wrong = [
        f"{row[0]}: {reason}"
        for row in rows
        for place in places(row[1:])
        if (reason := fault(root, place)) is not None
    ]

    assert not wrong, "\n".join(wrong)


def test_every_change_begins_in_a_file_of_its_own_and_has_tests(root: Path) -> None:
    for change, first, _, tests in table(page(root), "change"):
        assert len(places([first])) == 1, change
        assert [place.file for place in places([tests]) if place.file.startswith("Testing/")], change


@pytest.mark.parametrize(
    "place",
    [
        Place("volumes/no_such_file.py", ""),
        Place("volumes/image_file.py", "no_such_name"),
        Place("reading/keys.py", "flow"),  # stands in a function only
    ],
)
def test_a_wrong_place_would_be_found(root: Path, place: Place) -> None:
    assert fault(root, place) is not None


def test_every_decision_has_its_status_and_date(root: Path) -> None:
    undated = [
        path.name
        for path in sorted((root / "docs" / "decisions").glob("*.md"))
        if not re.match(r"(?:Accepted|Superseded), \d{4}-\d\d-\d\d\.", status_line(path))
    ]

    assert not undated, "write `Accepted, YYYY-MM-DD.` below the title"


def status_line(path: Path) -> str:
    """The first line below the title."""
    return next((line for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.strip()), "")
