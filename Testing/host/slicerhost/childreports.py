"""The plugin of the child pytest: hands every report over to the parent (see childtests.py)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from slicerhost.childtests import REPORTS


class _Writer:
    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        with Path(os.environ[REPORTS]).open("a", encoding="utf-8") as reports:
            reports.write(json.dumps(data) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Write reports from now on."""
    config.pluginmanager.register(_Writer(config))
