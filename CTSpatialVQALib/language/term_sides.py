"""To which side does a term belong? `upper and middle lobes of the right lung` and its relatives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from CTSpatialVQALib.language.lexicon import Lexeme
from CTSpatialVQALib.language.noun_phrases import JOINERS, LUNG_FAMILY, Item, gap_words
from CTSpatialVQALib.language.tokens import Token

_LOBAR = frozenset({"lobe", "segment"})
_STOPS = frozenset({".", ";", "?", "!"})
_PREPOSITIONS = frozenset({"of", "in", "within", "on", "at"})
_ARTICLES = frozenset({"the", "a", "its"})
# words that stand inside a noun group without ending it
_PARTS = frozenset(
    "segment lobe part portion level area region parenchyma pole zone side aspect subsegment section".split()
)
_CHAIN = JOINERS | _PARTS | frozenset({"lung", "sided", "(", ")", ":", "'"})
_LEVEL_WORDS = frozenset({"upper", "middle", "lower"})
_ONE_LOBE = frozenset({"apicoposterior", "anterior", "posterior", "superior", "lingular", "basal"})
_FURTHER = frozenset("especially also more mainly mostly prominent predominantly and or but".split())
_NARROWING = frozenset(", in the at of within on - : ( its parenchyma level".split())


class _Event(NamedTuple):
    first: int
    last: int
    side: frozenset[str] | None
    item: Item | None


class _Reader:
    """Walks through one clause; holds which side was named last and which terms still wait for theirs."""

    def __init__(self, tokens: list[Token], events: list[_Event]) -> None:
        self._tokens, self._events = tokens, events
        self._pending: list[Item] = []
        self._settled: list[Item] = []
        self._side: frozenset[str] | None = None
        self._side_at = self._previous = -1
        self._previous_was_side = False

    def read(self) -> None:
        for event in self._events:
            if event.item is None:
                self._meet_side(event)
            else:
                self._meet_item(event.item)
            self._previous, self._previous_was_side = event.last, event.item is None
        self._settle(None)

    def _meet_side(self, event: _Event) -> None:
        side = event.side or frozenset()
        gap = gap_words(self._tokens, self._previous, event.first)
        if self._previous_was_side and self._side and (JOINERS | _ARTICLES).issuperset(gap):
            side |= self._side  # "on the right, on the left or both"
            for item in self._settled:
                item.sides = side
        elif self._pending and self._follows_its_terms(event.first):
            self._settle(side)
        else:
            self._settle(None)
        self._side, self._side_at = side, event.last

    def _follows_its_terms(self, first: int) -> bool:
        """`upper lobe OF THE right lung`: a preposition stands between the terms and the side."""
        if self._previous == first - 1 and self._word(first + 1) == "lung":
            return True  # "the apical left lung"
        place = first - 1
        while place >= 0 and self._tokens[place].word in _ARTICLES:
            place -= 1
        if place <= 0 or self._tokens[place].word not in _PREPOSITIONS:
            return False
        gap = gap_words(self._tokens, self._previous, place)
        unknown = [word for word in gap if word not in _CHAIN]
        return len(unknown) <= 2 and not (JOINERS & set(gap) and unknown) and not _FURTHER.intersection(gap)

    def _meet_item(self, item: Item) -> None:
        if item.sides is not None:
            return
        gap = gap_words(self._tokens, self._side_at, item.first) if self._side else []
        unknown = [word for word in gap if word not in _CHAIN and not self._known(word)]
        if (
            self._side
            and not JOINERS.intersection(gap)
            and (not unknown or (len(unknown) == len(gap) == 1 and self._previous_was_side))
            and not _PREPOSITIONS.intersection(gap)
        ):
            item.sides, item.strong = self._side, True
            return
        step = gap_words(self._tokens, self._previous, item.first)
        near = JOINERS.issuperset(step) or (not self._previous_was_side and not step)
        if self._side and (item.kind in LUNG_FAMILY or self._inherits(item, near, unknown)):
            item.sides = self._side
        self._pending.append(item)

    def _word(self, place: int) -> str:
        return self._tokens[place].word if place < len(self._tokens) else ""

    @staticmethod
    def _inherits(item: Item, near: bool, unknown: list[str]) -> bool:
        if item.kind == "rib":  # "on the left side, in the front part of the 4th rib"
            return len([word for word in unknown if word not in _PREPOSITIONS | _ARTICLES]) <= 1
        return near and not item.plural

    def _known(self, word: str) -> bool:
        return any(
            token.word == word
            for event in self._events
            if event.item is not None
            for token in self._tokens[event.first : event.last + 1]
        ) or word in ("upper", "middle", "lower", "mid", "anterior", "posterior", "lateral", "medial", "main")

    def _settle(self, side: frozenset[str] | None) -> None:
        self._settled = self._pending if side else []
        for item in self._settled:
            item.sides, item.strong = side, True
        self._pending = []


def side_words(tokens: list[Token], lexemes: list[Lexeme]) -> list[Lexeme]:
    """The entries that say a side of the patient; a `both` that joins two levels says none."""
    return [one for one in lexemes if one.term.kind == "side" and not _joins_levels(tokens, one)]


def resolve_sides(tokens: list[Token], lexemes: list[Lexeme], items: list[Item]) -> None:
    """Fill in `sides` of the items; those that no side word reaches keep None."""
    sides = [_Event(one.first, one.last, one.term.sides, None) for one in side_words(tokens, lexemes)]
    events = [*sides, *(_Event(one.first, one.last, None, one) for one in items)]
    events.sort(key=lambda event: event.first)
    for clause in _clauses(tokens, events):
        _Reader(tokens, clause).read()
    for item in items:
        is_adjective = item.kind == "organ" or (item.kind == "lobe" and not item.explicit)
        if is_adjective and item.sides is None and not item.plural:
            item.sides = _side_of_namesake(item, items)


def _joins_levels(tokens: list[Token], side: Lexeme) -> bool:
    """`both the middle and lower lobes` joins two levels; `both lower lobes` says the sides."""
    if tokens[side.first].word != "both":
        return False
    words = [token.word for token in tokens[side.last + 1 : side.last + 6] if token.word not in _ARTICLES]
    if not words or words[0] not in _LEVEL_WORDS:
        return False
    joined = len(words) > 2 and words[1] in JOINERS and words[2] in _LEVEL_WORDS
    place = next((token for token in tokens[side.last + 1 : side.last + 5] if token.word == "lobe"), None)
    return joined or (place is not None and not place.plural and len(words) > 2 and words[2] in _ONE_LOBE)


def _side_of_namesake(item: Item, items: list[Item]) -> frozenset[str] | None:
    """`renal cyst in the left kidney`, `apical, right upper lobe`: the adjective takes the noun's side."""
    sided = [
        other.sides
        for other in items
        if other.sides and (other.kind, other.names, other.levels) == (item.kind, item.names, item.levels)
    ]
    return frozenset().union(*sided) if sided else None


def _clauses(tokens: list[Token], events: list[_Event]) -> Iterator[list[_Event]]:
    clause: list[_Event] = []
    for event in events:
        if clause and _STOPS.intersection(gap_words(tokens, clause[-1].last, event.first)):
            yield clause
            clause = []
        clause.append(event)
    if clause:
        yield clause


def narrowed_lungs(tokens: list[Token], lexemes: list[Lexeme], items: list[Item]) -> list[Item]:
    """The lungs that only carry the side of a lobe: `upper lobe of the right lung` names one lobe."""
    passed = {
        place
        for one in lexemes
        if one.term.kind in ("side", "level", "lobe_head", "segment_head", "segment") or one.term.detail
        for place in range(one.first, one.last + 1)
    }
    absorbed: list[Item] = []
    for at, item in enumerate(items):
        if item.kind != "lung":
            continue
        before = next((one for one in reversed(items[:at]) if not one.term.detail), None)
        after = next((one for one in items[at + 1 :] if not one.term.detail), None)
        narrows = after and after.kind in _LOBAR and _narrows(tokens, item.last, after.first, passed)
        belongs = before and before.kind in _LOBAR and _belongs(tokens, before.last, item.first, passed)
        if narrows or belongs:
            absorbed.append(item)
    return absorbed


def _narrows(tokens: list[Token], last: int, first: int, passed: set[int]) -> bool:
    sides = [
        tokens[place].word for place in range(last + 1, first) if tokens[place].word in ("left", "right")
    ]
    return not sides and all(
        place in passed or tokens[place].word in _NARROWING for place in range(last + 1, first)
    )


def _belongs(tokens: list[Token], last: int, first: int, passed: set[int]) -> bool:
    """`upper lobe (posterior, dorsal area) in the right lung`: at most two words that are no anatomy."""
    words = gap_words(tokens, last, first)
    unknown = [
        place
        for place in range(last + 1, first)
        if place not in passed and tokens[place].word not in _PREPOSITIONS | _ARTICLES | _PARTS
    ]
    return (
        not (_FURTHER | JOINERS | _STOPS).intersection(words)
        and (bool(_PREPOSITIONS.intersection(words)) or not words or words in (["left"], ["right"]))
        and len(unknown) <= 2
    )
