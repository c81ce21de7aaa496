"""What an answer asserts of what was asked, what it denies, and whether it is an answer at all.

The clauses of a text are weighed against the question: textbook knowledge, what was only considered, what
is past, and remarks on other matters fall away; an announced conclusion outweighs what stands before it.
Where the clauses leave open what is meant, the reading says so instead of choosing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from CTSpatialVQALib.language.canonical_text import canonical
from CTSpatialVQALib.language.claims import (
    centricities_in,
    depths_in,
    extents_in,
    lateral_set,
    levels_in,
    numbers_in,
)
from CTSpatialVQALib.language.clause_marks import Part
from CTSpatialVQALib.language.clauses import Clause, clauses_in
from CTSpatialVQALib.language.content_words import content, parts_in, segments_in
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.no_answers import broken_output
from CTSpatialVQALib.language.polarity import denies
from CTSpatialVQALib.records.words import Certainty, Frame, NoAnswer, Side

_I = re.IGNORECASE
_BOTH = frozenset({Side.LEFT, Side.RIGHT})
_AFFIRMS = r"yes|yep|yeah|correct|affirmative|indeed|true|absolutely|definitely|that['’]s right|exactly"
_DENIES = r"no|nope|negative|false|incorrect|not at all"
_LEADING = re.compile(rf"^\W*(?:(?P<yes>{_AFFIRMS})|(?P<no>{_DENIES}))\b(?=\W|$)(?!\s+\w*(?:\.\d))", _I)
_TRAILING = re.compile(
    r"[,;.:–-]\s*(?:(?P<yes>yes)|(?P<no>no))\W*$|\b(?:answer|conclusion) is (?:(?P<y>yes)|(?P<n>no))\b", _I
)
_BOTH_WORDS = re.compile(r"^\W*(?:yes|no)\W*(?:or|/|and)\W*(?:yes|no)\b", _I)
_NO_WITH_NOUN = re.compile(r"^\W*no\s+(?!(?:they|it|the|this|these|there|that|we|i|he|she)\b)\w", _I)
_SUBJECT_OF = re.compile(
    r"^(?:and |so |then |also |in addition,? |moreover,? )?(?P<subject>(?:there(?: is| are| was| were|"
    r"['’]s)|"
    r"(?:the|a|an|this|these|some|any|both|several|multiple|no|its|one|all)\b)?[^;]{0,80}?)"
    r"\s+(?:is|are|was|were|has|have|shows?|lies?|contains?|appears?|seems?|remains?|extends?|involves?|"
    r"measures?|can|could|may|might|would|must|will|reach(?:es)?|runs?|passe?s?|displaces?|pushe?[sd]?|"
    r"touches|abuts?|ends?)\b",
    _I,
)
# what may stand before the subject
_ADVERBIAL = re.compile(
    r"^\W*(?:here|however|(?:on|at|after|upon) (?:closer |second )?(?:review|inspection|reflection|look)|"
    r"in this (?:case|patient|study|scan)|in fact|indeed|now|also|in addition|"
    r"furthermore|moreover|thus"
    r"|therefore|so|hence|overall|in summary|in short|in conclusion)\b,?\s+",
    _I,
)
_PRONOUN = re.compile(
    r"^\W*(?:it|its|they|their|this|these|that|those|which|one|each|here|there(?!\s+(?:is|are|was|were)|"
    r"['’]s))\b",
    _I,
)
_OPPOSITE = re.compile(
    r"\b(?:opposite|contralateral(?:ly)?|other side|other one|opposite one|same side|ipsilateral(?:ly)?|"
    r"homolateral|far side)\b",
    _I,
)
_OPPOSITE_OF = re.compile(
    r"\b(?:opposite|contralateral(?:ly)?|other side|far side|ipsilateral(?:ly)?|same side)\b(?: side)?"
    r"(?: (?:to|of|from|as))?[^,.;]*",
    _I,
)
_ARROW = re.compile(r"\b(?:left|right)\b\s*(?:->|→|=>|<->|↔)\s*\b(?:left|right)\b", _I)
_ALTERNATIVES = re.compile(
    r"\b(?:left|right|upper|lower|middle|anterior|posterior|central|peripheral|unilateral|bilateral|one|"
    r"yes|above|in front)\b[\w\s,]{0,24}?(?:\bor\b|/)\s*(?:in |on |at |of )?(?:the |"
    r"it )?(?:\w+ )?\b(?:left|right|upper|lower|middle|anterior|posterior|central|peripheral|unilateral|"
    r"bilateral|both|no|below|behind)\b",
    _I,
)
_ASKS_PAST = re.compile(r"\b(?:previous\w*|prior|earlier|former\w*|before)\b", _I)
_VIEWER_PHRASE = re.compile(
    r"\b(?:on |in |to |at )?(?:the )?(?:(?:image|screen|viewer|picture)[ -](?:left|right)|(?:left|"
    r"right)(?:-hand)?(?: (?:side|half|part))? (?:of|in|on) (?:the |this )?(?:\w+ )?(?:images?|pictures?|"
    r"screen|slices?|display|view)|(?:viewer|observer|reader)['’]?s['’]? (?:left|right)|"
    r"image['’]?s? (?:left|right))\b(?: side)?",
    _I,
)
# what is said of the lesser part, where the larger one is asked for
# punctuation and connecting words between two clauses of one statement
_BETWEEN = re.compile(
    r"[\s,;:()\[\].–—-]*(?:(?:and|but|which|where|i\.?e\.?|so|while|whereas)\b[\s,.]*)?", _I
)
_MINOR_PART = re.compile(
    r"\b(?:one third|a third|a quarter|the (?:rest|remainder|smaller part)|a small(?:er)? part|"
    r"minor part)\b",
    _I,
)
_GENERIC_WORDS = content(
    "left right both side sides lung lungs lobe lobes segment upper lower middle located location where which"
    " observed seen present unilateral bilateral region area anterior posterior part finding findings lesion"
    " abnormality abnormal change changes affected if so current examination scan study ct image report"
    " described reported mention detected noted"
)


class AnswerReading(NamedTuple):
    """What is left of an answer when it has been read.

    text : the whole answer, in the spelling of the tables
    asserted : the statements that answer the question, as text; empty where nothing is asserted
    denied : the statements that it denies, takes back or excludes
    yes : yes or no where it says either word
    no_answer : why it is no answer; doubt : why nobody can tell what it says
    """

    text: str
    asserted: str
    denied: str
    yes: bool | None
    no_answer: NoAnswer | None = None
    doubt: str | None = None
    clauses: tuple[Clause, ...] = ()


@lru_cache(maxsize=20_000)
def read_answer(question: str, answer: str) -> AnswerReading:
    """Read an answer for what was asked; `answer` is the answer part of an output."""
    text = canonical(answer)
    if broken_output(text, none_answers=True):
        return AnswerReading(text, "", "", None, NoAnswer.BROKEN)
    if _is_echo(question, text):
        return AnswerReading(text, "", "", None, NoAnswer.ECHO)
    clauses = clauses_in(text)
    yes = said_yes(text)
    if not clauses:
        return AnswerReading(text, "", "", yes, NoAnswer.ECHO if "?" in text else NoAnswer.BROKEN)
    if _ASKS_PAST.search(question):
        clauses = tuple(
            one._replace(part=Part.STATEMENT) if one.part is Part.PAST else one for one in clauses
        )
    silent = _no_answer_of(question, clauses, yes)
    if silent is not None:
        return AnswerReading(text, "", "", None, silent, clauses=clauses)
    plain = len(clauses) == 1 and clauses[0].part is Part.STATEMENT and "?" not in text
    if plain and clauses[0].certainty is not Certainty.UNCERTAIN and clauses[0].frame is Frame.PATIENT:
        spoken = (_without_answer_word(text) if yes is not None else text) or text
        doubt = _doubt(question, text, text, "")
        descriptive = not denies(spoken) and not _names_place(spoken) and not lateral_set(spoken)
        if clauses[0].affirmed or descriptive or _asks_for_absence(question):
            return AnswerReading(text, spoken, "", yes, None, doubt, clauses)
        return AnswerReading(text, "", spoken, yes, None, doubt, clauses)
    return _weighed(question, text, clauses, yes)


def said_yes(text: str) -> bool | None:
    """Yes or no where a text begins or ends with either; None where it says both or neither."""
    if _BOTH_WORDS.match(text):
        return None
    leading = _LEADING.match(text)
    trailing = _TRAILING.search(text)
    found = set()
    if leading and not _NO_WITH_NOUN.match(text):
        found.add(leading.group("yes") is not None)
    if trailing:
        found.add((trailing.group("yes") or trailing.group("y")) is not None)
    return found.pop() if len(found) == 1 else None


def _is_echo(question: str, text: str) -> bool:
    """Whether the answer only asks, or repeats the question and offers its options."""
    if not text.rstrip().endswith("?"):
        at = text.lower().find(question.lower().strip())
        if at < 0 or "?" not in question:
            return False
        rest = text[at + len(question.strip()) :]
        rest = re.sub(r"^\W*answer\s*:\s*", "", rest, flags=_I)
        return not re.search(r"\w", rest) or bool(re.match(r"\s*\(?A[.):]", rest))
    return len([sentence for sentence in re.split(r"(?<=[.!?])\s+", text) if not sentence.endswith("?")]) == 0


def _no_answer_of(question: str, clauses: Sequence[Clause], yes: bool | None) -> NoAnswer | None:
    """What kind of no-answer the clauses amount to, None where one of them commits itself."""
    abstaining = [one.abstains for one in clauses if one.abstains is not None]
    told = [one for one in clauses if one.part not in (Part.ABSTENTION, Part.GENERAL) and not one.dependent]
    sure = [one for one in told if one.certainty is not Certainty.UNCERTAIN or _excludes(one)]
    if yes is not None and (sure or not abstaining) and any(one.part is not Part.GENERAL for one in clauses):
        return None
    topic = topic_of(question)
    if any(not abstaining or (says_something(one.words) and speaks_of(topic, one)) for one in sure):
        return None
    if abstaining:
        return abstaining[0]
    return NoAnswer.UNCOMMITTED


def off_topic(question: str, reading: AnswerReading) -> bool:
    """Whether every statement has a subject of its own, and shares no word with the question."""
    topic = topic_of(question)
    stated = [one for one in reading.clauses if one.part is Part.STATEMENT]
    return bool(stated and topic) and not any(speaks_of(topic, one) for one in stated)


def speaks_of(topic: frozenset[str], clause: Clause) -> bool:
    """Whether a clause is about the topic, or leaves its subject to the question."""
    subject = _subject_words(clause.words)
    return bool(topic & content(clause.words)) or not subject


def _excludes(clause: Clause) -> bool:
    return clause.part in (Part.EXCEPTION,)


@lru_cache(maxsize=20_000)
def says_something(words: str) -> bool:
    """Whether a text names a place, a side, a level, a number or a direction."""
    read = read_anatomy(words)
    return bool(
        read.structures
        or read.regions
        or read.sides
        or read.midline
        or lateral_set(words)
        or levels_in(words)
        or segments_in(words)
        or parts_in(words)
        or depths_in(words)
        or centricities_in(words)
        or extents_in(words)
        or numbers_in(words)
    )


def _weighed(question: str, text: str, clauses: tuple[Clause, ...], yes: bool | None) -> AnswerReading:
    asks_absence = _asks_for_absence(question)
    statements = [one for one in clauses if one.part is Part.STATEMENT]
    kept = [one for one in statements if one.certainty is not Certainty.UNCERTAIN]
    kept = kept or statements
    affirmed = [one for one in kept if one.affirmed]
    denied = [one for one in clauses if one.denied]
    if asks_absence and not affirmed:
        affirmed, denied = [one for one in denied if one.part is Part.STATEMENT], []
    chosen = _concluding(_on_topic(question, _of_patient(affirmed)))
    asserted = _joined(text, chosen)
    against = _joined(text, denied)
    doubt = None
    if (
        chosen
        and all(one.frame is Frame.VIEWER for one in chosen if lateral_set(one.words))
        and lateral_set(asserted)
    ):
        doubt = "says a side of the image, not of the patient"
    elif any(one.frame is Frame.VIEWER for one in chosen):
        chosen = [one for one in chosen if one.frame is not Frame.VIEWER or not lateral_set(one.words)]
        asserted = _joined(text, chosen)
    if not affirmed and not denied:
        return AnswerReading(
            text, "", "", yes, None if yes is not None else NoAnswer.UNCOMMITTED, None, clauses
        )
    return AnswerReading(
        text, asserted, against, yes, None, doubt or _doubt(question, text, asserted, against), clauses
    )


def _asks_for_absence(question: str) -> bool:
    """`In which regions were no enlarged nodes detected?`: there a denial is the answer."""
    return denies(question)


def _of_patient(clauses: list[Clause]) -> list[Clause]:
    """Without the sides of a picture, where the patient's are said too."""
    sided = [one for one in clauses if lateral_set(one.words)]
    if any(one.frame is Frame.PATIENT for one in sided):
        return [one for one in clauses if one.frame is Frame.PATIENT or one not in sided]
    return clauses


def _joined(text: str, clauses: Sequence[Clause]) -> str:
    """The clauses as one text; those that stand beside each other keep what stands between them."""
    parts: list[str] = []
    last: Clause | None = None
    for one in clauses:
        between = text[last.end : one.start] if last is not None and last.end <= one.start else None
        if parts and between is not None and _BETWEEN.fullmatch(between):
            parts[-1] += between + one.words
        else:
            parts.append(_without_answer_word(one.words))
        last = one
    return ". ".join(parts)


def _without_answer_word(words: str) -> str:
    found = _LEADING.match(words)
    return words[found.end() :].lstrip(" ,;:-–") if found and not _NO_WITH_NOUN.match(words) else words


def topic_of(question: str) -> frozenset[str]:
    """The words of a question that say what it is about, beside its places and sides."""
    return content(question) - _GENERIC_WORDS


@lru_cache(maxsize=10_000)
def finding_of(question: str) -> frozenset[str]:
    """The words of the topic that name no anatomy: the finding that a question is about."""
    read = read_anatomy(question)
    places = " ".join(question[one.start : one.end] for one in read.found if one.names or one.region)
    return topic_of(question) - content(places)


def _on_topic(question: str, clauses: Sequence[Clause]) -> list[Clause]:
    """The clauses about what was asked; all of them where none is known to be."""
    topic = topic_of(question)
    subjects = [_subject_words(one.words) for one in clauses]
    most = max((len(topic & subject) for subject in subjects if subject), default=0)
    near: list[Clause] = []
    previous = True
    for one, subject in zip(clauses, subjects, strict=True):
        if subject is not None:
            own = len(topic & subject) >= most if most and subject else bool(topic & content(one.words))
            previous = own or (not most and not subject)
        if previous:
            near.append(one)
    independent = [one for one in near if not one.dependent]
    near = independent if any(_names_place(one.words) for one in independent) else near
    main = [one for one in near if not _MINOR_PART.search(one.words)]
    near = main if any(says_something(one.words) for one in main) else near
    plain = [one for one in near if not denies(one.words)]  # `it cannot be said that ...; it does ...`
    near = plain or near
    return near if any(says_something(one.words) for one in near) else list(clauses)


def _subject_words(words: str) -> frozenset[str] | None:
    """The words of a clause's own subject; None where it has none, or a pronoun."""
    words = _ADVERBIAL.sub("", words)
    found = _SUBJECT_OF.match(words)
    if found is None or _PRONOUN.match(words):
        return None
    return content(found.group("subject")) - _GENERIC_WORDS


def _names_place(words: str) -> bool:
    read = read_anatomy(words)
    return bool(read.structures or read.regions)


def _concluding(clauses: list[Clause]) -> list[Clause]:
    """An announced conclusion alone, where it names other sides than the rest."""
    final = [one for one in clauses if one.concluding and says_something(one.words)]
    if not final:
        return clauses
    sides, all_sides = (lateral_set(". ".join(one.words for one in group)) for group in (final, clauses))
    return final if sides and sides != all_sides else clauses


def _only_relative(asserted: str) -> bool:
    """`The lobe opposite to the left lower lobe`: every side it names is another thing's."""
    if not _OPPOSITE.search(asserted):
        return False
    rest = _OPPOSITE_OF.sub(" ", asserted)
    return bool(lateral_set(asserted)) and not lateral_set(rest)


def _doubt(question: str, text: str, asserted: str, denied: str) -> str | None:
    """Why it stays open what an answer asserts; None where it does not."""
    if _ARROW.search(text):
        return "names one side after the other with an arrow"
    if _only_relative(asserted):
        return "says a side only in relation to something"
    if asserted and _ALTERNATIVES.search(asserted) and not denies(asserted):
        return "names alternatives"
    return None
