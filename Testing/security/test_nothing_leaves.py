"""Without recorded consent no connection is made to another machine, whatever a name or a server says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

UNSHARE = ["unshare", "--map-root-user", "--net", "--mount"]


def can_unshare() -> bool:
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    return (
        subprocess.run(
            [*UNSHARE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False
        ).returncode
        == 0
    )


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory, root: Path) -> dict[str, dict[str, Any]]:
    if not can_unshare():
        pytest.skip("no network namespace can be made here")
    folder = tmp_path_factory.mktemp("network")
    command = [*UNSHARE, sys.executable, "-m", "Testing.security.other_machine", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return {line["case"]: line for line in map(json.loads, done.stdout.splitlines())}


def test_without_consent_nothing_reaches_another_machine(cases: dict[str, dict[str, Any]]) -> None:
    asked = {name: case for name, case in cases.items() if not name.startswith("consented")}
    assert len(asked) > 30
    assert {name: case["connections"] for name, case in asked.items() if case["connections"]} == {}
    for name, case in asked.items():
        if name != "redirected":
            assert case["says"], case  # it names the option that would let it go there
        assert "Traceback" not in case["told"]


def test_with_consent_it_does(cases: dict[str, dict[str, Any]]) -> None:
    agreed = {name: case for name, case in cases.items() if name.startswith("consented")}
    assert len(agreed) == 6
    assert {name: case["told"] for name, case in agreed.items() if not case["connections"]} == {}
