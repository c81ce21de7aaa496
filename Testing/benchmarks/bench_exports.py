"""How fast do exports leave a log? Prints seconds; run it as `python Testing/benchmarks/bench_exports.py`.

Goal: 100,000 verdicts to CSV in less than 5 s. Each reply has one verdict, which makes the most records
that so many verdicts can need. The folders and the page are measured with a fiftieth of that.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench_audit import READER, pair, spent_on

from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.report.dicom_sr import export_dicom_sr
from CTSpatialVQALib.report.errors_folder import export_errors
from CTSpatialVQALib.report.exports import export_csv, export_jsonl
from CTSpatialVQALib.report.inspect_export import export_inspect
from CTSpatialVQALib.report.log_page import export_html

_BATCH = 5000


def write_log(path: Path, verdicts: int) -> None:
    """A reply and a verdict on it, as often as wanted."""
    with AuditLog.open(path, READER) as log:
        for begin in range(0, verdicts, _BATCH):
            pairs = (pair(number) for number in range(begin, min(begin + _BATCH, verdicts)))
            log.append_many([entry for both in pairs for entry in both])


def bench(folder: Path, verdicts: int) -> Iterator[str]:
    """Lines to be printed."""
    big, small, few = folder / "big.sqlite", folder / "small.sqlite", max(verdicts // 50, 6)
    write_log(big, verdicts)
    write_log(small, few)
    for name, export, log, count in (
        ("csv", export_csv, big, verdicts),
        ("jsonl", export_jsonl, big, verdicts),
        ("html", partial(export_html, most=few), small, few),
        ("inspect", export_inspect, small, few),
        ("errors", export_errors, small, few),
        ("dicom-sr", export_dicom_sr, small, few),
    ):
        spent = spent_on(partial(export, log, folder / name))
        yield f"{name}: {count:,} verdicts in {spent.wall_s:.2f} s ({spent.processor_s:.2f} s CPU)"


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: the temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for line in bench(Path(folder), arguments.verdicts):
            print(line, flush=True)


if __name__ == "__main__":
    main()
