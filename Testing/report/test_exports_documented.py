"""The documentation names the columns and formats that there are."""

from __future__ import annotations

import re
from pathlib import Path

from CTSpatialVQALib.cli.export_command import FORMATS
from CTSpatialVQALib.report.errors_folder import MOST_PICTURES_IN_PAGE
from CTSpatialVQALib.report.log_page import MOST_REPLIES
from CTSpatialVQALib.report.verdict_columns import CSV_COLUMNS


def test_the_table_of_columns_is_the_one_in_the_code(root: Path) -> None:
    text = (root / "docs/exports.md").read_text("utf-8")
    found = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert found == list(CSV_COLUMNS.items())


def test_every_format_has_a_section(root: Path) -> None:
    text = (root / "docs/exports.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)$", text, re.MULTILINE) == [*FORMATS, "--errors"]
    assert f"--format {'|'.join(FORMATS)} " in text


def test_the_numbers_are_those_of_the_code(root: Path) -> None:
    text = (root / "docs/exports.md").read_text("utf-8")
    assert f"first {MOST_REPLIES} judged replies" in text
    assert f"first {MOST_PICTURES_IN_PAGE} of" in text
