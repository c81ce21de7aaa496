"""Tables and numbers of a report for papers: CSV, LaTeX, JSON, with n, interval and method."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.report.plots import Column, Table
from CTSpatialVQALib.report.table_files import SHARE_COLUMNS, csv_text, escaped, latex_text

Command = Callable[..., Any]


@pytest.fixture(scope="module")
def written(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from CTSpatialVQALib.cli.main import main

    out = tmp_path_factory.mktemp("paper")
    arguments = [
        "report",
        str(demo_folder),
        "--out",
        str(out / "report.html"),
        "--tables",
        str(out / "tables"),
    ]
    assert main(arguments) == 0
    return out / "tables"


def test_every_table_is_there_twice_and_in_the_index(written: Path) -> None:
    index = json.loads((written / "index.json").read_text("utf-8"))
    assert index["intervals"] == "95 %, Korn-Graubard, over patients"
    listed = [name for table in index["tables"] for name in table["files"]]
    assert sorted([*listed, "shares.csv", "index.json"]) == sorted(path.name for path in written.iterdir())
    assert len(listed) == len(set(listed)) >= 20
    for table in index["tables"]:
        with (written / table["files"][0]).open(encoding="utf-8", newline="") as stream:
            assert next(csv.reader(stream)) == table["columns"]


def test_shares_are_numbers_with_n_interval_and_method(written: Path) -> None:
    with (written / "shares.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == SHARE_COLUMNS
    flawed = next(row for row in rows if row["model"] == "demo-flawed" and row["kind"] == "all")
    assert (int(flawed["n"]), flawed["ci_method"]) == (38, "Korn-Graubard, over patients")
    assert float(flawed["ci_low"]) < float(flawed["share"]) < float(flawed["ci_high"])
    assert float(flawed["share"]) == pytest.approx(int(flawed["right"]) / 38, abs=1e-5)
    assert {row["kind"] for row in rows} == {"all", "category", "form"}


def test_numbers_come_on_stdout_without_the_questions(
    demo_folder: Path, tmp_path: Path, command: Command
) -> None:
    told = command("report", demo_folder, "--out", tmp_path / "r.html", "--json")
    assert told.code == 0
    document = told.json
    assert document["report"] == str(tmp_path / "r.html")
    flawed = next(one for one in document["backends"] if one["name"] == "demo-flawed")
    assert flawed["interval_method"] == "Korn-Graubard, over patients"
    assert len(flawed["interval_95"]) == 2
    assert "items" not in document


def test_latex_sets_what_stands_in_a_cell_and_runs_nothing() -> None:
    hostile = "50\u00a0% of \\input{x} a_b & $5 {#} <1 ^~"
    table = Table("A & B", (Column("Model", False), Column("n")), ((hostile, "1"),))
    text = latex_text(table, label="x")
    assert r"\begin{tabular}{lr}" in text
    row = next(line for line in text.splitlines() if "input" in line)
    assert row.startswith(r"50~\% of \textbackslash{}input\{x\} a\_b \& \$5 \{\#\} \textless{}1 ")
    # what is left of backslashes are commands of our own
    assert set(re.findall(r"\\([a-z]+)", row)) == {
        "textbackslash",
        "textless",
        "textasciicircum",
        "textasciitilde",
    }
    assert escaped("\u22123") == "$-$3"


def test_csv_has_plain_signs_and_no_formula() -> None:
    table = Table("t", (Column("a"), Column("b")), (("=1+1", "\u22123"), ("50\u00a0%", "9\u202f077")))
    assert csv_text(table).splitlines() == ["a,b", "'=1+1,'-3", "50 %,9077"]
