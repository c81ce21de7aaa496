"""Which words name which structures, places and sides? The table people edit, made ready for scanning."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from CTSpatialVQALib.errors import BadInput, shown
from CTSpatialVQALib.language.tokens import Spelling, Token
from CTSpatialVQALib.records.structures import structures
from CTSpatialVQALib.resources import resource

Kind = Literal[
    "organ",
    "place",
    "finding",
    "lung",
    "lobe",
    "segment",
    "fissure",
    "side",
    "level",
    "lobe_head",
    "segment_head",
    "vertebra_head",
    "rib_head",
    "costovertebral",
    "fixed",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
BOTH = frozenset({"left", "right"})

_PREFIXES = ("para", "pre", "retro", "supra", "sub", "infra", "peri", "inter", "intra")
_ROW = re.compile(r"\{(\d+)-(\d+)\}")
_KEYS = {"words", "names", "implies", "region", "detail", "midline", "bare", "sides", "level", "levels"}


class Term(NamedTuple):
    """One entry of Resources/anatomy/lexicon.toml.

    names, implies : class names, where `{side}` still stands for left and right
    levels : of a lobe or segment word, `upper`, `middle`, `lower` or `lingula`, the most likely first
    detail : tells where in an organ, so that an answer may leave it out (R14)
    bare : implies its organ only where the text names no other place
    """

    kind: Kind
    names: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    region: str | None = None
    sides: frozenset[str] = frozenset()
    levels: tuple[str, ...] = ()
    detail: bool = False
    midline: bool = False
    bare: bool = False


class Node:
    """A place in the word tree: which words may follow, and what ends here."""

    __slots__ = ("next", "term")

    def __init__(self) -> None:
        self.next: dict[str, Node] = {}
        self.term: Term | None = None


class Lexeme(NamedTuple):
    """An entry found in a text: tokens `first` to `last` (inclusive) and their characters."""

    term: Term
    first: int
    last: int
    start: int
    end: int
    plural: bool


class Lexicon(NamedTuple):
    """The spelling rules and the word tree."""

    spelling: Spelling
    root: Node
    detail_regions: frozenset[str]

    def scan(self, tokens: Sequence[Token]) -> list[Lexeme]:
        """All entries in `tokens`, longest first at each place, none overlapping."""
        found: list[Lexeme] = []
        at, root = 0, self.root.next
        while at < len(tokens):
            lexeme = _longest(self.root, tokens, at) if tokens[at].word in root else None
            if lexeme:
                found.append(lexeme)
            at = lexeme.last + 1 if lexeme else at + 1
        return found


def _longest(root: Node, tokens: Sequence[Token], at: int) -> Lexeme | None:
    node, best, position = root, None, at
    while position < len(tokens):
        word = tokens[position].word
        following = node.next.get(word)
        if following is None:
            if word == "-" and node is not root:
                position += 1
                continue
            break
        node = following
        if node.term is not None:
            best = Lexeme(
                node.term, at, position, tokens[at].start, tokens[position].end, tokens[position].plural
            )
        position += 1
    return best


def expand(names: Sequence[str], sides: frozenset[str] = BOTH) -> tuple[str, ...]:
    """Class names of `names` for `sides`, in the order of the table of structures."""
    return _expand(tuple(names), sides or BOTH)


@cache
def _expand(names: tuple[str, ...], sides: frozenset[str]) -> tuple[str, ...]:
    wanted = {name.replace("{side}", side) for name in names for side in sides}
    return tuple(name for name in structures() if name in wanted)


@cache
def lexicon() -> Lexicon:
    """The lexicon that the product is delivered with."""
    return load_lexicon(resource("anatomy/lexicon.toml"))


def load_lexicon(path: Path) -> Lexicon:
    """Read a lexicon file.

    Raises
    ------
    BadInput
        If it is no TOML, has an unknown section or key, lists a phrase twice, or names nothing that is
        in the table of structures.
    """
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            path, expected="a readable TOML file", came=str(error), remedy="Correct the lexicon"
        ) from error
    spelling = Spelling(data.pop("spelling", {}))
    groups: dict[str, list[str]] = data.pop("groups", {})
    root, details = Node(), set()
    for kind in data:
        if kind not in KINDS:
            raise BadInput(
                path, expected="a known section", came=shown(kind), remedy=f"Use one of {', '.join(KINDS)}"
            )
    for kind in KINDS:
        for entry in data.get(kind, []):
            term = _term(kind, entry, groups, path)
            details |= {term.region} if term.detail and term.region else set()
            for phrase in entry["words"]:
                _plant(root, phrase, term, spelling, path)
    spelling.learn(_words(root))
    return Lexicon(spelling, root, frozenset(details))


def _term(kind: Kind, entry: dict[str, Any], groups: Mapping[str, list[str]], path: Path) -> Term:
    unknown = set(entry) - _KEYS
    if unknown or not entry.get("words"):
        came = f"the key {shown(min(unknown))}" if unknown else "an entry without words"
        raise BadInput(
            f"{path}: [[{kind}]]", expected="known keys and words", came=came, remedy="Correct the entry"
        )
    levels = entry.get("levels") or ([entry["level"]] if "level" in entry else [])
    return Term(
        kind,
        names=_names(entry.get("names", []), groups, path),
        implies=_names(entry.get("implies", []), groups, path),
        region=entry.get("region"),
        sides=frozenset(entry.get("sides", [])),
        levels=tuple(levels),
        detail=bool(entry.get("detail", False)),
        midline=bool(entry.get("midline", False)),
        bare=bool(entry.get("bare", False)),
    )


def _names(written: Sequence[str], groups: Mapping[str, list[str]], path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for one in written:
        for name in groups.get(one.removeprefix("@"), [one]):
            rows = list(_rows(name))
            if not any(expand([row]) for row in rows):
                raise BadInput(
                    path, expected="a structure's name", came=shown(one), remedy="See structures.csv"
                )
            names.extend(rows)
    return tuple(names)


def _rows(name: str) -> Iterator[str]:
    row = _ROW.search(name)
    if row is None:
        yield name
        return
    for number in range(int(row.group(1)), int(row.group(2)) + 1):
        yield name.replace(row.group(), str(number))


def _plant(root: Node, phrase: str, term: Term, spelling: Spelling, path: Path) -> None:
    words = [spelling.of(word) for word in re.split(r"[\s-]+", phrase)]
    for number, variant in enumerate(_variants(words)):
        node = root
        for word in variant:
            node = node.next.setdefault(word, Node())
        if node.term is None:
            node.term = term
        elif number == 0 and node.term != term:
            raise BadInput(
                path, expected="each phrase once", came=shown(phrase), remedy="Remove one of the two"
            )


def _words(node: Node) -> Iterator[str]:
    for word, following in node.next.items():
        yield word
        yield from _words(following)


def _variants(words: Sequence[str]) -> Iterator[list[str]]:
    yield list(words)
    first = words[0]
    for prefix in _PREFIXES:
        if first.startswith(prefix) and len(first) > len(prefix) + 4:
            yield [prefix, first.removeprefix(prefix), *words[1:]]
