"""Links of the docs site that lead out of docs/: to files of the repository, which the site does not hold.

MkDocs calls the functions by their names; see `hooks` in mkdocs.yml.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
# The same address as in pyproject.toml.
HOME = "https://ctspatialvqa.example"
# A Markdown link to a place of this repository: no scheme, no anchor of the same page.
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_log = logging.getLogger("mkdocs.hooks.docs_links")


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Point links to what the site does not hold at the repository; a missing target is a warning."""
    folder = ROOT / "docs" / PurePosixPath(page.file.src_uri).parent

    def address(match: re.Match[str]) -> str:
        target = (folder / match[1]).resolve()
        if not target.exists() or not target.is_relative_to(ROOT):
            _log.warning("%s links to %s, which does not exist", page.file.src_uri, match[1])
            return match[0]
        if target.is_relative_to(ROOT / "docs") and target.suffix in {".md", ".png"}:
            return match[0]
        return f"]({HOME}/{target.relative_to(ROOT).as_posix()}{match[2] or ''})"

    return _LINK.sub(address, markdown)
