"""The checklist that a person runs in Slicer holds on the host too: the same script, every line."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.opengl
def test_every_line_of_the_checklist_holds(
    play: Any, slicer_views: Any, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play.start(beside_views=True)
    names = runpy.run_path(str(root / "docs" / "slicer_checklist.py"))

    report = names["checklist_report"]
    assert report.failed == 0, "\n".join(report.lines)
    skipped = [line for line in report.lines if line.startswith("skip")]
    assert all(line.startswith(("skip  open file", "skip  sample")) for line in skipped), skipped
    sent = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Send this"))
    text = Path(sent.removeprefix("Send this file back: ")).read_text(encoding="utf-8")
    assert f"{len(names['STEPS'])} checks, 0 failed" in text


def test_a_line_that_does_not_hold_is_reported_and_the_next_goes_on(root: Path, play: Any) -> None:
    text = (root / "docs" / "slicer_checklist.py").read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "checklist"}
    exec(compile(text.rpartition("\n\nchecklist_report")[0], "slicer_checklist.py", "exec"), names)
    report = names["Report"]()

    def fails() -> None:
        raise AssertionError("the panel changed its width")

    report.check("width", fails)
    report.check("next", lambda: "3 of 3")
    assert report.failed == 1
    assert report.lines[1].startswith("FAIL  width: AssertionError: the panel changed its width")
    assert report.lines[3] == "ok    next: 3 of 3"
