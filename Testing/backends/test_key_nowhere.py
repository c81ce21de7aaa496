"""A server that sends the key back wherever it can: it stands in no file and in no line afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from CTSpatialVQALib.cli.main import main
from CTSpatialVQALib.records.case import Case
from Testing.backends.asking import KEY
from Testing.backends.faults import FAULTS
from Testing.backends.faultserver import FaultServer

ECHOES = ("key-in-reply", "key-in-error", "key-in-redirect", "key-in-status")


def written_study(folder: Path, server: FaultServer, body: Case) -> Path:
    questions = '{"id": "q1", "case_id": "body", "question": "Where is it?", "answer": "left"}\n'
    (folder / "questions.jsonl").write_text(questions)
    backends = "".join(
        f'[[backends]]\nname = "{fault}"\nkind = "openai"\nurl = "{server.url(fault)}"\nmodel = "m"\n'
        'contract = "slices"\nkey_variable = "THE_KEY"\n'
        "[backends.options]\nattempts = 1\nslices = { count = 2, size = 32 }\n"
        for fault in ECHOES
    )
    study = folder / "study.toml"
    study.write_text(
        f'[study]\nid = "keys"\ndata_roots = ["{body.ct.parent if body.ct else ""}"]\n'
        f'[[cases]]\nid = "body"\nct = "{body.ct}"\n'
        f'[[questions]]\npath = "questions.jsonl"\n{backends}'
    )
    return study


def test_the_key_stands_in_no_file_and_no_line(
    tmp_path: Path, body: Case, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    run = tmp_path / "run"
    with FaultServer(FAULTS) as server:
        study = written_study(tmp_path, server, body)
        named = [part for fault in ECHOES for part in ("--backend", fault)]
        granted = ["--key-variable", f"THE_KEY={server.root}"]
        main(["run", str(study), "--out", str(run), *named, *granted, "--json"])
        for fault in ECHOES:
            main(["backends", "test", fault, "--study", str(study), *granted])
        assert all(KEY in one.headers["authorization"] for one in server.received)
        assert {one.path.split("/")[1] for one in server.received} == set(ECHOES)

    told = capfd.readouterr()
    assert "[key]" in told.out  # it came back, and was struck
    assert KEY not in told.out + told.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"run.store", "audit.sqlite"} <= {path.name for path in files}
    assert [path.name for path in files if KEY.encode() in path.read_bytes()] == []
