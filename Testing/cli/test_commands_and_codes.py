"""Each command's result on stdout, its messages on stderr, and the exit codes of the contract."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.cli.main import COMMANDS

Command = Callable[..., Any]


def test_help_names_every_command_with_examples(command: Command) -> None:
    ran = command("--help")
    assert ran.code == 0
    for module in COMMANDS:
        name = module.__name__.rsplit(".", 1)[-1].removesuffix("_command")
        assert name in ran.out
        own = command(name, "--help")
        assert own.code == 0
        assert f"  ctspatialvqa {name}" in own.out.split("examples:")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["check"],
        ["check", "no-such-file.nii.gz"],
        ["measure", "no-such-file.nii.gz", "--mask", "none"],
        ["run", "no-such-study.toml", "--out", "{tmp}/run"],
        ["report", "{tmp}"],
        ["score", "{tmp}/none.jsonl"],
        ["ground"],
        ["ground", "text", "--jsonl", "{tmp}/none.jsonl"],
        ["export", "{tmp}/none.sqlite", "--format", "csv", "--out", "{tmp}/x.csv"],
        ["export", "{tmp}/none.sqlite", "--format", "xlsx", "--out", "{tmp}/x.csv"],
        ["verify", "{tmp}/none.sqlite", "--anchor", "nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_and_bad_input_are_exit_code_2_with_a_reason_and_leave_nothing(
    arguments: list[str], tmp_path: Path, command: Command
) -> None:
    ran = command(*[argument.format(tmp=tmp_path) for argument in arguments])
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.splitlines()[-1].startswith("ctspatialvqa")
    assert list(tmp_path.iterdir()) == []


def test_console_script_and_module_are_the_same_program() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "CTSpatialVQALib.cli.main", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("ctspatialvqa 0.")


def test_a_closed_pipe_is_no_traceback(demo_folder: Path) -> None:
    text = f"{sys.executable} -m CTSpatialVQALib.cli.main ground --jsonl {demo_folder}/q.jsonl | head -n 1"
    rows = [json.dumps({"id": str(n), "question": "Where is the liver?"}) for n in range(5000)]
    (demo_folder / "q.jsonl").write_text("\n".join(rows), "utf-8")
    ran = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert json.loads(ran.stdout)["question_structures"] == ["liver"]


def test_ground_rows_have_the_shape_of_the_contract(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(
        '{"id": "1", "question": "On which side is the nodule?", "answer": "In the right upper lobe."}\n'
        '{"id": "2", "question": "Is the liver enlarged?"}',
        "utf-8",
    )
    rows = {row["id"]: row for row in command("ground", "--jsonl", path, "--json").lines}
    assert rows["1"]["answer_structures"] == ["lung_upper_lobe_right"]
    assert rows["2"]["question_structures"] == ["liver"]
    assert set(rows["1"]) == {
        "id",
        "question_structures",
        "question_implied",
        "question_regions",
        "answer_structures",
        "answer_regions",
    }


def test_claims_keep_negation_and_number(command: Command) -> None:
    claims = command(
        "claims", "No effusion on the left. A 6 mm nodule in the right upper lobe.", "--json"
    ).json
    assert claims[0]["polarity"] == "negated"
    assert claims[0]["sides"] == ["left"]
    assert claims[1]["numbers"] == [{"value": 6.0, "unit": "mm"}]


def test_score_rows_have_the_shape_of_the_contract(tmp_path: Path, command: Command) -> None:
    path = tmp_path / "a.jsonl"
    row = {"question": "On which side is the spleen?", "reference": "On the left side."}
    answers = {"right": "Left.", "swapped": "On the right.", "undecided": "Spleens are nice."}
    path.write_text(
        "\n".join(json.dumps({"id": name, **row, "prediction": said}) for name, said in answers.items()),
        "utf-8",
    )
    scores = {score["id"]: score for score in command("score", path, "--rules", "--json").lines}
    assert scores["right"]["correct"] is True
    assert (scores["swapped"]["correct"], scores["swapped"]["error_type"]) == (False, "laterality_swap")
    assert set(scores["right"]) == {"id", "correct", "class", "no_answer", "error_type", "by", "reason"}
    summary = command("score", path).out
    assert summary.startswith("3 answers: 1 right")


def test_verify_says_what_it_found_or_is_1(demo_folder: Path, tmp_path: Path, command: Command) -> None:
    log = demo_folder / "audit.sqlite"
    found = command("verify", log, "--json")
    assert (found.code, found.json["ok"], found.json["trust"]) == (0, True, "consistent")
    anchored = command("verify", log, "--anchor", found.json["anchor"])
    assert anchored.code == 0
    assert "anchored" in anchored.out
    wrong = command("verify", log, "--anchor", f"3:{'0' * 64}", "--json")
    assert (wrong.code, wrong.json["ok"]) == (1, False)
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(log.read_bytes()[:5000])
    assert command("verify", broken).code == 1


def test_exports_are_recorded_in_the_log(demo_folder: Path, tmp_path: Path, command: Command) -> None:
    log = demo_folder / "audit.sqlite"
    before = command("verify", log, "--json").json["records"]
    assert command("export", log, "--format", "jsonl", "--out", tmp_path / "log.jsonl").code == 0
    assert command("export", log, "--format", "csv", "--out", tmp_path / "log.csv").code == 0
    assert len((tmp_path / "log.jsonl").read_text("utf-8").splitlines()) == before
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) >= 3 * 30
    after = command("verify", log, "--json").json
    assert (after["ok"], after["records"]) == (True, before + 2)


def test_check_and_measure_the_mirrored_and_the_situs_phantom(demo_folder: Path, command: Command) -> None:
    study = demo_folder / "study"
    for number in range(1, 6):
        ct, mask = (study / f"{kind}/phantom-0{number}.nii.gz" for kind in ("ct", "masks"))
        measured = command("measure", ct, "--mask", mask, "--pair", "liver", "spleen", "--json").json
        liver = measured["structures"]["liver"]
        situs = number == 4
        assert liver["side"] == ("left" if situs else "right")
        assert liver["volume_ml"] > 300
        assert (measured["pairs"][0]["right_of_mm"] > 0) is not situs
        checked = command("check", ct, "--mask", mask, "--json", *(["--situs-inversus"] if situs else []))
        assert checked.code == 0, checked.out
        assert checked.json["ok"] is True


def test_places_and_pairs_are_written_as_a_radiologist_writes_them(
    demo_folder: Path, command: Command
) -> None:
    ct, mask = (demo_folder / f"study/{kind}/phantom-01.nii.gz" for kind in ("ct", "masks"))
    lines = command("measure", ct, "--mask", mask, "--pair", "liver", "spleen").out.splitlines()
    assert re.match(r"liver: \d+ mm right of the spleen, \d+ mm (above|below) it", lines[-1])
    (spleen,) = [line for line in lines if line.startswith("spleen ")]
    assert re.search(r" left      centre L +\d+  [AP] +\d+  [SI] +\d+ mm$", spleen)
    reverse = command("measure", ct, "--mask", mask, "--pair", "spleen", "liver").out.splitlines()[-1]
    assert re.match(r"spleen: \d+ mm left of the liver", reverse)


def test_check_lists_what_it_verified(demo_folder: Path, command: Command) -> None:
    ct, mask = (demo_folder / f"study/{kind}/phantom-04.nii.gz" for kind in ("ct", "masks"))
    mirrored = command("check", ct, "--mask", mask, "--json").json
    declared = command("check", ct, "--mask", mask, "--situs-inversus", "--json").json
    without_mask = command("check", ct).out
    assert "left and right" not in {fact["check"] for fact in mirrored["verified"]}
    assert {"orientation", "Hounsfield units", "head and foot"} <= {
        fact["check"] for fact in declared["verified"]
    }
    assert "verified: orientation: stored as" in without_mask
    assert "head and foot" not in without_mask


def test_a_mask_of_another_patient_is_refused_with_both_grids(demo_folder: Path, command: Command) -> None:
    study = demo_folder / "study"
    ran = command("check", study / "ct/phantom-01.nii.gz", "--mask", study / "masks/phantom-02.nii.gz")
    assert ran.code == 2
    assert ran.err.count("voxels of") == 2


def test_an_unknown_backend_is_refused_with_those_there_are(
    demo_folder: Path, tmp_path: Path, command: Command
) -> None:
    ran = command("run", demo_folder / "study/study.toml", "--out", tmp_path / "run", "--backend", "gpt")
    assert ran.code == 2
    assert "anatomy, demo-flawed, prior" in ran.err


def test_report_joins_two_runs_of_one_study(demo_folder: Path, tmp_path: Path, command: Command) -> None:
    study = demo_folder / "study/study.toml"
    for name in ("anatomy", "prior"):
        assert command("run", study, "--out", tmp_path / name, "--backend", name).code == 0
    out = tmp_path / "both.html"
    runs = (tmp_path / "anatomy", tmp_path / "prior")
    assert command("report", *runs, "--study", study, "--out", out).code == 0
    page = out.read_text("utf-8")
    assert "anatomy" in page
    assert "prior" in page
    assert page.count("data:image/webp;base64,") >= 30


def test_serving_tells_its_own_options(command: Command) -> None:
    told = command("backends", "serve", "--help")
    assert told.code == 0
    assert "--at-once" in told.out


@pytest.fixture
def masks_wanted(tmp_path: Path) -> Path:
    """A study whose only backend, anatomy, declines its only question: the case has no mask."""
    asked = {"question_id": "c::1", "case_id": "c", "text": "Which side?", "reference": "Left."}
    (tmp_path / "q.jsonl").write_text(json.dumps(asked) + "\n", "utf-8")
    tables = ('[study]\nid = "s"', '[[cases]]\nid = "c"', '[[questions]]\npath = "q.jsonl"')
    study = tmp_path / "study.toml"
    study.write_text("\n".join((*tables, '[[backends]]\nname = "a"\nkind = "anatomy"')), "utf-8")
    return study


def test_a_backend_without_address_is_listed_by_its_kind_alone(command: Command, masks_wanted: Path) -> None:
    assert "  a          anatomy" in command("backends", "--study", masks_wanted).out.splitlines()


def test_the_summary_says_why_there_is_no_answer(command: Command, masks_wanted: Path) -> None:
    told = command("run", masks_wanted, "--out", masks_wanted.parent / "run").out
    assert "1 no answer (1 refused); nothing decided" in told


def test_backends_are_listed(command: Command) -> None:
    listed = command("backends", "--json").json
    assert set(listed["embedded"]) == {"anatomy", "prior"}
    assert {"medgemma", "ct-chat", "slices"} <= set(listed["models"])


def test_what_speaks_of_patients_is_for_its_owner_only(
    demo_folder: Path, tmp_path: Path, command: Command
) -> None:
    log, study = demo_folder / "audit.sqlite", demo_folder / "study/study.toml"
    ct = demo_folder / "study/ct/phantom-01.nii.gz"
    picture = ("--preview", tmp_path / "m.png")
    assert command("prepare", ct, "--contract", "merlin", "--out", tmp_path / "m.npy", *picture).code == 0
    for kind in ("csv", "jsonl", "html"):
        assert command("export", log, "--format", kind, "--out", tmp_path / f"log.{kind}").code in (0, 2)
    command("export", log, "--errors", "--study", study, "--out", tmp_path / "errors")
    files = [path for path in [*tmp_path.rglob("*"), demo_folder / "report.html"] if path.is_file()]
    assert len(files) > 4
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []
