"""What stays, what goes and why: rules and judging model together, each exclusion counted once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from CTSpatialVQALib.construction.chat_store import ChatStore
from CTSpatialVQALib.construction.pair_flaws import MARKED, Finding, Flaw
from CTSpatialVQALib.construction.pair_judging import PLACES, JudgedPairs, judge_pairs
from CTSpatialVQALib.construction.prompts import VALIDATE, load_prompt
from CTSpatialVQALib.construction.validate import AUDIT, STAGES, Policy, survivors, validated
from CTSpatialVQALib.errors import BadInput
from Testing.construction.conftest import asked_of
from Testing.construction.pair_server import Scripted
from Testing.construction.samples import candidate, reports

PROMPT = load_prompt(VALIDATE, PLACES)
NODULE = candidate("On which side is the spiculated nodule?", "Right.")
BULLA = candidate("On which side is the thin-walled bulla?", "Left.", number=1)
GOITRE = candidate("On which side is the small goitre?", "Left.", case_id="case-2")
PAIRS = (NODULE, BULLA, GOITRE)
ModelOf = Callable[[str], Scripted]


def judged(one: Scripted, store: ChatStore) -> JudgedPairs:
    return judge_pairs(PAIRS, reports(), asked_of(one), PROMPT, store)


def flaws(found: JudgedPairs, pair_id: str) -> list[Flaw]:
    return [finding.flaw for finding in found.findings[pair_id]]


def test_each_pair_gets_its_own_judgement_with_the_reason(scripted: ModelOf, store: ChatStore) -> None:
    found = judged(scripted("judge"), store)
    assert flaws(found, NODULE.pair_id) == flaws(found, BULLA.pair_id) == []
    assert found.findings[GOITRE.pair_id] == (Finding(Flaw.JUDGED_UNSUPPORTED, "looked it up"),)
    assert len(found.judgements) == 3


@pytest.mark.parametrize(
    ("manner", "flaw"),
    [
        ("judge-strict", Flaw.JUDGED_AMBIGUOUS),
        ("judge-wordy", Flaw.JUDGED_WORDY),
        ("judge-not-spatial", Flaw.JUDGED_NOT_SPATIAL),
    ],
)
def test_every_aspect_has_its_flaw(manner: str, flaw: Flaw, scripted: ModelOf, store: ChatStore) -> None:
    assert flaws(judged(scripted(manner), store), NODULE.pair_id) == [flaw]


@pytest.mark.parametrize("manner", ["judge-of-another", "judge-in-words", "judge-terse", "silent"])
def test_what_is_no_judgement_of_this_pair_judges_nothing(
    manner: str, scripted: ModelOf, store: ChatStore
) -> None:
    found = judged(scripted(manner), store)
    assert found.judgements == {}
    assert all(flaws(found, one.pair_id) == [Flaw.NOT_JUDGED] for one in PAIRS)
    assert sum(found.outcomes.values()) == 3
    assert "answered" not in found.outcomes


def test_judgements_are_kept_and_not_asked_for_again(scripted: ModelOf, store: ChatStore) -> None:
    model = scripted("judge")
    first, second = judged(model, store), judged(model, store)
    assert (first.asked_now, second.asked_now, second.cached) == (3, 0, 3)
    assert second.findings == first.findings
    assert len(model.asked()) == 3


def test_the_report_stands_before_the_pair(scripted: ModelOf, store: ChatStore) -> None:
    model = scripted("judge")
    judged(model, store)
    for asked in model.asked():
        text = asked["messages"][-1]["content"]
        assert 0 < text.index("findings") < text.index("question")


def finding(flaw: Flaw) -> Finding:
    return Finding(flaw, f"because of {flaw}")


def test_a_pair_counts_at_its_first_stage_and_keeps_all_its_reasons() -> None:
    found = {NODULE.pair_id: [finding(Flaw.JUDGED_AMBIGUOUS), finding(Flaw.BLIND), finding(Flaw.LEAKED)]}
    result = validated(PAIRS, found, Policy())
    assert [one.pair_id for one in result.kept] == [BULLA.pair_id, GOITRE.pair_id]
    (out,) = result.excluded
    assert out.reason is Flaw.LEAKED
    assert {one.flaw for one in out.findings} == {Flaw.LEAKED, Flaw.BLIND, Flaw.JUDGED_AMBIGUOUS}
    assert [(stage.name, stage.entered, stage.left) for stage in result.flow][:2] == [
        ("its words", 3, 2),
        ("duplicates", 2, 2),
    ]


def test_the_flow_adds_up_for_every_flaw() -> None:
    many = [candidate("On which side?", "Left.", number=number) for number in range(len(Flaw))]
    found = {one.pair_id: [finding(flaw)] for one, flaw in zip(many, Flaw, strict=True)}
    result = validated(many, found, Policy(frozenset(Flaw)))
    assert result.kept == ()
    for before, after in zip(result.flow, result.flow[1:], strict=False):
        assert before.left == after.entered == before.entered - sum(before.excluded.values())
    assert result.flow[-1].left == 0


def test_every_flaw_stands_in_exactly_one_stage() -> None:
    staged = [flaw for flaws in STAGES.values() for flaw in flaws]
    assert sorted(staged) == sorted(Flaw)


def test_what_is_only_marked_stays_on_the_pair() -> None:
    found = {NODULE.pair_id: [finding(flaw) for flaw in sorted(MARKED)]}
    result = validated([NODULE], found, Policy())
    assert [mark.flaw for mark in result.kept[0].marks] == sorted(MARKED)
    again = validated(result.kept, found, Policy())
    assert again.kept == result.kept


def test_the_user_moves_flaws_over() -> None:
    policy = Policy.of(exclude=["blind"], mark=["leaked"])
    found = {NODULE.pair_id: [finding(Flaw.LEAKED)], BULLA.pair_id: [finding(Flaw.BLIND)]}
    assert survivors(PAIRS, found, policy) == (NODULE, GOITRE)
    with pytest.raises(BadInput, match="both ways"):
        Policy.of(exclude=["blind"], mark=["blind"])
    with pytest.raises(BadInput, match="spelt_wrong"):
        Policy.of(exclude=["spelt_wrong"])


def test_a_stage_that_was_not_gone_through_is_not_told() -> None:
    names = [stage.name for stage in validated(PAIRS, {}, Policy(), skipped=[AUDIT]).flow]
    assert AUDIT not in names
    assert len(names) == len(STAGES) - 1
