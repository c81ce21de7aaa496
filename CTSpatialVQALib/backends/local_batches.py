"""Batches of questions: those that wait at the same time and are about the same pixels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Group = TypeVar("Group")
Request = TypeVar("Request")
Reply = TypeVar("Reply")

GATHER_S = 0.05


@dataclass(eq=False)
class _Waiting(Generic[Group, Request, Reply]):
    group: Group
    request: Request
    reply: Reply | None = None


class Batches(Generic[Group, Request, Reply]):
    """Gathers what several threads ask; whoever finds nobody asking asks for all that wait with it.

    Parameters
    ----------
    size : so many at most
    ask_all : asks one batch, answers in its order; what it raises, each of them meets by itself
    """

    def __init__(self, size: int, ask_all: Callable[[Group, Sequence[Request]], Sequence[Reply]]) -> None:
        self._size = size
        self._ask_all = ask_all
        self._waiting: list[_Waiting[Group, Request, Reply]] = []
        self._changed = threading.Condition()
        self._busy = False

    def ask(self, group: Group, request: Request) -> Reply:
        """The answer to `one`, asked together with others of its group."""
        mine: _Waiting[Group, Request, Reply] = _Waiting(group, request)
        with self._changed:
            self._waiting.append(mine)
            self._changed.notify_all()
        while mine.reply is None:
            if self._my_turn(mine):
                self._ask_with_others(mine)
        return mine.reply

    def _my_turn(self, mine: _Waiting[Group, Request, Reply]) -> bool:
        """Wait until `mine` was answered by another thread's asking (False) or may be asked (True)."""
        with self._changed:
            self._changed.wait_for(lambda: mine.reply is not None or not self._busy)
            self._busy = self._busy or mine.reply is None
            return mine.reply is None

    def _ask_with_others(self, mine: _Waiting[Group, Request, Reply]) -> None:
        try:
            batch = self._gathered(mine)
            reply = self._ask_all(mine.group, [waiting.request for waiting in batch])
            for waiting, answer in zip(batch, reply, strict=True):
                waiting.reply = answer
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _gathered(self, mine: _Waiting[Group, Request, Reply]) -> list[_Waiting[Group, Request, Reply]]:
        """`mine` and others of its group. They come at once when a batch was answered: a moment is waited."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._like(mine)) + 1 >= self._size, timeout=GATHER_S)
            batch = [mine, *self._like(mine)[: self._size - 1]]
            self._waiting = [waiting for waiting in self._waiting if waiting not in batch]
            return batch

    def _like(self, mine: _Waiting[Group, Request, Reply]) -> list[_Waiting[Group, Request, Reply]]:
        return [waiting for waiting in self._waiting if waiting is not mine and waiting.group == mine.group]
