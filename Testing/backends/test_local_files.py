"""Which model it is: the version of its files, and what a yes to its code covers."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from CTSpatialVQALib.backends import local_files
from CTSpatialVQALib.backends.local_backend import LocalBackend
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract_catalogue import contract_named

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "someone/model"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files as a model has them, without meaning."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(
        json.dumps({"model_type": "x", "auto_map": {"AutoModelForCausalLM": "code.Model"}})
    )
    (folder / "code.py").write_text("class Model: ...\n")
    (folder / "model.safetensors").write_bytes(random.Random(0).randbytes(3_000_000))
    return folder


def changed(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["config.json", "code.py", "model.safetensors"])
@pytest.mark.parametrize("at", [0, -1])
def test_another_content_is_another_version(folder: Path, name: str, at: int) -> None:
    before = local_files.folder_version(folder)
    assert local_files.folder_version(folder) == before
    changed(folder / name, at)
    assert local_files.folder_version(folder) != before


def test_where_a_model_lies_and_what_is_hidden_do_not_change_its_version(folder: Path) -> None:
    before = local_files.folder_version(folder)
    (folder / ".cache").mkdir()
    (folder / ".cache" / "x").write_text("x")
    assert local_files.folder_version(folder.rename(folder.with_name("moved"))) == before


@pytest.mark.parametrize(
    "yes", [REPOSITORY, f"{REPOSITORY}@main", f"{REPOSITORY}@{COMMIT[:12]}", f"someone/else@{COMMIT}"]
)
def test_a_yes_to_a_repository_names_it_and_a_full_commit(yes: str) -> None:
    options = {"trust_remote_code": yes}
    with pytest.raises(BadInput, match="a commit of 40 hexadecimal digits"):
        LocalBackend("x", model=REPOSITORY, contract=contract_named("m3d"), options=options)


def test_a_yes_is_for_the_commit_that_lies_here(folder: Path) -> None:
    here = folder.rename(folder.with_name(COMMIT))
    files = local_files.from_snapshot(REPOSITORY, here)
    assert files.version == COMMIT
    assert local_files.may_run_code("x", files, COMMIT, needed=True)
    with pytest.raises(BadInput, match=COMMIT):
        local_files.may_run_code("x", files, COMMIT[::-1], needed=True)
    assert not local_files.may_run_code("x", files, None, needed=False)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_yes_does_not_cover_code_of_a_third_repository(folder: Path, name: str) -> None:
    named = {"AutoTokenizer": [None, "another/repository--code.Tokenizer"]}
    (folder / name).write_text(json.dumps({"auto_map": named}))
    files = local_files.from_folder(str(folder))
    with pytest.raises(BadInput, match="code of another repository") as refused:
        local_files.may_run_code("x", files, files.version, needed=True)
    assert name in str(refused.value)


@pytest.mark.parametrize("model", ["no/such/folder", "../model", "just-a-name", "https://host/a/b"])
def test_what_is_neither_a_folder_nor_a_repository_is_refused(model: str) -> None:
    with pytest.raises(BadInput, match=r"a folder with config\.json"):
        LocalBackend("x", model=model, contract=None, options={})


def test_a_model_without_code_of_its_own_is_shown_no_volume(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "gemma3"}))
    with pytest.raises(BadInput, match="own code takes a volume"):
        LocalBackend("x", model=str(folder), contract=contract_named("m3d"), options={})
