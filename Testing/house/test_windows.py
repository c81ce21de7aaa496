"""Reading on Windows, as far as it can be imitated elsewhere; the rest is in docs/slicer-checklist.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from CTSpatialVQALib import files, processes
from CTSpatialVQALib.benchmark.study import load_study
from CTSpatialVQALib.errors import BadInput, WorkFailed

FOLDER = Path(__file__).resolve().parent
LONG = 250  # characters of a path; Windows ends it at 260


def long_folder(parent: Path) -> Path:
    """A folder with blanks and umlauts, and a name so long that paths in it have about 250 characters."""
    folder = parent / "Eigene Dateien" / "Prüfung größerer Fälle"
    room = LONG - len(str(folder)) - len("/readings/study-Prüferin_1.sqlite-journal") - 1
    return folder / ("Ü" * min(room, 120)) if room > 0 else folder


def test_everything_is_imported_and_a_study_is_read_without_what_only_posix_has(tmp_path: Path) -> None:
    folder = long_folder(tmp_path)
    ended = subprocess.run(
        [sys.executable, FOLDER / "windows_process.py", FOLDER / "windows_reading.py", folder],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "read to the end" in ended.stdout
    missing = ended.stdout.partition("not imported: ")[2].splitlines()[0]
    assert not any(name in missing for name in ("fcntl", "termios", "pwd", "resource"))
    assert len(str(folder / "readings" / "study-Prüferin_1.sqlite")) > 200


def open_elsewhere(monkeypatch: pytest.MonkeyPatch, refusals: int) -> list[Path]:
    """As where another program has the target open: `os.replace` is refused so many times."""
    tries: list[Path] = []
    replace = os.replace

    def refused(source: Path, target: Path) -> None:
        tries.append(Path(target))
        if len(tries) <= refusals:
            raise PermissionError(13, "The process cannot access the file because it is being used")
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", refused)
    monkeypatch.setattr(files.time, "sleep", lambda _seconds: None)
    return tries


def test_file_that_is_open_for_a_moment_is_replaced_after_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "masks.json"
    target.write_text("old")
    tries = open_elsewhere(monkeypatch, 4)
    files.write_text(target, "new")

    assert target.read_text() == "new"
    assert len(tries) == 5


def test_file_that_stays_open_is_named_and_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "masks.json"
    target.write_text("old")
    open_elsewhere(monkeypatch, 1000)
    with pytest.raises(WorkFailed, match=r"masks\.json: could not be replaced, another program has it open"):
        files.write_text(target, "new")

    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["masks.json"]


def test_folder_without_permission_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = open_elsewhere(monkeypatch, 1000)
    with pytest.raises(WorkFailed, match="could not be written"):
        files.write_text(tmp_path / "new.json", "x")  # nothing stands there that could be open
    assert len(tries) == 1


def test_empty_folder_gives_way_to_an_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to rename over a folder, even an empty one."""
    from CTSpatialVQALib.report.whole_folder import folder_written_whole

    replace = Path.replace

    def refused(source: Path, target: Path) -> Path:
        if target.exists():
            raise PermissionError(13, "Access is denied")
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", refused)
    target = tmp_path / "export"
    target.mkdir()
    with folder_written_whole(target) as folder:
        (folder / "a.txt").write_text("a")
    assert (target / "a.txt").read_text() == "a"


def run_cli(encoding: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "CTSpatialVQALib.cli.main", *arguments],
        capture_output=True,
        cwd=FOLDER.parents[1],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        timeout=120,
        check=False,
    )


HARD = "≥ 5 mm größer → rechts? 結節 🫁"


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_console_of_another_code_page_ends_nothing(encoding: str) -> None:
    shown = run_cli(encoding, "ground", f"{HARD} In the right lung.")
    assert shown.returncode == 0, shown.stderr
    refused = run_cli(encoding, "check", f"/nirgendwo/{HARD}.nii.gz")
    assert refused.returncode == 2
    assert b"Traceback" not in refused.stderr
    told = run_cli(encoding, "claims", f"{HARD} The nodule is in the right lung.", "--json")
    assert told.returncode == 0
    json.loads(told.stdout.decode("ascii"))


def test_children_write_utf8_whatever_the_code_page_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    command = processes.python_command("CTSpatialVQALib.cli.main", "claims", HARD + " left lung", "--json")
    with processes.ChildProcess(command, environment=processes.library_environment()) as child:
        end = time.monotonic() + 60
        while child.exit_code is None and time.monotonic() < end:
            time.sleep(0.05)
        assert child.exit_code == 0, child.said()
        assert "\ufffd" not in "".join(child.lines())


TASKKILL = """#!{python}
# ends a process and all it started, by parent ids, as Windows' own does
import os, signal, sys
arguments = sys.argv[1:]
assert "/T" in arguments and "/F" in arguments, arguments
waiting = [int(arguments[arguments.index("/PID") + 1])]
parents = {{}}
for name in os.listdir("/proc"):
    if name.isdigit():
        try:
            fields = open(f"/proc/{{name}}/stat").read().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(name))
while waiting:
    pid = waiting.pop()
    waiting += parents.get(pid, [])
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""

TREE = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="parents are read from /proc")
def test_tree_of_processes_is_ended_by_taskkill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "taskkill"
    program.write_text(TASKKILL.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with processes.ChildProcess([sys.executable, "-u", "-c", TREE]) as child:
        lines: tuple[str, ...] = ()
        end = time.monotonic() + 60
        while not lines and time.monotonic() < end:
            lines = child.lines()
            time.sleep(0.02)
        grandchild = int(lines[0])
        assert alive(grandchild)
        with monkeypatch.context() as windows:
            windows.setattr(processes.sys, "platform", "win32")
            child.cancel()
        while (alive(grandchild) or child.exit_code is None) and time.monotonic() < end:
            time.sleep(0.02)
        assert not alive(grandchild)
        assert child.exit_code is not None


def test_without_taskkill_the_program_itself_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with processes.ChildProcess([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
        monkeypatch.setenv("PATH", str(tmp_path))
        with monkeypatch.context() as windows:
            windows.setattr(processes.sys, "platform", "win32")
            child.cancel()
        end = time.monotonic() + 60
        while child.exit_code is None and time.monotonic() < end:
            time.sleep(0.02)
        assert child.exit_code is not None


def study_with(folder: Path, ct: str, roots: tuple[str, ...] = ()) -> Path:
    (folder / "q.jsonl").write_text(
        '{"question_id": "q", "case_id": "c", "text": "Is the spleen on the left?", "reference": ""}\n'
    )
    study = folder / "study.toml"
    study.write_text(
        f'[study]\nid = "s"\ntitle = "S"\ndata_roots = {json.dumps(list(roots))}\n'
        f'[[cases]]\nid = "c"\nct = {json.dumps(ct)}\n[[questions]]\npath = "q.jsonl"\n'
    )
    return study


@pytest.mark.skipif(os.name == "nt", reason="there a drive letter is a path")
@pytest.mark.parametrize("ct", ["D:\\Daten\\ct.nii.gz", "d:/data/ct.nii.gz"])
def test_drive_letters_of_another_computer_are_told(tmp_path: Path, ct: str) -> None:
    with pytest.raises(BadInput, match=r"one with a Windows drive.*Write where the file lies"):
        load_study(study_with(tmp_path, ct))


@pytest.mark.parametrize(
    "path", ["\\\\server\\share\\ct.nii.gz", "\\\\?\\UNC\\server\\share\\x", "\\\\.\\pipe\\x"]
)
def test_paths_on_other_machines_are_refused_before_anything_is_contacted(tmp_path: Path, path: str) -> None:
    for study in (study_with(tmp_path, path), study_with(tmp_path, "ct.nii.gz", (path,))):
        with pytest.raises(BadInput, match=r"one on another machine.*drive letter"):
            load_study(study)


def test_backslashes_in_a_study_lead_nowhere_unseen(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="a path"):
        load_study(study_with(tmp_path, "..\\..\\secret.nii.gz"))
