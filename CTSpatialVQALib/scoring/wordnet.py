"""Where is WordNet 3.0 on this machine? METEOR counts synonyms, so another WordNet gives other numbers.

NLTK would fetch its own copy from the network. Debian's package `wordnet-base` (and every installation of
Princeton's WordNet 3.0) holds the same data files in `dict`; only the table of lexicographer files, which
NLTK wants beside them, is missing there and is supplied here.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from CTSpatialVQALib.errors import WorkFailed

if TYPE_CHECKING:
    from nltk.corpus import WordNetCorpusReader

VERSION = "3.0"
FOLDER_VARIABLE = "WNSEARCHDIR"  # WordNet's own name for it

_USUAL = ("/usr/share/wordnet", "/usr/share/wordnet-3.0", "/usr/local/WordNet-3.0/dict")
_NEEDED = tuple(
    f"{kind}.{part}" for kind in ("data", "index") for part in ("adj", "adv", "noun", "verb")
) + tuple(f"{part}.exc" for part in ("adj", "adv", "noun", "verb"))
_COPYRIGHT = re.compile(rb"Word[nN]et (\d+\.\d+) Copyright")

# lexnames(5WN) of WordNet 3.0: number, name, part of speech (1 noun, 2 verb, 3 adjective, 4 adverb).
_ADJECTIVES_AND_ADVERBS = ("adj.all 3", "adj.pert 3", "adv.all 4")
_NOUNS = (
    "Tops act animal artifact attribute body cognition communication event feeling food group location"
    " motive object person phenomenon plant possession process quantity relation shape state substance time"
)
_VERBS = (
    "body change cognition communication competition consumption contact creation emotion motion perception"
    " possession social stative weather"
)


def wordnet_folder() -> Path | None:
    """The first folder with all data files of WordNet 3.0, or None.

    The folder in the environment variable WNSEARCHDIR comes first, then Debian's and WordNet's own.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    for folder in (*((named,) if named else ()), *_USUAL):
        path = Path(folder)
        if all((path / name).is_file() for name in _NEEDED) and _version(path) == VERSION:
            return path
    return None


def lexnames() -> str:
    """The table of the 45 lexicographer files, as NLTK reads it."""
    rows = (
        *_ADJECTIVES_AND_ADVERBS,
        *(f"noun.{name} 1" for name in _NOUNS.split()),
        *(f"verb.{name} 2" for name in _VERBS.split()),
        "adj.ppl 3",
    )
    return "".join(f"{number:02d} {row}\n" for number, row in enumerate(rows))


@cache
def read_wordnet(folder: Path) -> WordNetCorpusReader:
    """NLTK's reader of the WordNet in `folder`; it takes a second or two and is kept.

    Raises
    ------
    WorkFailed
        If NLTK cannot read the files.
    """
    import nltk.data
    from nltk.corpus import WordNetCorpusReader

    # NLTK opens files below its data folders only, and reads WordNet's as they are needed.
    if str(folder) not in nltk.data.path:
        nltk.data.path.append(str(folder))

    class _Reader(WordNetCorpusReader):  # type: ignore[misc]  # NLTK ships no types
        def open(self, file: str) -> io.TextIOBase:
            found: io.TextIOBase = io.StringIO(lexnames()) if file == "lexnames" else super().open(file)
            return found

        def map_wn(self, version: str = "wordnet") -> None:
            """No map to another WordNet: it serves the multilingual files only, and is not installed."""

    try:
        with warnings.catch_warnings():
            # said for every WordNet without the multilingual files, which METEOR does not use
            warnings.filterwarnings("ignore", message="The multilingual functions are not available")
            return _Reader(str(folder), None)
    except (OSError, LookupError, ValueError) as error:
        raise WorkFailed(f"{folder}: WordNet could not be read: {error}") from error


def _version(folder: Path) -> str:
    with (folder / "data.adj").open("rb") as stream:
        found = _COPYRIGHT.search(stream.read(4096))
    return found.group(1).decode("ascii") if found else ""
