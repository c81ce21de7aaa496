"""Who reads what: everything is read, the same everywhere, and nobody gets much more than another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.reading.assignment import assign, dealt_order, share_of
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.study import AssignmentRules, ReadingRules
from Testing.reading.tables import question

READERS = ("anna", "ben", "carla")
CASE_SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=12)
SHARES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])


def of_cases(sizes: list[int]) -> list[Question]:
    return [question(case, number) for case, size in enumerate(sizes) for number in range(size)]


@given(sizes=CASE_SIZES, seed=st.integers(0, 5), overlap=SHARES, by_case=st.booleans())
def test_a_split_is_complete_balanced_and_overlaps_as_stated(
    sizes: list[int], seed: int, overlap: float, by_case: bool
) -> None:
    questions = of_cases(sizes)
    unit = "case" if by_case else "question"
    rules = AssignmentRules(readers=READERS, scheme="split", unit=unit, overlap=overlap)
    hands = [share.questions for share in assign(rules, seed, questions).values()]

    assert frozenset().union(*hands) == {one.question_id for one in questions}
    units = {one.question_id: one.case_id if by_case else one.question_id for one in questions}
    common = {units[one] for one in frozenset.intersection(*hands)}
    count = len(set(units.values()))
    assert len(common) == (min(count, max(1, round(overlap * count))) if overlap else 0)
    for one in questions:
        holders = sum(one.question_id in hand for hand in hands)
        assert holders == (len(READERS) if units[one.question_id] in common else 1)
    assert max(map(len, hands)) - min(map(len, hands)) <= (max(sizes) if by_case else 1)


@given(sizes=CASE_SIZES, seed=st.integers(0, 5), repeats=SHARES, scheme=st.sampled_from(["all", "split"]))
def test_repeats_are_a_share_of_each_readers_own_questions(
    sizes: list[int], seed: int, repeats: float, scheme: str
) -> None:
    rules = AssignmentRules.model_validate({"readers": READERS, "scheme": scheme, "repeats": repeats})
    for share in assign(rules, seed, of_cases(sizes)).values():
        assert share.repeated <= share.questions
        least = 1 if repeats and share.questions else 0
        assert len(share.repeated) == max(least, round(repeats * len(share.questions)))


@given(sizes=CASE_SIZES, seed=st.integers(0, 5), order=st.randoms(use_true_random=False))
def test_the_assignment_does_not_depend_on_the_order_of_questions_or_readers(
    sizes: list[int], seed: int, order: object
) -> None:
    questions = of_cases(sizes)
    rules = AssignmentRules(readers=READERS, scheme="split", overlap=0.25, repeats=0.5)
    expected = assign(rules, seed, questions)
    order.shuffle(questions)  # type: ignore[attr-defined]
    turned = rules.model_copy(update={"readers": READERS[::-1]})
    assert assign(turned, seed, questions) == expected


def test_all_gives_everyone_everything() -> None:
    questions = of_cases([2, 3])
    for share in assign(AssignmentRules(readers=READERS), 0, questions).values():
        assert share.questions == {one.question_id for one in questions}
        assert not share.repeated


def test_a_split_by_case_never_divides_a_case() -> None:
    hands = assign(AssignmentRules(readers=READERS, scheme="split"), 1, of_cases([4, 4, 4, 4]))
    for case in range(4):
        ids = {f"case-{case}::{number}" for number in range(4)}
        assert [len(ids & share.questions) for share in hands.values()].count(4) == 1


def test_another_seed_deals_otherwise() -> None:
    rules = AssignmentRules(readers=READERS, scheme="split", unit="question")
    questions = of_cases([5, 5, 5])
    assert len({str(sorted(assign(rules, seed, questions)["anna"].questions)) for seed in range(5)}) == 5


def test_the_order_dealt_is_the_same_on_every_computer() -> None:
    # written down once: a study that is half read must not be dealt anew by another version
    assert dealt_order("abcde", 0, "unit") == ["b", "d", "c", "e", "a"]


def test_a_reader_the_study_does_not_know_is_refused() -> None:
    rules = ReadingRules(assignment=AssignmentRules(readers=READERS))
    with pytest.raises(BadInput, match=r"a reader of this study \(anna, ben, carla\), but found 'dora'"):
        share_of("dora", rules, of_cases([1]))


def test_without_an_assignment_anyone_reads_everything_once() -> None:
    share = share_of("dora", ReadingRules(), of_cases([2]))
    assert (len(share.questions), len(share.repeated)) == (2, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"readers": ()},
        {"readers": ("anna", "anna")},
        {"readers": READERS, "overlap": 0.5},
        {"readers": READERS, "scheme": "split", "overlap": 1.5},
        {"readers": READERS, "repeats": -0.1},
    ],
    ids=str,
)
def test_contradictory_rules_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="AssignmentRules"):
        AssignmentRules.model_validate(wrong)
