"""Marks that models put around their reasoning, and the text that is left without it.

One place for replies from servers, recorded predictions and judges alike: what a model considered before
it answered is never read as its answer.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# element names that hold reasoning: `<think>` (DeepSeek, Qwen), `<seed:think>` (Seed-OSS), `<scratchpad>` ...
_NAMES = (
    r"(?:[a-z_]{1,20}:)?(?:think|thinking|thoughts?|reason|reasoning|scratchpad|reflection|analysis"
    r"|rationale|chain_of_thought|cot|observations?)"
)

# opening and closing marks; the comments say which models write them
_PAIRS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(f"(?P<start>{start})|(?P<end>{end})", re.IGNORECASE)
    for start, end in (
        (rf"<\s*{_NAMES}(?:\s[^<>]{{0,80}})?>", rf"</\s*{_NAMES}\s*>"),
        (r"<unused94>(?:thought)?", r"<unused95>"),  # MedGemma 1.5: two of Gemma's unused tokens
        (r"[◁<]\|?think\|?[▷>]", r"[◁<]\|?/think\|?[▷>]"),  # Kimi
        (r"\[THINK\]", r"\[/THINK\]"),  # Magistral
        (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),  # OpenThinker
        (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),  # Command A
        (r"<\|channel>\s*thought", r"<channel\|>"),  # Gemma 4
    )
)
# gpt-oss: `<|channel|>analysis<|message|>...<|end|><|start|>assistant<|channel|>final<|message|>...`
_CHANNEL = re.compile(r"(?:<\|start\|>\s*\w*\s*)?<\|channel\|>\s*(\w+)[^<]{0,80}(?:<\|message\|>)?")
_CHANNEL_END = re.compile(r"<\|(?:end|return|call)\|>")
# the last mark before the answer proper, whatever stood before it
_SOLUTION = re.compile(r"<\|(?:begin_of_solution|START_RESPONSE)\|>", re.IGNORECASE)
_MAY_MARK = re.compile(r"[<◁]|\[/?THINK\]", re.IGNORECASE)


class Spoken(NamedTuple):
    """A text taken apart.

    text : what is meant for the reader; reasoning : what the model thought before
    """

    text: str
    reasoning: str


def apart(text: str) -> Spoken:
    """Take marked reasoning out of a text; an end without a start closes what the template had opened."""
    if not _MAY_MARK.search(text):
        return Spoken(text.strip(), "")
    thoughts: list[str] = []
    text = _without_channels(text, thoughts)
    for pair in _PAIRS:
        text = _without_pairs(text, pair, thoughts)
    solution = _SOLUTION.search(text)
    if solution:
        thoughts.append(text[: solution.start()])
        text = text[solution.end() :]
    return Spoken(text.strip(), "\n".join(part.strip() for part in thoughts if part.strip()))


def _without_pairs(text: str, pair: re.Pattern[str], thoughts: list[str]) -> str:
    """One pass from left to right: time grows with the length, however often a mark is opened."""
    kept: list[str] = []
    at, depth = 0, 0
    for mark in pair.finditer(text):
        part = text[at : mark.start()]
        at = mark.end()
        if mark.group("end") is None:
            (thoughts if depth else kept).append(part)
            depth = 1
        elif depth:
            thoughts.append(part)
            depth = 0
        else:
            thoughts.append("".join(kept) + part)  # the template had opened it
            kept = []
    (thoughts if depth else kept).append(text[at:])  # reasoning that never ends leaves no answer
    return "".join(kept)


def _without_channels(text: str, thoughts: list[str]) -> str:
    """The `final` channel where there are channels; every other one is reasoning."""
    marks = list(_CHANNEL.finditer(text)) if "<|channel|>" in text else []
    if not marks:
        return text
    final: list[str] = []
    if text[: marks[0].start()].strip():
        thoughts.append(text[: marks[0].start()])
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(text)
        body = _CHANNEL_END.split(text[mark.end() : end], maxsplit=1)[0]
        (final if mark.group(1).lower() == "final" else thoughts).append(body)
    return "\n".join(final)
