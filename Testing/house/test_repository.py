"""What every file of the repository must keep to, wherever it is checked out."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

# `.git` is a file, with a path, in a work tree beside the first one.
NOT_OURS = {".git", "build", "dist", "demo-out", "node_modules", "__pycache__"}
HIDDEN_BUT_OURS = {".ci", ".github"}
TEXT = {
    "", ".cff", ".cfg", ".cmake", ".css", ".csv", ".html", ".j2", ".js", ".json", ".jsonl", ".md", ".py",
    ".s4ext", ".sh", ".svg", ".toml", ".txt", ".typed", ".ui", ".yaml", ".yml",
}  # fmt: skip
# A path of one machine: it starts a word, and names a place that another machine does not have.
ABSOLUTE = re.compile(r"(?<![\w.:/~*}>)-])/(?:work|home|root|Users|opt|mnt)/\w")
# Where packages come from is the user's choice (pip's own settings), never ours.
HOSTS = re.compile(
    r"pypi\.org|python[h]osted|(?:extra-)?index[-_]url\b|trusted[-]host|find[-]links|jfrog[.]io"
)
LONGEST_FILE = 400
# Shorter texts are found by chance: anybody writes "in the anterior segment of the left upper lobe".
FEWEST_WORDS_OF_A_QUESTION = 8
FEWEST_WORDS_OF_AN_ANSWER = 12


def our_files(root: Path) -> Iterator[Path]:
    waiting = [root]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.is_symlink() or path.name in NOT_OURS:
                continue
            if path.is_dir():
                if not path.name.startswith(".") or path.name in HIDDEN_BUT_OURS:
                    waiting.append(path)
            elif path.suffix in TEXT:
                yield path


def python_files(root: Path) -> list[Path]:
    return [path for path in our_files(root) if path.suffix == ".py"]


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in our_files(root)}


def places(texts: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


# Where Debian, and WordNet's own installation, put its data files on every machine.
STANDARD_PLACES = {"CTSpatialVQALib/scoring/wordnet.py"}


def test_no_file_names_a_place_of_one_machine(texts: dict[str, str]) -> None:
    assert not places({name: texts[name] for name in texts.keys() - STANDARD_PLACES}, ABSOLUTE)


def test_no_file_names_a_package_registry(texts: dict[str, str]) -> None:
    assert not places(texts, HOSTS)


@pytest.mark.parametrize(
    "line", ['open("/hom' + 'e/someone/x")', "cd /wor" + "k/main", "see /Users" + "/me/x"]
)
def test_place_of_one_machine_would_be_found(line: str) -> None:
    assert ABSOLUTE.search(line)


def test_library_prints_only_in_the_command_line(root: Path) -> None:
    library = root / "CTSpatialVQALib"
    printing = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in python_files(library)
        if path.relative_to(library).parts[0] != "cli" and path.name != "__main__.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert not printing


def test_every_file_of_the_library_says_what_question_it_answers(root: Path) -> None:
    silent = [
        path.relative_to(root).as_posix()
        for path in python_files(root / "CTSpatialVQALib")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert not silent


def test_no_file_of_code_is_too_long_to_read(root: Path) -> None:
    lengths = {
        path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files(root)
    }

    assert {name: length for name, length in lengths.items() if length >= LONGEST_FILE} == {}


def test_test_files_have_names_of_their_own(root: Path) -> None:
    names = [path.name for path in (root / "Testing").rglob("test_*.py")]

    assert sorted(names) == sorted(set(names))


def words_of(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9]+", text.lower()))


def telling(text: str) -> bool:
    fewest = FEWEST_WORDS_OF_A_QUESTION if text.rstrip().endswith("?") else FEWEST_WORDS_OF_AN_ANSWER
    return len(words_of(text)) >= fewest


def copied_texts(text: str, by_start: dict[tuple[str, ...], list[tuple[str, ...]]]) -> Iterator[str]:
    """The published texts that `text` holds word by word; `by_start` has them by their first words."""
    words = words_of(text)
    for at in range(len(words)):
        for whole in by_start.get(words[at : at + FEWEST_WORDS_OF_A_QUESTION], ()):
            if words[at : at + len(whole)] == whole:
                yield " ".join(whole)


@pytest.mark.real_data
def test_no_text_of_the_public_benchmark_is_in_the_repository(texts: dict[str, str], real_data: Path) -> None:
    """The benchmark's texts come from radiology reports under their own licence; we refer to them by id."""
    benchmark = json.loads(
        (real_data / "benchmark/spatial_qa_filtered_full.json").read_text(encoding="utf-8")
    )
    published = sorted(filter(telling, set(_strings(benchmark))))
    by_start: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for words in map(words_of, published):
        by_start.setdefault(words[:FEWEST_WORDS_OF_A_QUESTION], []).append(words)
    assert len(published) > 1000
    assert list(copied_texts(f"As they ask: {published[0]} Indeed.", by_start))

    copied = [f"{name}: {one}" for name, text in texts.items() for one in copied_texts(text, by_start)]

    assert not copied


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
