"""A model named by its repository is found in the hub's own cache, at the commit that lies there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.local_backend import LocalBackend
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract_catalogue import contract_named

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = COMMIT[::-1]
REPOSITORY = "someone/volume"


@pytest.fixture
def cache(tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache with one repository in it, as its client lays it out."""
    home = tmp_path / "hub"
    repository = home / "hub" / "models--someone--volume"
    shutil.copytree(tiny_models / "volume", repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    monkeypatch.setenv("HF_HOME", str(home))
    return repository


def backend_of(repository: str, **options: str) -> LocalBackend:
    return LocalBackend("x", model=repository, contract=contract_named("m3d"), options=dict(options))


def test_the_version_is_the_commit(cache: Path) -> None:
    backend = LocalBackend("x", model=REPOSITORY, contract=None, options={})
    assert backend.version == COMMIT
    assert backend.model.files.folder == cache / "snapshots" / COMMIT
    assert backend.description.startswith(REPOSITORY)
    backend.close()


def test_a_yes_names_the_commit_that_is_run(cache: Path) -> None:
    backend = backend_of(REPOSITORY, trust_remote_code=f"{REPOSITORY}@{COMMIT}")
    assert backend.version == COMMIT
    backend.close()
    unsaid = backend_of(REPOSITORY)
    with pytest.raises(BadInput, match=f"{REPOSITORY}@{COMMIT}"):
        _ = unsaid.version
    unsaid.close()


@pytest.mark.parametrize(
    ("repository", "yes"), [(REPOSITORY, f"{REPOSITORY}@{OTHER}"), ("someone/else", f"someone/else@{COMMIT}")]
)
def test_what_is_not_on_this_machine_is_not_fetched(repository: str, yes: str, cache: Path) -> None:
    backend = backend_of(repository, trust_remote_code=yes)
    with pytest.raises(BadInput, match="offline = false"):
        _ = backend.version
    backend.close()


def test_a_python_without_the_hubs_client_gets_the_line_that_installs_it() -> None:
    python = f"{sys.base_prefix}/bin/python3"
    asked = subprocess.run([python, "-c", "import huggingface_hub"], check=False, capture_output=True)
    if asked.returncode == 0:
        pytest.skip("the system's Python has huggingface_hub")
    backend = LocalBackend("x", model="nobody/nothing", contract=None, options={"python": python})
    with pytest.raises(
        BadInput, match=r"No module named 'huggingface_hub'. Install them: .* -m pip install "
    ):
        _ = backend.version
