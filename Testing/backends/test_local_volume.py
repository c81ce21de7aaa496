"""A model with code of its own, asked as M3D-LaMed is. It looks at the volume; its faults stay its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.local_backend import LocalBackend
from CTSpatialVQALib.backends.local_files import folder_version
from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.records.words import Outcome, Probe
from Testing.backends.shown_patients import WHERE, question, series_case, stored_case

M3D = contract_named("m3d")


def backend_of(folder: Path, **options: object) -> LocalBackend:
    return LocalBackend("tiny", model=str(folder), contract=M3D, options=options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model(tiny_models: Path) -> Iterator[LocalBackend]:
    folder = tiny_models / "volume"
    yes = f"{folder}@{folder_version(folder)}"
    backend = backend_of(folder, max_new_tokens=16, device="cpu", trust_remote_code=yes)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> CaseData:
    return stored_case(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def full(model: LocalBackend, case: CaseData) -> Answer:
    return model.ask(question(), case, Probe.FULL)


def test_the_network_gets_the_prepared_volume(full: Answer) -> None:
    assert full.outcome is Outcome.TRUNCATED
    assert full.facts["pixels_shape"] == [1, 1, 32, 256, 256]
    assert full.facts["prompt_tokens"] > 256  # type: ignore[operator]


def test_storage_does_not_change_the_answer_and_mirroring_does(
    model: LocalBackend, full: Answer, case: CaseData, tmp_path: Path
) -> None:
    stored = [stored_case(tmp_path, code) for code in ("RAS", "PIR")]
    same = [model.ask(question(), one, Probe.FULL).text for one in (*stored, series_case(tmp_path))]
    assert set(same) == {full.text}
    probes = (Probe.MIRRORED, Probe.TEXT_ONLY)
    others = [model.ask(question(), case, probe).text for probe in probes]
    assert len({full.text, *others}) == 3


def test_too_little_memory_is_an_outcome_with_advice_and_the_next_question_is_answered(
    model: LocalBackend, full: Answer, case: CaseData
) -> None:
    failed = model.ask(question(WHERE + "<memory>"), case, Probe.FULL)
    assert failed.outcome is Outcome.OUT_OF_MEMORY
    assert "batch_size 1" in failed.detail
    assert "Tried to allocate 2.00 GiB" in failed.detail
    assert model.ask(question(), case, Probe.FULL).text == full.text


def test_a_crash_costs_one_question_and_its_last_words_are_told(
    model: LocalBackend, full: Answer, case: CaseData
) -> None:
    failed = model.ask(question(WHERE + "<crash>"), case, Probe.FULL)
    assert failed.outcome is Outcome.TRANSPORT_ERROR
    assert "the tiny model was told to crash" in failed.detail
    assert model.ask(question(), case, Probe.FULL).text == full.text


def test_a_model_that_would_not_see_the_volume_is_not_asked(model: LocalBackend, case: CaseData) -> None:
    answer = model.ask(question(WHERE + "<im_patch>"), case, Probe.FULL)
    assert answer.outcome is Outcome.REFUSED
    assert "would not see the volume" in answer.detail


def test_a_model_that_does_not_load_in_time_is_a_timeout(model: LocalBackend, case: CaseData) -> None:
    folder = Path(model.model.files.folder)
    yes = f"{folder}@{model.version}"
    slow = backend_of(folder, trust_remote_code=yes, load_timeout_s=0.2)
    answers = [slow.ask(question(), case, Probe.FULL) for _ in range(4)]
    assert {answer.outcome for answer in answers[:3]} == {Outcome.TIMEOUT}
    assert "no reply in 0.2 s" in answers[0].detail
    assert "3 times in a row" in answers[3].detail


@pytest.mark.parametrize("revision", [None, "", "main", "0" * 16])
def test_own_code_runs_only_after_a_yes_to_this_revision_of_it(
    revision: str | None, tiny_models: Path
) -> None:
    folder = tiny_models / "volume"
    options = {} if revision is None else {"trust_remote_code": f"{folder}@{revision}"}
    with pytest.raises(BadInput, match="trust_remote_code") as refused:
        backend_of(folder, **options)
    assert "code" in str(refused.value)


def test_a_yes_to_another_model_counts_for_nothing(tiny_models: Path) -> None:
    folder = tiny_models / "volume"
    yes = f"GoodBaiBai88/M3D-LaMed-Phi-3-4B@{folder_version(folder)}"
    with pytest.raises(BadInput, match="the code that may be run"):
        backend_of(folder, trust_remote_code=yes)


def test_changed_code_needs_another_yes(tiny_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "volume"
    shutil.copytree(tiny_models / "volume", folder)
    yes = f"{folder}@{folder_version(folder)}"
    backend_of(folder, trust_remote_code=yes)
    code = folder / "tiny_volume_code.py"
    code.write_text(code.read_text() + "\n# one more line\n")
    with pytest.raises(BadInput, match="a yes to running the Python files"):
        backend_of(folder, trust_remote_code=yes)
