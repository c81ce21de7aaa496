"""Which questions are asked together? Those that wait at the same time and are about the same pixels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Group = TypeVar("Group")
One = TypeVar("One")
Told = TypeVar("Told")

GATHER_S = 0.05


@dataclass(eq=False)
class _Waiting(Generic[Group, One, Told]):
    group: Group
    one: One
    told: Told | None = None


class Batches(Generic[Group, One, Told]):
    """Gathers what several threads ask; whoever finds nobody asking asks for all that wait with it.

    Parameters
    ----------
    size : so many at most
    ask_all : asks one batch, answers in its order; what it raises, each of them meets by itself
    """

    def __init__(self, size: int, ask_all: Callable[[Group, Sequence[One]], Sequence[Told]]) -> None:
        self._size = size
        self._ask_all = ask_all
        self._waiting: list[_Waiting[Group, One, Told]] = []
        self._changed = threading.Condition()
        self._busy = False

    def ask(self, group: Group, one: One) -> Told:
        """The answer to `one`, asked together with others of its group."""
        mine: _Waiting[Group, One, Told] = _Waiting(group, one)
        with self._changed:
            self._waiting.append(mine)
            self._changed.notify_all()
        while mine.told is None:
            if self._my_turn(mine):
                self._ask_with_others(mine)
        return mine.told

    def _my_turn(self, mine: _Waiting[Group, One, Told]) -> bool:
        """Wait until `mine` was answered by another thread's asking (False) or may be asked (True)."""
        with self._changed:
            self._changed.wait_for(lambda: mine.told is not None or not self._busy)
            self._busy = self._busy or mine.told is None
            return mine.told is None

    def _ask_with_others(self, mine: _Waiting[Group, One, Told]) -> None:
        try:
            batch = self._gathered(mine)
            told = self._ask_all(mine.group, [waiting.one for waiting in batch])
            for waiting, answer in zip(batch, told, strict=True):
                waiting.told = answer
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _gathered(self, mine: _Waiting[Group, One, Told]) -> list[_Waiting[Group, One, Told]]:
        """`mine` and others of its group. They come at once when a batch was answered: a moment is waited."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._like(mine)) + 1 >= self._size, timeout=GATHER_S)
            batch = [mine, *self._like(mine)[: self._size - 1]]
            self._waiting = [one for one in self._waiting if one not in batch]
            return batch

    def _like(self, mine: _Waiting[Group, One, Told]) -> list[_Waiting[Group, One, Told]]:
        return [one for one in self._waiting if one is not mine and one.group == mine.group]
