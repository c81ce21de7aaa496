"""One model behind a real server and in a process of our own: asked about real slices, both say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.consent import nobody_consented
from CTSpatialVQALib.backends.local_backend import LocalBackend
from CTSpatialVQALib.backends.local_model import LocalQuestion
from CTSpatialVQALib.backends.local_options import decoding, local_options
from CTSpatialVQALib.backends.openai_backend import OpenAIBackend
from CTSpatialVQALib.backends.text_chat import ChatRequest
from CTSpatialVQALib.imaging.contract import Contract
from CTSpatialVQALib.imaging.contract_catalogue import contract_named
from CTSpatialVQALib.imaging.generic_slices import SliceOptions, slices_contract
from CTSpatialVQALib.records.words import Outcome, Probe
from Testing.backends.model_server import serving
from Testing.backends.shown_patients import FOUR_SLICES, TOKENS, question, series_case, stored_case

EVERY_PLANE = slices_contract(
    SliceOptions(count=3, size=96, windows=("lung", "bone"), planes=("axial", "coronal", "sagittal"))
)


class Said(NamedTuple):
    outcome: Outcome
    text: str


def said(answer: Answer) -> Said:
    assert answer.outcome in (Outcome.ANSWERED, Outcome.TRUNCATED), answer
    return Said(answer.outcome, answer.text)


@pytest.fixture(scope="module")
def url(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tiny_models / "gemma3", tmp_path_factory.mktemp("server") / "log") as address:
        yield address


def served_with(contract: Contract, url: str, tiny_models: Path) -> OpenAIBackend:
    return OpenAIBackend(
        "served",
        url=url,
        model=str(tiny_models / "gemma3"),
        contract=contract,
        key=None,
        options={"max_tokens": TOKENS},
        consent=nobody_consented,
    )


@pytest.fixture(scope="module")
def served(url: str, tiny_models: Path) -> Iterator[OpenAIBackend]:
    backend = served_with(FOUR_SLICES, url, tiny_models)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> CaseData:
    return stored_case(tmp_path_factory.mktemp("case"))


@pytest.mark.parametrize(
    "probe", [Probe.FULL, Probe.MIRRORED, Probe.SHUFFLED, Probe.SINGLE_SLICE, Probe.TEXT_ONLY]
)
def test_server_and_local_model_say_the_same(
    probe: Probe, served: OpenAIBackend, tiny_gemma: LocalBackend, case: CaseData
) -> None:
    assert said(served.ask(question(), case, probe)) == said(tiny_gemma.ask(question(), case, probe))


@pytest.mark.parametrize("contract", [contract_named("medgemma"), EVERY_PLANE], ids=lambda one: one.name)
def test_they_agree_on_other_contracts_too(
    contract: Contract, url: str, tiny_models: Path, tiny_gemma: LocalBackend, case: CaseData
) -> None:
    served = served_with(contract, url, tiny_models)
    shown = case.shown(contract, Probe.FULL, question())
    asked = LocalQuestion(contract.prompt.system, shown.parts(question().text))
    settings = decoding(contract, local_options("local", {"max_new_tokens": TOKENS}))
    (answer,) = tiny_gemma.model.answers([asked], shown, settings)
    assert said(served.ask(question(), case, Probe.FULL)) == said(answer)
    served.close()


def test_they_agree_in_words_alone(served: OpenAIBackend, tiny_gemma: LocalBackend) -> None:
    for system in ("", "be brief"):
        request = ChatRequest(system, "left or right?", max_tokens=TOKENS)
        assert said(served.chat(request)) == said(tiny_gemma.chat(request))


def test_both_count_the_same_tokens(served: OpenAIBackend, tiny_gemma: LocalBackend, case: CaseData) -> None:
    """Every picture reached the model: a server that drops one would count fewer."""
    theirs = served.ask(question(), case, Probe.FULL).facts
    ours = tiny_gemma.ask(question(), case, Probe.FULL).facts
    assert ours["prompt_tokens"] in _numbers(theirs)


def test_laterality_holds_from_the_file_to_the_answer(
    served: OpenAIBackend, tiny_gemma: LocalBackend, case: CaseData, tmp_path: Path
) -> None:
    """However it is stored, the patient gets one answer, from both; mirrored, another."""
    stored = [stored_case(tmp_path, code) for code in ("RAS", "LAI", "PSR", "SRA", "AIL", "ILP", "RPI")]
    cases = [case, *stored, series_case(tmp_path)]
    answers = {said(one.ask(question(), each, Probe.FULL)) for one in (served, tiny_gemma) for each in cases}
    assert len(answers) == 1
    mirrored = {said(one.ask(question(), case, Probe.MIRRORED)) for one in (served, tiny_gemma)}
    assert len(mirrored) == 1
    assert not answers & mirrored


def _numbers(found: object) -> list[object]:
    """All leaves of nested facts."""
    if isinstance(found, dict):
        return [leaf for value in found.values() for leaf in _numbers(value)]
    return [found]
