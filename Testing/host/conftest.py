"""Tests of the host itself run on it, in a process of their own."""

from __future__ import annotations

import sys
from pathlib import Path

HOST = Path(__file__).resolve().parent
if str(HOST) not in sys.path:
    sys.path.insert(0, str(HOST))

from slicerhost import childtests  # noqa: E402  # found through the lines above
from slicerhost.fixtures import *  # noqa: E402, F403
from slicerhost.fixtures import _started_host, _started_qt  # noqa: E402, F401  # what the others need

pytest_runtest_protocol = childtests.protocol_for(Path(__file__).resolve().parent)
