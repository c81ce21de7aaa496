"""SIGTERM ends every command within ten seconds, whatever it is in the middle of."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.demo.study import write_demo_study

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")
MOST_SECONDS = 10.0

# The command with one function replaced by work that never ends: in Python, or in one call into C that
# lets other threads run (a query) and notices nothing.
ENDLESS = """
import sys, sqlite3
import {module} as changed
from CTSpatialVQALib.cli.main import main
def forever(*_, **__):
    print("working", file=sys.stderr, flush=True)
    {work}
changed.{function} = forever
sys.exit(main(sys.argv[1:]))
"""
IN_PYTHON = "n = 0\n    while True: n += 1"
IN_C = (
    "sqlite3.connect(':memory:').execute('WITH RECURSIVE n(x) AS"
    " (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n').fetchone()"
)
# what is replaced: scoring inside `run`, the scores of a report, its statistics, scoring of a file
JOB = "CTSpatialVQALib.cli.demo_job"
RUN = (JOB, "score_answer", ["run", "STUDY", "--out", "OUT", "--backend", "anatomy"])
REPORT = (JOB, "score_answer", ["report", "RUN", "--out", "OUT"])
STATISTICS = ("CTSpatialVQALib.cli.report_from_runs", "analyse", ["report", "RUN", "--out", "OUT"])
SCORE = ("CTSpatialVQALib.cli.score_rows", "score_answer", ["score", "ROWS"])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo_study(tmp_path_factory.mktemp("study"), "tiny")


@pytest.fixture(scope="module")
def finished_run(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished")
    command = ["run", str(study), "--out", str(out), "--backend", "demo-flawed"]
    subprocess.run(
        [sys.executable, "-m", "CTSpatialVQALib.cli.main", *command], check=True, capture_output=True
    )
    return out


@pytest.mark.parametrize("work", [IN_PYTHON, IN_C], ids=["in Python", "in C"])
@pytest.mark.parametrize(
    "what", [RUN, REPORT, STATISTICS, SCORE], ids=["run", "report", "statistics", "score"]
)
def test_endless_work_ends(
    study: Path, finished_run: Path, tmp_path: Path, what: tuple[str, str, list[str]], work: str
) -> None:
    module, function, arguments = what
    rows = tmp_path / "rows.jsonl"
    row = {"id": "1", "question": "Which lung?", "reference": "The left.", "prediction": "The left lung."}
    rows.write_text(json.dumps(row) + "\n", "utf-8")
    places = {"STUDY": study, "RUN": finished_run, "OUT": tmp_path / "out", "ROWS": rows}
    program = ENDLESS.format(module=module, function=function, work=work)
    command = [sys.executable, "-c", program, *(str(places.get(one, one)) for one in arguments)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if line == "working\n":
                break
        time.sleep(0.2)
        asked = time.monotonic()
        os.kill(child.pid, signal.SIGTERM)
        try:
            _, err = child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
        took = time.monotonic() - asked
    assert took < MOST_SECONDS
    assert child.returncode in (1, -signal.SIGTERM, -signal.SIGKILL)
    assert "Traceback" not in err
    log = tmp_path / "out" / "audit.sqlite"
    assert not log.exists() or verify(log).holds
