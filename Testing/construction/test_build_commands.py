"""`build` from reports to a release as its users see it: files, messages and exit codes."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from CTSpatialVQALib.benchmark.questions import read_questions
from CTSpatialVQALib.cli.main import main
from Testing.construction.pair_server import Scripted
from Testing.construction.samples import FINDINGS, candidate


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Build = Callable[..., Ran]
ModelOf = Callable[[str], Scripted]


@pytest.fixture
def build(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Build:
    """Run `ctspatialvqa build` with these arguments, and these keys on stdin."""

    def run(*arguments: object, pressed: str = "") -> Ran:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.StringIO(pressed))
        try:
            code = main(["build", *map(str, arguments)])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Our reports as a CSV file."""
    path = tmp_path / "reports.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["case_id", "patient_id", "findings", "impression"])
        table.writerows([case_id, f"p-{case_id}", text, ""] for case_id, text in FINDINGS.items())
    return path


def model(one: Scripted) -> tuple[str, ...]:
    return "--url", one.url, "--model", "tiny"


def test_from_reports_to_a_release(build: Build, reports: Path, scripted: ModelOf, tmp_path: Path) -> None:
    out = tmp_path / "build"
    generated = build(
        "generate", reports, "--out", out, *model(scripted("honest")), "--least", 1, "--price", 1, 2, "--json"
    )
    assert generated.code == 0
    assert (generated.json["pairs"], generated.json["prompt_tokens"]) == (3, 300)
    assert generated.json["cost"] == pytest.approx((300 * 1 + 30 * 2) / 1e6)

    judge = scripted("judge")
    validated = build(
        "validate", out / "candidates.jsonl", "--reports", reports, "--out", out, *model(judge), "--json"
    )
    assert validated.code == 0
    assert validated.json["kept"] == 2
    assert validated.json["judging_model"]["outcomes"] == {"answered": 3}
    (excluded,) = [json.loads(line) for line in (out / "excluded.jsonl").read_text("utf-8").splitlines()]
    assert excluded["reason"] == "judged_unsupported"
    assert "judged unsupported" in (out / "flow.html").read_text("utf-8")

    told_to = [path for path in out.iterdir() if b"spiculated nodule" in path.read_bytes()]
    assert {path.name for path in told_to} >= {"candidates.jsonl", "exchanges.store", "validated.jsonl"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in told_to} == {0o600}

    audit = tmp_path / "audit"
    kept = out / "validated.jsonl"
    assert build("audit", "study", kept, "--reports", reports, "--readers", "ann", "--out", audit).code == 0
    read = build("audit", "read", audit / "study.toml", "--reader", "ann", pressed="yyy yny")
    assert "2 of 2 judged" in read.out
    assert "A spiculated nodule lies" in read.out
    told = build(
        "audit", "agree", audit / "study.toml", audit / "ann.sqlite", "--out", out / "audit.json", "--json"
    )
    assert told.json["answered"] == {"ann": 2}

    release = tmp_path / "release"
    done = build(
        "release", kept, "--name", "ours", "--release", "1", "--out", release, "--json",
        "--generation", out / "generation.json", "--validation", out / "validation.json",
        "--audit", out / "audit.json",
    )  # fmt: skip
    assert done.json["pairs"] == 1
    assert done.json["rejected_by_audit"] == 1
    (left,) = read_questions(release / "questions_official.json").questions
    assert left.reference in ("Right.", "Left.")
    sheet = (release / "DATASHEET.md").read_text("utf-8")
    assert "| audit | 2 | rejected_by_audit 1 | 1 |" in sheet
    assert "construction-generate-2" in sheet


def test_a_second_run_of_a_step_asks_nothing(
    build: Build, reports: Path, scripted: ModelOf, tmp_path: Path
) -> None:
    one = scripted("honest")
    arguments = ("generate", reports, "--out", tmp_path / "b", *model(one), "--json")
    build(*arguments)
    assert build(*arguments).json["requests_asked_now"] == 0
    assert len(one.asked()) == 3


def test_reports_without_pairs_through_a_failure_are_named_and_fail(
    build: Build, reports: Path, scripted: ModelOf, tmp_path: Path
) -> None:
    ran = build("generate", reports, "--out", tmp_path / "b", *model(scripted("prose")))
    assert ran.code == 1
    assert "case-1: unparseable" in ran.err
    assert (tmp_path / "b" / "candidates.jsonl").read_text("utf-8") == ""
    assert len((tmp_path / "b" / "failures.jsonl").read_text("utf-8").splitlines()) == 3


def test_pairs_that_could_not_be_judged_fail_and_stay_out(
    build: Build, reports: Path, scripted: ModelOf, tmp_path: Path
) -> None:
    out = tmp_path / "b"
    build("generate", reports, "--out", out, *model(scripted("honest")))
    arguments = ("validate", out / "candidates.jsonl", "--reports", reports, "--out", out)
    ran = build(*arguments, *model(scripted("judge-terse")), "--json")
    assert ran.code == 1
    assert ran.json["kept"] == 0
    assert ran.json["flow"][-1]["excluded"] == {"not_judged": 3}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--url", "https://models.example.org/v1", "--model", "m"), "--consent https://models.example.org"),
        (("--url", "http://127.0.0.1:9/v1"), "--model"),
        ((), "--model"),
        (("--url", "http://127.0.0.1:9/v1", "--model", "m", "--least", "9", "--most", "3"), "least"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is(
    arguments: tuple[str, ...], why: str, build: Build, reports: Path, tmp_path: Path
) -> None:
    ran = build("generate", reports, "--out", tmp_path / "b", *arguments)
    assert ran.code == 2
    assert why in ran.err
    assert len(ran.err.splitlines()) == 1


def test_options_of_the_model_reach_the_server_and_wrong_ones_are_refused(
    build: Build, reports: Path, scripted: ModelOf, tmp_path: Path
) -> None:
    one = scripted("honest")
    arguments = ("generate", reports, "--out", tmp_path / "b", *model(one))
    assert build(*arguments, "--option", "temperature=0.3").code == 0
    assert {asked["temperature"] for asked in one.asked()} == {0.3}
    for wrong in ("warmth=1", "temperature", "temperature=hot"):
        assert build(*arguments, "--option", wrong).code == 2


def test_differences_are_a_table_that_no_spreadsheet_computes(build: Build, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    several = [candidate("=1+1 which side?", "Left.", case_id=f"case-{n}").question for n in range(3)]
    pairs.write_text("".join(one.to_json() + "\n" for one in several), encoding="utf-8")
    audit = tmp_path / "audit"
    build("audit", "study", pairs, "--readers", "ann", "ben", "--overlap", 1, "--out", audit)
    build("audit", "read", audit / "study.toml", "--reader", "ann", pressed="yyy" * 3)
    build("audit", "read", audit / "study.toml", "--reader", "ben", pressed="yny" * 3)
    logs = (audit / "ann.sqlite", audit / "ben.sqlite")
    told = build("audit", "agree", audit / "study.toml", *logs, "--differences", tmp_path / "d.csv")
    assert "3 pairs to adjudicate" in told.out
    with (tmp_path / "d.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["differ_in"] for row in rows} == {"supported"}
    assert {row["question"][0] for row in rows} == {"'"}


def test_assess_tells_counts_and_writes_a_page(build: Build, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    several = [candidate("Which side has fluid?", "Left.", case_id=f"case-{n}").question for n in range(6)]
    several.append(candidate("Is there <b>any</b> fluid?", "No.", case_id="case-9").question)
    pairs.write_text("".join(one.to_json() + "\n" for one in several), encoding="utf-8")
    outputs = tmp_path / "model.jsonl"
    outputs.write_text('{"prediction": ""}\n{"prediction": "Left.</s>"}\n', encoding="utf-8")
    page = tmp_path / "page.html"
    found = build("assess", pairs, "--out", page, "--predictions", outputs, "--json").json
    flaws = {one["flaw"]: one["questions"]["count"] for one in found["flaws"]}
    assert flaws == {"normality": 1, "blind": 6}
    assert found["spatial"]["count"] == 6
    assert found["outputs"] == {"model.jsonl": {"outputs": 2, "empty": 1, "with marker": 1}}
    text = page.read_text("utf-8")
    assert "Is there &lt;b&gt;any&lt;/b&gt; fluid?" in text
    assert "7 questions on 7 volumes" in text


def test_a_release_does_not_mix_with_other_files(build: Build, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(candidate("Which side?", "Left.").question.to_json() + "\n", encoding="utf-8")
    ran = build("release", pairs, "--name", "n", "--release", "1", "--out", tmp_path)
    assert ran.code == 2
    assert "new or empty folder" in ran.err
