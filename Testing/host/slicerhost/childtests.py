"""Tests of the host in a process of their own: Qt and MRML cannot be started twice, nor undone.

The tests of a folder run in one child pytest; its reports are shown by the parent as if they had been its
own (names, skips, failures, -k). A test file therefore imports nothing of the host at its top.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

REPORTS = "CTSPATIALVQA_HOST_REPORTS"  # in the child: the file that takes the reports
TIME_LIMIT_S = 900.0  # only against a hang: a loaded machine takes its time
HOST = Path(__file__).resolve().parents[1]
Reports = dict[str, list[pytest.TestReport]]
_done: dict[Path, Reports] = {}


def in_child() -> bool:
    """Whether this process is such a child."""
    return REPORTS in os.environ


def protocol_for(folder: Path) -> Callable[[pytest.Item, pytest.Item | None], bool | None]:
    """`pytest_runtest_protocol` for a conftest: files below `folder` run in a child."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if in_child() or folder not in item.path.parents:
            return None
        if folder not in _done:
            mine = [item for item in item.session.items if folder in item.path.parents]
            _done[folder] = _run(item.config, mine)
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in _done[folder][item.nodeid]:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    return pytest_runtest_protocol


def _run(config: pytest.Config, items: list[pytest.Item]) -> Reports:
    with tempfile.TemporaryDirectory(prefix="host-tests-") as folder:
        reports, output = Path(folder) / "reports", Path(folder) / "output"
        reports.touch()
        code = _child(config.rootpath, items, reports, output)
        reports_of: Reports = defaultdict(list)
        for line in reports.read_text(encoding="utf-8").splitlines():
            report = config.hook.pytest_report_from_serializable(config=config, data=json.loads(line))
            if isinstance(report.longrepr, list):  # a skip's place and reason, which JSON made a list
                report.longrepr = tuple(report.longrepr)
            reports_of[report.nodeid].append(report)
        tail = output.read_text(encoding="utf-8", errors="replace")[-3000:]
    complete = [
        item for item in items if any(report.when == "teardown" for report in reports_of[item.nodeid])
    ]
    broken = [item for item in items if item not in complete] or (items[-1:] if code not in (0, 1) else [])
    for item in broken:
        reports_of[item.nodeid].append(_crashed(item, f"the host's process ended with {code}\n{tail}"))
    return reports_of


def _child(root: Path, items: list[pytest.Item], reports: Path, output: Path) -> int | str:
    path = os.pathsep.join(filter(None, [str(HOST), os.environ.get("PYTHONPATH", "")]))
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, REPORTS: str(reports), "PYTHONPATH": path}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "slicerhost.childreports",
    ]
    command += ["--rootdir", str(root)]
    with output.open("wb") as stream:
        try:
            return subprocess.run(
                [*command, *(item.nodeid for item in items)],
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=TIME_LIMIT_S,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return f"no end within {TIME_LIMIT_S:.0f} s"


def _crashed(item: pytest.Item, why: str) -> pytest.TestReport:
    return pytest.TestReport(item.nodeid, item.location, {}, "failed", why, "call")
