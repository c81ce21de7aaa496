"""A real local model without any sense: its words go all the way, and none of them becomes a pair."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from CTSpatialVQALib.backends.local_backend import LocalBackend
from CTSpatialVQALib.construction.chat_store import ChatStore
from CTSpatialVQALib.construction.generate import PLACES, PairsPerReport, generate
from CTSpatialVQALib.construction.pair_flaws import Flaw
from CTSpatialVQALib.construction.pair_judging import PLACES as JUDGING_PLACES
from CTSpatialVQALib.construction.pair_judging import judge_pairs
from CTSpatialVQALib.construction.prompts import GENERATE, VALIDATE, load_prompt
from CTSpatialVQALib.records.words import Outcome
from Testing.construction.samples import candidate, report, reports


@pytest.fixture(scope="module")
def senseless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBackend]:
    """A tiny Gemma 3 with random weights, in a process of its own."""
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).parents[1] / "backends" / "tiny_models.py"
    subprocess.run([sys.executable, str(script), str(folder)], check=True, capture_output=True, timeout=300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # several threads for so small a network only wait
        backend = LocalBackend(
            "senseless",
            model=str(folder / "gemma3"),
            contract=None,
            options={"batch_size": 4, "device": "cpu", "dtype": "float32"},
        )
        yield backend
        backend.close()


def test_senseless_replies_become_typed_failures_and_nothing_else(
    senseless: LocalBackend, store: ChatStore
) -> None:
    short = load_prompt(GENERATE, PLACES)._replace(system="Propose pairs.")
    found = generate([report("case-1")], senseless, short, store, amount=PairsPerReport(1, 1))
    assert found.candidates == ()
    assert len(found.failures) == 1
    assert {one.outcome for one in found.failures} <= {
        Outcome.UNPARSEABLE,
        Outcome.EMPTY,
        Outcome.TRUNCATED,
    }

    pair = candidate("On which side is the spiculated nodule?", "Right.")
    terse = load_prompt(VALIDATE, JUDGING_PLACES)._replace(system="Judge the pair.")
    judged = judge_pairs([pair], reports(), senseless, terse, store)
    assert judged.judgements == {}
    assert [one.flaw for one in judged.findings[pair.pair_id]] == [Flaw.NOT_JUDGED]

    kept = store.all().values()
    assert len(kept) == 2
    assert {one.model_version for one in kept} == {senseless.version}
    again = generate([report("case-1")], senseless, short, store, amount=PairsPerReport(1, 1))
    assert (again.asked_now, again.cached) == (0, 1)
