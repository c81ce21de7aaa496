"""The files of a local model, their version, and the user's yes to the code among them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from CTSpatialVQALib.errors import BadInput, shown

_WEIGHTS = frozenset({".safetensors", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".onnx"})
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SAMPLES, _SAMPLE_BYTES = 16, 65536
_CONFIGS = ("config.json", "tokenizer_config.json", "processor_config.json", "preprocessor_config.json")


class ModelFiles(NamedTuple):
    """A model on this machine.

    Parameters
    ----------
    name : the folder as it was named, or the hub's repository
    folder : where its files lie
    version : commit of the repository; of a folder, the digest of `folder_version`
    """

    name: str
    folder: Path
    version: str


def is_folder(model: str) -> bool:
    """Whether `model` names a folder with a model, as opposed to a repository of the hub."""
    return (Path(model) / "config.json").is_file()


def check_name(where: str, model: str) -> None:
    """Refuse what is neither a folder with a model nor the id of a repository.

    Raises
    ------
    BadInput
        Naming both.
    """
    if not is_folder(model) and not _HUB_ID.fullmatch(model):
        raise BadInput(
            f"{where}: model",
            expected="a folder with config.json, or a repository such as google/medgemma-1.5-4b-it",
            came=shown(model),
            remedy="Name the folder that holds the model's files",
        )


def from_folder(model: str) -> ModelFiles:
    """The model in a folder."""
    return ModelFiles(model, Path(model).resolve(), folder_version(Path(model)))


def from_snapshot(repository: str, folder: Path) -> ModelFiles:
    """A repository's files on this machine; the hub's client names their folder by the commit."""
    version = folder.name if _COMMIT.fullmatch(folder.name) else folder_version(folder)
    return ModelFiles(repository, folder, version)


def folder_version(folder: Path) -> str:
    """16 hexadecimal digits over all files: small ones and code by content, weights by size and samples.

    Of a file of weights 16 evenly spaced blocks of 64 KiB are read: two fine-tunings of one model have files
    of the same names and sizes. A change of single weights between the blocks is not seen.
    """
    digest = hashlib.sha256()
    for path in sorted(_files(folder)):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()};{size};".encode())
        digest.update(_sampled(path, size) if path.suffix in _WEIGHTS else path.read_bytes())
    return digest.hexdigest()[:16]


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _sampled(path: Path, size: int) -> bytes:
    blocks = []
    with path.open("rb") as stream:
        for number in range(_SAMPLES):
            stream.seek(max(0, size - _SAMPLE_BYTES) * number // (_SAMPLES - 1))
            blocks.append(stream.read(_SAMPLE_BYTES))
    return hashlib.sha256(b"".join(blocks)).digest()


def check_yes(where: str, model: str, yes: str | None, *, folder: bool) -> str | None:
    """The revision that `REPOSITORY@REVISION` says yes to; None without a yes.

    Raises
    ------
    BadInput
        If it names another repository than `model`, or of a repository no full commit: a branch may hold
        other code tomorrow.
    """
    if yes is None:
        return None
    repository, _, revision = yes.rpartition("@")
    if repository != model or not revision or (not folder and not _COMMIT.fullmatch(revision)):
        revision_form = "its version" if folder else "a commit of 40 hexadecimal digits"
        raise BadInput(
            f"{where}: trust_remote_code",
            expected=f"'{model}@' and {revision_form}, the code that may be run",
            came=shown(yes),
            remedy="Read the model's code, and name the revision that you read",
        )
    return revision


def may_run_code(where: str, files: ModelFiles, revision: str | None, *, needed: bool) -> bool:
    """Whether the model's own Python files are run: only with a yes to this very revision of them.

    Parameters
    ----------
    revision : what the user said yes to, None if nothing
    needed : the model cannot be run without

    Raises
    ------
    BadInput
        If the yes is for another revision, is lacking where it is needed, or does not cover what would run.
    """
    where = f"{where}: trust_remote_code"
    exactly = f"{files.name}@{files.version}"
    if revision is None and not needed:
        return False
    if revision != files.version:
        raise BadInput(
            where,
            expected=f"'{exactly}', a yes to running the Python files in {files.folder}",
            came="no yes" if revision is None else f"a yes to revision {shown(revision)}",
            remedy=f"Read these files first, they run with your rights; then --trust-code {exactly}",
        )
    for name, value in _code_named(files.folder):
        if "--" in value:
            raise BadInput(
                files.folder / name,
                expected="code that lies in the model's own folder, which the yes names",
                came=f"code of another repository: {shown(value)}",
                remedy="Copy that code into the folder and name it without the repository",
            )
    return True


def brings_code(folder: Path, auto_class: str) -> bool:
    """Whether the model brings a class of its own for `auto_class`."""
    return any(
        name == "config.json" and auto_class in value for name, value in _code_named(folder, keys=True)
    )


class _Named(NamedTuple):
    file: str
    value: str


def _code_named(folder: Path, *, keys: bool = False) -> Iterator[_Named]:
    """Each class named under `auto_map`, in whichever of the configuration files; or the map's keys."""
    for name in _CONFIGS:
        path = folder / name
        if path.is_file():
            config = json.loads(path.read_text(encoding="utf-8"))
            named = config.get("auto_map", {}) if isinstance(config, dict) else {}
            for key, value in named.items() if isinstance(named, dict) else ():
                for entry in [key] if keys else value if isinstance(value, list) else [value]:
                    yield _Named(name, str(entry))
