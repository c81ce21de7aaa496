"""Questions that wait together are asked together, and each gets its own answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from CTSpatialVQALib.backends.local_batches import Batches


def test_each_question_gets_its_own_answer_and_no_batch_mixes_groups() -> None:
    asked: list[tuple[str, list[int]]] = []

    def ask_all(group: str, ones: Sequence[int]) -> list[str]:
        asked.append((group, list(ones)))
        return [f"{group}{one}" for one in ones]

    batches = Batches(4, ask_all)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda one: batches.ask("ab"[one % 2], one), range(40)))
    assert told == [f"{'ab'[one % 2]}{one}" for one in range(40)]
    assert sorted(one for _, ones in asked for one in ones) == list(range(40))
    assert all({one % 2 for one in ones} == {"ab".index(group)} for group, ones in asked)
    sizes = [len(ones) for _, ones in asked]
    assert 1 < max(sizes) <= 4


def test_one_that_is_alone_does_not_wait_for_ever() -> None:
    assert Batches(8, lambda _group, ones: list(ones)).ask("a", 1) == 1


def test_only_one_batch_is_asked_at_a_time() -> None:
    inside = threading.Semaphore(1)

    def ask_all(_group: str, ones: Sequence[int]) -> list[int]:
        assert inside.acquire(blocking=False)
        inside.release()
        return list(ones)

    batches = Batches(2, ask_all)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda one: batches.ask("a", one), range(50))) == list(range(50))


def test_an_error_meets_everyone_who_asked_and_nobody_hangs() -> None:
    def ask_all(_group: str, ones: Sequence[int]) -> list[int]:
        raise ValueError(f"{len(ones)}")

    batches = Batches(3, ask_all)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(batches.ask, "a", one) for one in range(3)]
        for one in asked:
            with pytest.raises(ValueError, match=r"\d"):
                one.result(timeout=20)
