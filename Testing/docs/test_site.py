"""The docs site: it is built, nothing leads nowhere, and nothing is loaded from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _build(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(root / "mkdocs.yml")]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what the site is made of and of what it links to."""
    for name in ("docs", "scripts", "Resources", "CTSpatialVQALib", "Testing/docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("mkdocs.yml", "README.md", "CHANGELOG.md", "LICENSE.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_site_is_built_with_the_tutorial_before_all_other_pages(repository: Path) -> None:
    built = _build(repository)
    assert built.returncode == 0, built.stderr
    page = (repository / "build/site/index.html").read_text("utf-8")
    assert page.index("tutorial.html") < page.index("study-file.html")
    for html in (repository / "build/site").glob("*.html"):
        loaded = re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(https?:[^"]+)', html.read_text("utf-8"))
        assert [url for url in loaded if "canonical" not in url] == [], html.name


@pytest.mark.parametrize("link", ["no-such-page.md", "../no-such-file.py", "report.md#no-such-heading"])
def test_a_link_that_leads_nowhere_is_an_error(repository: Path, link: str) -> None:
    with (repository / "docs/log.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[broken]({link})\n")
    built = _build(repository)
    assert built.returncode != 0
    assert link.split("#")[-1].removeprefix("../") in built.stderr
