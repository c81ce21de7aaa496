"""The scripts behind `make` say in one line what is missing, and never stop for what they can do without."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

DEBIAN = "ID=debian\n"
UBUNTU = "ID=ubuntu\nID_LIKE=debian\n"
FEDORA = "ID=fedora\n"


class Ran(NamedTuple):
    """What a script printed, and how it ended."""

    out: str
    err: str
    status: int


def run(root: Path, script: str, argument: str, **environment: str) -> Ran:
    done = subprocess.run(
        ["sh", root / "scripts" / script, argument],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.stdout, done.stderr, done.returncode)


class Machine:
    """A pretended machine: programs that answer as they would there, before the real ones on PATH."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root

    def program(self, name: str, body: str) -> Path:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def packages(self, purpose: str, *, release: str, user: int, installed: tuple[str, ...] = ()) -> Ran:
        (self.folder / "os-release").write_text(release, encoding="utf-8")
        known = " | ".join(("none-at-all", *installed))
        self.program(
            "dpkg-query",
            f'for name; do :; done; case "$name" in {known}) echo installed ;; *) exit 1 ;; esac',
        )
        self.program("id", f"echo {user}")
        self.program("apt-get", f'echo "$@" >> {self.folder}/apt')
        return run(
            self.root,
            "system_packages.sh",
            purpose,
            PATH=f"{self.folder}:{os.environ['PATH']}",
            OS_RELEASE=str(self.folder / "os-release"),
        )

    @property
    def apt_calls(self) -> list[str]:
        log = self.folder / "apt"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


@pytest.fixture
def machine(tmp_path: Path, root: Path) -> Machine:
    return Machine(tmp_path, root)


RENDERING = ("libegl1", "libegl-mesa0", "libgl1", "libgl1-mesa-dri")


def test_complete_machine_is_left_alone(machine: Machine) -> None:
    assert machine.packages("render", release=DEBIAN, user=0, installed=RENDERING) == Ran("", "", 0)
    assert machine.apt_calls == []


def test_root_installs_only_what_is_missing(machine: Machine) -> None:
    ran = machine.packages("render", release=DEBIAN, user=0, installed=RENDERING[:3])

    assert ran == Ran("Installing system packages: libgl1-mesa-dri\n", "", 0)
    assert machine.apt_calls == ["update -qq", "install -y -qq --no-install-recommends libgl1-mesa-dri"]


def test_another_user_is_told_the_one_command(machine: Machine) -> None:
    ran = machine.packages("render", release=DEBIAN, user=1000, installed=RENDERING[1:])

    assert ran.out.endswith("To have them: sudo apt-get install libegl1\n")
    assert ran.status == 0
    assert machine.apt_calls == []


def wanted_by_tests(machine: Machine) -> set[str]:
    said = machine.packages("test", release=DEBIAN, user=1000).out
    return set(said.split("sudo apt-get install ")[1].split())


def test_tests_also_want_browser_and_cmake(machine: Machine) -> None:
    more = {"cmake", "dicom3tools", "strace", "wordnet-base", "xvfb", "chromium", "chromium-driver"}
    assert wanted_by_tests(machine) > more | set(RENDERING)


def test_ubuntu_is_not_given_the_snap(machine: Machine) -> None:
    rest = wanted_by_tests(machine) - {"chromium", "chromium-driver"}
    ran = machine.packages("test", release=UBUNTU, user=1000, installed=tuple(rest))

    assert "chromium package is a snap" in ran.out
    assert "apt-get install" not in ran.out
    assert ran.status == 0


def test_other_systems_go_on(machine: Machine) -> None:
    ran = machine.packages("render", release=FEDORA, user=0)

    assert ran.status == 0
    assert len(ran.out.splitlines()) == 1
    assert machine.apt_calls == []


def test_failed_installation_goes_on_and_says_so(machine: Machine) -> None:
    machine.packages("render", release=DEBIAN, user=1000)
    machine.program("apt-get", "exit 100")
    machine.program("id", "echo 0")

    ran = run(
        machine.root,
        "system_packages.sh",
        "render",
        PATH=f"{machine.folder}:{os.environ['PATH']}",
        OS_RELEASE=str(machine.folder / "os-release"),
    )

    assert ran.status == 0
    assert "could not be installed; going on" in ran.out


def refused(root: Path, python: str) -> str:
    ran = run(root, "environment.sh", "demo", PYTHON=python)
    assert ran.status == 1
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    return ran.err


def test_absent_python_is_named(root: Path) -> None:
    assert "no 'python-of-nowhere' here: install Python 3.11 or later" in refused(root, "python-of-nowhere")


def test_old_python_is_named_with_its_version(machine: Machine) -> None:
    old = machine.program("old-python", 'case "$2" in *version_info*) exit 1 ;; *) echo 3.9.2 ;; esac')

    assert "is 3.9.2, but 3.11 or later is needed" in refused(machine.root, str(old))


def test_python_without_venv_gets_debians_remedy(machine: Machine) -> None:
    bare = machine.program("bare-python", 'case "$2" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac')

    assert "sudo apt-get install python3-venv" in refused(machine.root, str(bare))
