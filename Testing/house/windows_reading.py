"""A study read without a window, by test_windows.py in a process like Windows."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

folder = Path(sys.argv[1])
root = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(root), str(root / "CTSpatialVQA")]

import CTSpatialVQALib  # noqa: E402  # found through the line above

skipped = []
for module in pkgutil.walk_packages(CTSpatialVQALib.__path__, "CTSpatialVQALib."):
    if module.name.endswith(".__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        skipped.append(f"{module.name}: {error}")
print(f"not imported: {skipped}")

from CTSpatialVQASession.reader_session import ReaderSession  # noqa: E402

from CTSpatialVQALib.audit.verify import verify  # noqa: E402
from CTSpatialVQALib.benchmark.study import load_study  # noqa: E402
from CTSpatialVQALib.cli.backend_factory import backends_of  # noqa: E402
from CTSpatialVQALib.cli.demo_job import RunFolder, ask_study  # noqa: E402
from CTSpatialVQALib.cli.main import main  # noqa: E402
from CTSpatialVQALib.demo.study import write_demo_study  # noqa: E402
from CTSpatialVQALib.reading.keys import judgement_of  # noqa: E402

path = write_demo_study(folder, "tiny")
study = load_study(path)
ask_study(study, backends_of(study, ["demo-flawed"]), RunFolder(folder / "run"), study.reading.probes)
session = ReaderSession.for_reader(path, "Prüferin 1")
session.reading.next_unanswered()
case = session.case()
assert case is not None
assert case.mask is not None
session.reading.judge(judgement_of("2", "A"))
log = session.files.log
session.close()
assert verify(log).holds
for export_format in ("csv", "jsonl", "html"):
    target = folder / f"Urteile.{export_format}"
    options = ["--identified"] if export_format == "jsonl" else []
    assert main(["export", str(log), "--format", export_format, "--out", str(target), *options]) == 0
    assert target.stat().st_size > 100
assert main(["verify", str(log)]) == 0
assert main(["check", str(folder / "ct" / "phantom-01.nii.gz")]) == 0
print("read to the end")
