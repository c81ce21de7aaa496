"""Write CTSpatialVQALib/FileLists.cmake: what Slicer's build copies, and nothing else is installed.

It needs no more than Python, so that it runs before any environment is made.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "CTSpatialVQALib" / "FileLists.cmake"


def file_lists(root: Path = ROOT) -> str:
    """The text of FileLists.cmake for the tree at `root`."""
    library, resources = root / "CTSpatialVQALib", root / "Resources"
    scripts = _below(library, [path for path in library.rglob("*.py")])
    others = _below(resources, [path for path in resources.rglob("*") if path.is_file()])
    return "\n".join(
        [
            "# Written by scripts/write_cmake_lists.py; run `make lists` after adding or removing a file.",
            _cmake_set("LIBRARY_SCRIPTS", scripts),
            _cmake_set("RESOURCE_FILES", others),
            "",
        ]
    )


def _below(folder: Path, paths: list[Path]) -> list[str]:
    inside = [path.relative_to(folder) for path in paths]
    return sorted(
        path.as_posix()
        for path in inside
        if not any(part.startswith((".", "__pycache__")) for part in path.parts)
    )


def _cmake_set(name: str, entries: list[str]) -> str:
    return "\n".join([f"set({name}", *(f"  {entry}" for entry in entries), "  )"])


def main() -> None:
    TARGET.write_text(file_lists(), encoding="utf-8", newline="\n")
    print(f"{TARGET.relative_to(ROOT)} is current.")


if __name__ == "__main__":
    main()
