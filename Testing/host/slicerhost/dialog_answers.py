"""The reader's answers to dialogs that would wait for a person, given by the test beforehand.

A dialog that nobody answers is an error: it would hang a test run and surprise a reader.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple


class Message(NamedTuple):
    """A message that the module displayed, and how loud it was ('info', 'warning' or 'error')."""

    level: str
    text: str


class Conversation:
    """Answers still to be given, and what was said."""

    def __init__(self) -> None:
        self.to_give: deque[Any] = deque()
        self.messages: list[Message] = []

    def next(self, dialog: str) -> Any:
        """The next answer; RuntimeError where the test gave none."""
        if not self.to_give:
            raise RuntimeError(f"{dialog} was asked, and the test has no answer ready: host.answer(...)")
        return self.to_give.popleft()

    def forget(self) -> None:
        """Start again."""
        self.to_give.clear()
        self.messages.clear()


CONVERSATION = Conversation()
