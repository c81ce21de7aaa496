"""Count names that say nothing (one, told, found ...) in the library and the module.

Prints the share of them among all names of variables, parameters, functions and classes, the commonest, and
the files that hold most; with --at-most SHARE it fails above that share.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("CTSpatialVQALib", "CTSpatialVQA")
VAGUE = frozenset(
    "one other others found told said given made known wanted asked rest whole here there thing things deed"
    " deeds desk shelf looks ahead straight telling asking wording tidied".split()
)
_MOST_SHOWN = 8


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name that the code gives: parameters, assigned variables, functions and classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name
        else:
            continue
        if name not in ("self", "cls"):
            yield name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-most", type=float, metavar="SHARE", help="fail above this share, e.g. 0.01")
    parser.add_argument("folders", nargs="*", default=FOLDERS, help="default: library and module")
    arguments = parser.parse_args()
    names: Counter[str] = Counter()
    by_file: Counter[str] = Counter()
    for folder in arguments.folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            own = [name.strip("_") for name in names_in(ast.parse(path.read_text(encoding="utf-8")))]
            names.update(own)
            by_file[path.relative_to(ROOT).as_posix()] = sum(name in VAGUE for name in own)
    vague = Counter({name: count for name, count in names.items() if name in VAGUE})
    share = vague.total() / max(names.total(), 1)
    print(f"names that say nothing: {vague.total()} of {names.total()}, {share:.1%}")
    print("  " + ", ".join(f"{name} {count}" for name, count in vague.most_common(_MOST_SHOWN)))
    print("  " + ", ".join(f"{path} {count}" for path, count in by_file.most_common(_MOST_SHOWN) if count))
    return int(arguments.at_most is not None and share > arguments.at_most)


if __name__ == "__main__":
    sys.exit(main())
