"""`python -m CTSpatialVQALib.demo FOLDER`: write the demo study in a process of its own.

A window starts this instead of `write_demo_study`, which would hold it for seconds.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from CTSpatialVQALib.demo.study import write_demo_study
from CTSpatialVQALib.errors import WorkFailed


def main() -> int:
    """Write the study and print a line per patient, then the path of its study file."""
    parser = argparse.ArgumentParser(prog="python -m CTSpatialVQALib.demo", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--size", choices=("tiny", "demo"), default="demo")
    arguments = parser.parse_args()
    try:
        study = write_demo_study(arguments.folder, arguments.size, progress=_say)
    except WorkFailed as error:
        print(error, file=sys.stderr)
        return 1
    _say(str(study))
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
