"""Which part of a model's output is its answer? Markers, run-on dialogue and leaked prompts are cut off.

Published prediction files carry them by the thousand; each cut is named, so that a score can say what
it did and a reader can switch it off.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_MARKER = re.compile(
    r"</?s>|<\|?/?(?:im_start|im_end|endoftext|end|eot_id|assistant|user|system|pad|unk|bos|eos)\|?>"
    r"|\[/?INST\]|<unk>|<pad>",
    re.IGNORECASE,
)
_RUN_ON = re.compile(r"(?:^|[\s.?!])(?:Question|User|Human|Q)\s*[:：]", re.IGNORECASE)
_LEADING_LABEL = re.compile(
    r"^\W*(?:final\s+)?(?:answer|assistant|response|prediction|a)\s*[:：]\s*", re.IGNORECASE
)
_SECOND_ANSWER = re.compile(r"(?<=\S)\s*\b(?:answer|assistant|response)\s*[:：]", re.IGNORECASE)
_PROMPT = re.compile(
    r"^(?:you are (?:an?|the) [^.]{0,200}(?:assistant|radiologist|expert|model)[^.]*\."
    r"|(?:please )?answer the (?:following )?question[^.:]*[.:]"
    r"|<image>|<im_patch>|based on the (?:provided |given )?(?:ct|image|scan|volume)[^,.:]*[,:])\s*",
    re.IGNORECASE,
)


class Cleaned(NamedTuple):
    """What is left of an output, and what was cut from it (empty if nothing was)."""

    text: str
    cuts: tuple[str, ...]


def clean_prediction(prediction: str) -> Cleaned:
    """The first answer in a model's output."""
    cuts: list[str] = []
    text = prediction
    for what, pattern, cut in (
        ("marker", _MARKER, _without),
        ("leaked prompt", _PROMPT, _without_start),
        ("label", _LEADING_LABEL, _without_start),
        ("run-on dialogue", _RUN_ON, _before),
        ("second answer", _SECOND_ANSWER, _before),
    ):
        shorter = cut(pattern, text).strip()
        if shorter != text.strip():
            cuts.append(what)
        text = shorter
    return Cleaned(" ".join(text.split()), tuple(cuts))


def _without(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(" ", text)


def _without_start(pattern: re.Pattern[str], text: str) -> str:
    text = text.strip()
    while found := pattern.match(text):
        text = text[found.end() :]
    return text


def _before(pattern: re.Pattern[str], text: str) -> str:
    """The text before the pattern; a dialogue at the very start leaves what follows its own answer label."""
    found = pattern.search(text)
    if found is None:
        return text
    if text[: found.start()].strip():
        return text[: found.start() + 1]
    answer = _SECOND_ANSWER.search(text, found.end())
    return _before(pattern, text[answer.end() :].strip()) if answer else text[found.end() :]
