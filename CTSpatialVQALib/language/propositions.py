"""Propositions of a text: subject, dimension, value, landmark, polarity, certainty and frame of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from CTSpatialVQALib.language.canonical_text import canonical
from CTSpatialVQALib.language.claims import (
    centricities_in,
    containment_of,
    depths_in,
    extent_of,
    extents_in,
    levels_in,
    numbers_in,
    sides_in,
)
from CTSpatialVQALib.language.clause_marks import Part
from CTSpatialVQALib.language.clauses import Clause, clauses_in
from CTSpatialVQALib.language.comparisons import WAY_WORDS, ways_in
from CTSpatialVQALib.language.content_words import parts_in, segments_in
from CTSpatialVQALib.language.grounding import in_table_order, read_anatomy
from CTSpatialVQALib.language.landmarks import landmark_phrases
from CTSpatialVQALib.language.polarity import yes_no_of
from CTSpatialVQALib.records.text import Claim, Landmark, Number, Proposition, Span
from CTSpatialVQALib.records.words import Dimension, Polarity

# the words by which reports name what they find; anything else is described by its structures alone
_FINDING = re.compile(
    r"\b(?:(?!no\b|an?\b|the\b|of\b|mm\b|cm\b|for\b|with\b|is\b|and\b|or\b)[a-z]+[ -])?(?:nodul\w+|"
    r"mass(?:es)?|lesions?|effusions?|opacit\w+|consolidations?|emphysem\w+|tumou?rs?|cysts?"
    r"|lymph nodes?|nodes?|calcificat\w+|atelecta\w+|fractures?|thickenings?|pneumo\w+|aneurysms?|"
    r"stones?|fluid|air"
    r"|fibros\w+|bronchiectas\w+|densit\w+|ground[- ]glass|infiltrat\w+|thromb\w+|hernia\w*|edema|"
    r"metastas\w+)\b",
    re.IGNORECASE,
)
_ANSWER_WORD = re.compile(r"\W*(?:yes|no)\W*", re.IGNORECASE)
_COUNT = re.compile(
    r"\b\d+ (?!mm\b|cm\b|ml\b|x\b)(?:\w+ ){0,2}?(?:nodul|node|lesion|rib|cyst|mass|foc)\w*", re.IGNORECASE
)


@lru_cache(maxsize=10_000)
def propositions_in(text: str) -> tuple[Proposition, ...]:
    """Everything that a text says about place, in text order."""
    return tuple(proposition for clause in clauses_in(text) for proposition in of_clause(clause))


@lru_cache(maxsize=40_000)
def parse_claims(text: str) -> tuple[Claim, ...]:
    """The spatial statements of a text, in text order, each with its propositions.

    A leading `yes` or `no` before a statement answers the question and does not negate the statement
    (`No, it lies in the left lung` affirms the left lung); alone it is a claim without content.
    A statement of normality (`the liver is normal`) counts as negated: it denies a finding there.
    """
    clauses = clauses_in(text)
    stated = [clause for clause in clauses if not _ANSWER_WORD.fullmatch(clause.words)]
    return tuple(_claim(clause) for clause in stated or clauses)


def polarity_of(text: str) -> Polarity | None:
    """Whether a text as a whole affirms or denies; None for a text without words.

    A leading yes or no decides, then the first statement.
    """
    leading = yes_no_of(text)
    if leading is not None:
        return Polarity.AFFIRMED if leading else Polarity.NEGATED
    claims = parse_claims(text)
    return claims[0].polarity if claims else None


def of_clause(clause: Clause) -> tuple[Proposition, ...]:
    """What one clause says; a clause that abstains or tells what is usual says nothing."""
    if clause.part in (Part.ABSTENTION, Part.GENERAL):
        return ()
    read = read_anatomy(canonical(clause.words))
    found = _FINDING.search(clause.words)
    values = list(_values(clause.words)) or [(Dimension.PRESENCE, "", None)]
    if found and not any(dimension is Dimension.PRESENCE for dimension, _, _ in values):
        values.insert(0, (Dimension.PRESENCE, "", None))
    return tuple(
        Proposition(
            span=Span(start=clause.start, end=clause.end),
            structures=in_table_order(read.structures),
            regions=read.regions,
            finding=found.group().lower() if found else "",
            dimension=dimension,
            value=value,
            landmark=landmark,
            polarity=Polarity.NEGATED if clause.denied else clause.polarity,
            certainty=clause.certainty,
            frame=clause.frame,
        )
        for dimension, value, landmark in values
    )


def _values(words: str) -> Iterator[tuple[Dimension, str, Landmark | None]]:
    """Each dimension that the words speak of, with its value."""
    landmarks = landmark_phrases(words)
    plain = words
    for phrase in landmarks:
        plain = plain.replace(phrase, " ")
    spelt = canonical(plain)
    yield from ((Dimension.SIDE, str(side), None) for side in sorted(sides_in(spelt)))
    read = read_anatomy(spelt)
    lobes = [name for name in in_table_order(read.structures) if name.startswith("lung_")]
    yield from (
        (Dimension.LOBE, name.removeprefix("lung_"), None) for name in lobes if len(lobes) < _MANY_LOBES
    )
    vertebrae = [name for name in in_table_order(read.structures) if name.startswith("vertebrae_")]
    for name in vertebrae if len(vertebrae) < _MANY_LOBES else []:
        yield Dimension.LEVEL, name.removeprefix("vertebrae_"), None
    if not lobes:
        yield from ((Dimension.LEVEL, str(level), None) for level in sorted(levels_in(spelt)))
        yield from ((Dimension.PART, part, None) for part in sorted(parts_in(spelt)) if not levels_in(spelt))
    yield from (
        (Dimension.SEGMENT, name, None) for name in sorted(segments_in(spelt)) if lobes or "segment" in spelt
    )
    yield from ((Dimension.PLACE, region, None) for region in read.regions)
    yield from ((Dimension.DEPTH, str(depth), None) for depth in sorted(depths_in(plain)))
    yield from ((Dimension.CENTRICITY, str(one), None) for one in sorted(centricities_in(plain)))
    yield from ((Dimension.EXTENT, extent, None) for extent in sorted(extents_in(plain)))
    yield from _relations(landmarks)
    counted = _COUNT.search(spelt)
    for number in numbers_in(spelt):
        if number.unit:
            yield Dimension.SIZE, _spoken(number), None
        elif counted:
            yield Dimension.COUNT, _spoken(number), None


_MANY_LOBES = 5  # all lobes, or the whole spine, are no lobe and no level


def _relations(phrases: list[str]) -> Iterator[tuple[Dimension, str, Landmark | None]]:
    for phrase in phrases:
        read = read_anatomy(canonical(phrase))
        landmark = Landmark(
            words=phrase.strip(" ,"), structures=in_table_order(read.structures), regions=read.regions
        )
        ways = ways_in(phrase)
        inside = containment_of(phrase)
        if ways:
            yield Dimension.RELATION, WAY_WORDS[ways[0][0]], landmark
        elif inside:
            yield Dimension.CONTAINMENT, inside, landmark
        else:
            yield Dimension.RELATION, phrase.split()[0].strip(",").lower(), landmark


def _spoken(number: Number) -> str:
    return f"{number.value:g} {number.unit}".strip()


def _claim(clause: Clause) -> Claim:
    read = read_anatomy(clause.words)
    centricity = centricities_in(clause.words)
    return Claim(
        span=Span(start=clause.start, end=clause.end),
        words=clause.words,
        polarity=Polarity.NEGATED if clause.denied else clause.polarity,
        certainty=clause.certainty,
        frame=clause.frame,
        part=str(clause.part),
        no_answer=clause.abstains,
        structures=in_table_order(read.structures),
        regions=read.regions,
        sides=sides_in(clause.words),
        levels=levels_in(clause.words),
        depths=depths_in(clause.words),
        centricity=next(iter(centricity)) if len(centricity) == 1 else None,
        containment=containment_of(clause.words),
        extent=extent_of(clause.words),
        numbers=numbers_in(clause.words),
        propositions=of_clause(clause),
    )
