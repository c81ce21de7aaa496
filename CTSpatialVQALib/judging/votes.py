"""From a judge's reply to votes; what is not clearly a verdict is no vote."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from CTSpatialVQALib.errors import one_line, shown
from CTSpatialVQALib.judging.placeholders import is_placeholder
from CTSpatialVQALib.judging.prompt import VERDICTS
from CTSpatialVQALib.language.reasoning_marks import apart
from CTSpatialVQALib.records.words import ErrorType

# a broken reply is searched from brace to brace, which must have an end
_MOST_CHARACTERS = 24_000
_MOST_STARTS = 200
_MEANS: Mapping[str, bool | None] = dict(zip(VERDICTS, (True, False, None, None), strict=True))
NO_ANSWER = "no answer: "  # how the reason begins where the judge found no answer to judge
_NOTHING = frozenset({"", "null", "none", "n/a"})


class JudgeFinding(NamedTuple):
    """What a judge said of one item; `correct` is None for no vote, with the reason.

    answered : the judge gave a verdict, if only that it cannot tell, or that the text is no answer
    """

    correct: bool | None
    error_type: ErrorType | None
    reason: str
    answered: bool = True


class _Twice(ValueError):
    """A key stands twice in one object, so it says two things."""


def read_verdicts(reply: str, ids: Collection[str]) -> Mapping[str, JudgeFinding]:
    """The verdicts of a reply, one entry for each of `ids`.

    Only objects that name one of the ids count, wherever in the reply they stand; never their place.
    """
    if len(reply) > _MOST_CHARACTERS:
        return dict.fromkeys(ids, _no_vote(f"a reply of {len(reply)} characters is not read"))
    by_id: dict[str, list[Mapping[str, object]]] = {name: [] for name in ids}
    for entry in _entries(apart(reply).text):
        name = entry.get("id")
        if isinstance(name, str) and name in by_id:
            by_id[name].append(entry)
    return {name: _finding(entries) for name, entries in by_id.items()}


def _finding(entries: list[Mapping[str, object]]) -> JudgeFinding:
    if not entries:
        return _no_vote("the reply holds no verdict under this item's id")
    if len({str(entry.get("verdict")) for entry in entries}) > 1:
        return _no_vote("the reply holds two different verdicts under this item's id")
    verdict, error = entries[0].get("verdict"), entries[0].get("error_type")
    reason = one_line(str(entries[0].get("reason") or ""))
    if not isinstance(verdict, str) or verdict not in _MEANS:
        return _no_vote(f"the verdict is {shown(verdict)}, not one of {', '.join(VERDICTS)}")
    if is_placeholder(reason):
        return _no_vote(f"the reason is the placeholder {shown(reason)}")
    correct = _MEANS[verdict]
    if correct is True and not _is_none(error):
        return _no_vote(f"the verdict is 'correct' and the error type {shown(error)}: two things")
    if verdict == "no_answer":
        return JudgeFinding(None, None, f"{NO_ANSWER}{reason}")
    if correct is None:
        return _no_vote(f"the judge cannot tell: {reason}", answered=True)
    return JudgeFinding(correct, _error(error), reason)


def _error(value: object) -> ErrorType | None:
    """The error type where it is one of ours; the verdict stands without it."""
    return ErrorType(value) if isinstance(value, str) and value in set(ErrorType) else None


def _is_none(error: object) -> bool:
    """Whether a judge names no error type, in the ways in which models write nothing."""
    return error is None or (isinstance(error, str) and error.strip().lower() in _NOTHING)


def _no_vote(reason: str, *, answered: bool = False) -> JudgeFinding:
    return JudgeFinding(None, None, f"no vote: {reason}", answered)


def _entries(text: str) -> Iterator[Mapping[str, object]]:
    """Every outermost JSON object in a text; of one that lists verdicts, these."""
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    at = text.find("{")
    starts = 0
    while at >= 0 and (starts := starts + 1) <= _MOST_STARTS:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield from _verdicts_of(value)
        at = text.find("{", end)


def _verdicts_of(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, dict):
        listed = value.get("verdicts")
        yield from (
            entry for entry in (listed if isinstance(listed, list) else [value]) if isinstance(entry, dict)
        )


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _Twice("a key stands twice")
    return dict(pairs)
