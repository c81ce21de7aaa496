"""A study file is resolved within its folders, and what is wrong with it is named by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from CTSpatialVQALib.benchmark.study import Wishes, load_study
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.words import ReadingMode

STUDY = """
[study]
id = "s"
{head}
[[cases]]
id = "p1"
{case}
[[questions]]
path = "questions.jsonl"
{source}
{rest}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "study"
    home.mkdir()
    question = Question(question_id="p1::a", case_id="p1", text="Where?", reference="Left.")
    (home / "questions.jsonl").write_text(question.to_json(), "utf-8")
    (tmp_path / "outside.nii.gz").write_bytes(b"")
    (home / "inside.nii.gz").write_bytes(b"")
    return home


def written(folder: Path, *, head: str = "", case: str = "", source: str = "", rest: str = "") -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(head=head, case=case, source=source, rest=rest), "utf-8")
    return path


def test_a_case_without_ct_is_a_case(folder: Path) -> None:
    study = load_study(written(folder))
    assert study.cases["p1"].ct is None
    assert study.cases["p1"].patient_id == "p1"
    assert study.reading.mode is ReadingMode.OPEN
    assert [question.question_id for question in study.questions] == ["p1::a"]


def test_paths_lie_in_the_study_folder_or_in_a_declared_root(folder: Path) -> None:
    inside = load_study(written(folder, case='ct = "inside.nii.gz"'))
    assert inside.cases["p1"].ct == (folder / "inside.nii.gz").resolve()
    declared = load_study(written(folder, head='data_roots = [".."]', case='ct = "outside.nii.gz"'))
    assert declared.cases["p1"].ct == (folder.parent / "outside.nii.gz").resolve()


def test_a_local_model_beside_the_study_does_not_depend_on_where_the_command_starts(folder: Path) -> None:
    (folder / "models" / "tiny").mkdir(parents=True)
    (folder / "models" / "tiny" / "config.json").write_text("{}", "utf-8")
    (folder / "python").write_bytes(b"")
    local = """
[[backends]]
name = "here"
kind = "local"
model = "models/tiny"
options = { python = "python", trust_remote_code = "models/tiny@abc" }
[[backends]]
name = "hub"
kind = "local"
model = "google/medgemma-1.5-4b-it"
options = { python = "python3" }
"""
    study = load_study(written(folder, rest=local))
    here, hub = study.backends
    assert here.model == str(folder / "models" / "tiny")
    assert study.wishes["here"] == Wishes(str(folder / "python"), f"{here.model}@abc")
    assert (hub.model, study.wishes["hub"]) == ("google/medgemma-1.5-4b-it", Wishes("python3"))


def test_what_only_the_user_can_give_is_no_part_of_a_declaration(folder: Path) -> None:
    servers = """
[[backends]]
name = "local"
kind = "local"
model = "a/b"
options = { python = "x", trust_remote_code = "a/b@c", device = "cpu" }
[[backends]]
name = "far"
kind = "openai"
url = "https://models.example.org"
model = "m"
key_variable = "AWS_SECRET_ACCESS_KEY"
options = { ca_file = "/etc/passwd", in_flight = 2 }
"""
    study = load_study(written(folder, rest=servers))
    local, far = study.backends
    assert (local.options, far.options, far.key_variable) == ({"device": "cpu"}, {"in_flight": 2}, None)
    assert study.wishes["far"] == Wishes(key_variable="AWS_SECRET_ACCESS_KEY", ca_file="/etc/passwd")


@pytest.mark.parametrize("path", ["../outside.nii.gz", "link/outside.nii.gz", "{absolute}"])
def test_a_path_that_leads_out_is_refused(path: str, folder: Path) -> None:
    (folder / "link").symlink_to(folder.parent)
    path = path.format(absolute=folder.parent / "outside.nii.gz")
    with pytest.raises(BadInput, match=r"study\.toml: cases\[0\]\.ct.*data_roots"):
        load_study(written(folder, case=f'ct = "{path}"'))


BROKEN = {
    "not TOML": ("[study", "TOML"),
    "no id": ("[study]\n[[questions]]\npath='questions.jsonl'", "study.id"),
    "no questions": ("[study]\nid='s'", "questions"),
    "unknown key": ("[study]\nid='s'\ncolour='red'\n[[questions]]\npath='questions.jsonl'", "colour"),
    "unknown mode": (
        "[study]\nid='s'\n[reading]\nmode='secret'\n[[questions]]\npath='questions.jsonl'",
        "reading.mode",
    ),
    "case twice": (
        "[study]\nid='s'\n[[cases]]\nid='p1'\n[[cases]]\nid='p1'\n[[questions]]\npath='questions.jsonl'",
        "p1 is repeated",
    ),
    "unknown case": ("[study]\nid='s'\n[[questions]]\npath='questions.jsonl'", "add_cases"),
    "questions twice": (
        "[study]\nid='s'\n[[cases]]\nid='p1'\n[[questions]]\npath='questions.jsonl'\n"
        "[[questions]]\npath='./questions.jsonl'",
        "p1::a again",
    ),
    "root that is not there": (
        "[study]\nid='s'\ndata_roots=['nowhere']\n[[questions]]\npath='questions.jsonl'",
        "data_roots[0]",
    ),
    "file that is not there": ("[study]\nid='s'\n[[questions]]\npath='none.jsonl'", "questions[0].path"),
    "recorded without file": (
        "[study]\nid='s'\n[[cases]]\nid='p1'\n[[questions]]\npath='questions.jsonl'\n"
        "[[backends]]\nname='r'\nkind='recorded'",
        "backends.0",
    ),
    "NUL in a path": ('[study]\nid="s"\n[[questions]]\npath="a\\u0000b"', "questions[0].path"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_study_is_named_with_key_and_remedy(name: str, folder: Path) -> None:
    content, expected = BROKEN[name]
    path = folder / "study.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(BadInput) as refused:
        load_study(path)
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_study_in_another_encoding_is_refused(folder: Path) -> None:
    (folder / "study.toml").write_bytes('[study]\nid="Röntgen"'.encode("latin-1"))
    with pytest.raises(BadInput, match="UTF-8"):
        load_study(folder / "study.toml")


def test_cases_are_added_without_a_ct_only_when_told_to(folder: Path) -> None:
    official = '{"valid_7_a_1.nii.gz": {"qa_pairs": [{"question": "Where?", "answer": "Left."}]}}'
    (folder / "official.json").write_text(official, "utf-8")
    study = load_study(written(folder, rest='[[questions]]\npath = "official.json"\nadd_cases = true'))
    added = study.cases["valid_7_a_1.nii.gz"]
    assert added.ct is None
    assert added.patient_id == "valid_7"


def test_the_report_text_of_a_case_is_read(folder: Path) -> None:
    (folder / "report.txt").write_text("Größe normal.", "utf-8")
    assert (
        load_study(written(folder, case='report = "report.txt"')).cases["p1"].report_text == "Größe normal."
    )


@pytest.mark.real_data
def test_public_benchmark_is_a_study_of_cases_without_ct(tmp_path: Path, real_data: Path) -> None:
    (tmp_path / "study.toml").write_text(
        f"""
[study]
id = "public"
data_roots = ['{real_data / "benchmark"}']
[[questions]]
path = "spatial_qa_filtered_full_with_categories.json"
add_cases = true
[[backends]]
name = "m3d"
kind = "recorded"
path = "predictions/m3d_predictions_full.jsonl"
""",
        "utf-8",
    )
    study = load_study(tmp_path / "study.toml")
    assert len(study.cases) == 1601
    assert len(set(study.patients.values())) == 1300
    assert all(case.ct is None for case in study.cases.values())
