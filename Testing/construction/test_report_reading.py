"""Reports come from tables, JSON and folders alike, and what is no report is refused by its place."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from CTSpatialVQALib.construction.reports import read_reports
from CTSpatialVQALib.errors import BadInput

FINDINGS = "A nodule lies in the right lung.\nThe heart is of normal size."
IMPRESSION = "Nodule, right."


def written(folder: Path, form: str) -> Path:
    row = {"VolumeName": "case-1", "Findings_EN": FINDINGS, "Impressions_EN": IMPRESSION}
    path = folder / f"reports.{form}"
    if form == "csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, list(row))
            table.writeheader()
            table.writerow(row)
    elif form == "jsonl":
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    elif form == "rows.json":
        path.write_text(json.dumps([row]), encoding="utf-8")
    elif form == "json":
        del row["VolumeName"]
        path.write_text(json.dumps({"case-1": row}), encoding="utf-8")
    else:
        path = folder / "texts"
        path.mkdir()
        text = f"FINDINGS:\n{FINDINGS}\n\nImpression: {IMPRESSION}\n"
        (path / "case-1.txt").write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "rows.json", "folder"])
def test_one_report_reads_the_same_from_every_form(form: str, tmp_path: Path) -> None:
    (found,) = read_reports(written(tmp_path, form)).values()
    assert (found.case_id, found.findings, found.impression) == ("case-1", FINDINGS, IMPRESSION)


def test_a_text_without_headings_is_all_findings(tmp_path: Path) -> None:
    (tmp_path / "case-1.txt").write_text(FINDINGS, encoding="utf-8")
    (found,) = read_reports(tmp_path).values()
    assert (found.findings, found.impression) == (FINDINGS, "")


def test_the_patient_of_an_official_case_id_is_known(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"valid_7_b_2.nii.gz": {"findings": "Clear."}}), encoding="utf-8")
    assert read_reports(path)["valid_7_b_2.nii.gz"].patient_id == "valid_7"


def test_two_cases_with_one_text_share_the_report_id_whatever_their_spacing(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    texts = {
        "a": {"findings": "All  clear."},
        "b": {"findings": "all clear."},
        "c": {"findings": "Not clear."},
    }
    path.write_text(json.dumps(texts), encoding="utf-8")
    found = read_reports(path)
    assert found["a"].report_id == found["b"].report_id != found["c"].report_id


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("r.jsonl", '{"case_id": "a", "findings": "x"}\n{"case_id": "a", "findings": "y"}\n', "line 2"),
        ("r.jsonl", '{"case_id": "a", "findings": "  "}\n', "line 1"),
        ("r.jsonl", '{"findings": "x"}\n', "line 1"),
        ("r.csv", "case_id,finding text\na,x\n", "row 1"),
        ("r.json", "[]", "r.json"),
        ("r.json", "3", "r.json"),
        ("r.json", '{"a": "text"}', "'a'"),
        ("r.csv", b"case_id,findings\na,\xff\n", "byte 19"),
    ],
)
def test_what_is_no_report_is_refused_by_its_place(
    name: str, content: str | bytes, place: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput, match=place):
        read_reports(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing"):
        read_reports(tmp_path / "none.csv")
