"""Verdicts on read answers: what they assert and deny, compared with the reference by the question's form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from CTSpatialVQALib.language.answer_reading import (
    AnswerReading,
    finding_of,
    off_topic,
    says_something,
    topic_of,
)
from CTSpatialVQALib.language.claims import denies, lateral_set, levels_in, numbers_in, says_normal
from CTSpatialVQALib.language.clauses import Clause, Part
from CTSpatialVQALib.language.comparisons import Way, more_of_two, ways_in, ways_said
from CTSpatialVQALib.language.content_words import (
    content,
    parts_in,
    same_words,
    segments_in,
    spelled_segments,
)
from CTSpatialVQALib.language.grounding import read_anatomy
from CTSpatialVQALib.language.landmarks import without_landmarks
from CTSpatialVQALib.language.place_comparison import Judgement, sites_of
from CTSpatialVQALib.records.words import Certainty, ErrorType, QuestionForm, Side
from CTSpatialVQALib.scoring.closed_rules import (
    judge_choice,
    judge_laterality,
    judge_measurement,
    judge_sizes,
    judge_yes_no,
    polarity_of_statement,
)
from CTSpatialVQALib.scoring.place_rules import BARE, NOWHERE, judge_free, judge_level_or_lobe, judge_where

_I = re.IGNORECASE
_JUDGES: dict[QuestionForm, Callable[[str, str, str], Judgement]] = {
    QuestionForm.YES_NO: judge_yes_no,
    QuestionForm.LATERALITY: judge_laterality,
    QuestionForm.LEVEL_LOBE: judge_level_or_lobe,
    QuestionForm.WHERE: judge_where,
    QuestionForm.CHOICE: judge_choice,
    QuestionForm.MEASUREMENT: judge_measurement,
    QuestionForm.FREE: judge_free,
}
_PLACES = (QuestionForm.WHERE, QuestionForm.LEVEL_LOBE, QuestionForm.LATERALITY, QuestionForm.FREE)
_LUNG = re.compile(r"\b(?:lungs?|lobes?|pulmonary)\b", _I)
# words of findings that an otherwise normal description may not affirm
_ABNORMAL = re.compile(
    r"\b(?:abnormal|decrease|reduc|enlarg|dilat|thicken|calcifi|deform|fractur|compress|irregular|ectati|"
    r"aneurysm"
    r"|stenos|sclero|lytic|mass|effusion|nodul|narrow|wedg|collapse|scolio|kypho|heterogen|increase|displac"
    r"|infiltrat|lesion)\w*",
    _I,
)
_BUT = re.compile(r"\b(?:but|however|although|though)\b", _I)
_OPPOSITE = re.compile(r"\b(?:opposite|contralateral(?:ly)?|other) (?:side|one|lobe|lung|kidney|half)\b", _I)
_RELATIONAL = re.compile(
    r"\b(?:opposite|contralateral(?:ly)?|ipsilateral(?:ly)?|homolateral|same side|other side|"
    r"liver['’]?s side)\b",
    _I,
)
_SAME_SIDE = re.compile(r"\bsame (?:side|half|lung)\b|\bipsilateral|\bhomolateral", _I)
_OTHER_SIDE = re.compile(
    r"\bopposite (?:sides?|half)\b|\bcontralateral|\bdifferent sides\b|\bother side\b", _I
)
_ASKS_MORE = re.compile(
    r"\b(?:more|most|larger|largest|bigger|greater|higher|highest|lower(?! lobes?)|smaller|less|thicker|"
    r"wider"
    r"|predominant\w*|dominant)\b",
    _I,
)
# "more pronounced on the right", "the left side is affected more"
_MORE_ON = re.compile(
    r"\b(?:more|most|mostly|mainly|predominant\w*|greater|larger|especially|particularly|worse|dominant)\b"
    r"[^.;,]{0,40}?\b(?:on|in|at) (?:the )?(?P<a>left|right)\b"
    r"|\b(?P<b>left|right)\b[^.;,]{0,30}?\b(?:prominent|more|most|greater|larger|bigger|wider|thicker|higher|worse|"
    r"dominant"
    r"|predominan\w+)\b",
    _I,
)
_MIDLINE = re.compile(r"\bmidline\b|\bin the middle\b", _I)
_DEVIATED = re.compile(r"\b(?:deviat|displac|shift|push|pull)\w*", _I)
_ASKED_SEGMENT = re.compile(
    r"\b(?:which|what)\b(?: [\w-]+,?){0,5} segments?\b|\bsegments? and\b|\blobe and (?:position|part|"
    r"region)\b",
    _I,
)
_LUNG_PLACES = (QuestionForm.WHERE, QuestionForm.LEVEL_LOBE)
_ALL_LOBES = re.compile(r"\b(?:all|every|each|five)\b[^.;]*\blobes?\b", _I)
_SAYS_ALL_LOBES = re.compile(
    r"\b(?:all|every|each|five)\b[^.;]*\blobes?\b|\bdiffuse|\bthroughout\b|\bpan-?lobar", _I
)
_LOBES = re.compile(r"\blob(?:es?|ar)\b", _I)
# what an answer is called that says too little, rather than something else
_EMPTY = (ErrorType.NON_ANSWER, ErrorType.INCOMPLETE, ErrorType.OTHER)
_SOME_SIDE = re.compile(
    r"^\W*(?:on )?(?:the )?(?!(?:left|right|either|both|one|which|any|same|each)\b)\w+ side\W*$", _I
)
_SENTENCE = 12
_LONG = 8  # words; in shorter answers every word counts


def judge_reading(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement:
    """The verdict on an answer that commits itself."""
    if _LUNG.search(question):
        reference = spelled_segments(reference)
    if same_words(reading.text, reference):
        return Judgement(True, None, "the reference in other order or spelling")
    if form is QuestionForm.YES_NO:
        return _guarded(form, question, reference, reading, _yes_no(question, reference, reading))
    reversed_ = denies(question) and form is not QuestionForm.LATERALITY
    fine = denies(reference) or says_normal(reference) or bool(NOWHERE.search(reference))
    if reversed_ and form in (QuestionForm.WHERE, QuestionForm.FREE) and read_anatomy(reference).regions:
        return _where_nothing_was_found(form, question, reference, reading)
    if denies(question):
        return _JUDGES[form](question, reference, reading.asserted or reading.denied)
    if fine:
        return _where_nothing_is(form, question, reference, reading)
    related = _related(form, question, reference, reading)
    if related is not None:
        return related
    if not reading.asserted:
        other = _other_option(question, reference, reading) if form is QuestionForm.CHOICE else None
        return other or _only_denied(question, reference, reading)
    judged = _judge_asserted(form, question, reference, reading)
    return _guarded(form, question, reference, reading, judged)


def _judge_asserted(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement:
    """What the answer asserts, compared by the question's form."""
    if form is QuestionForm.MEASUREMENT:
        return _measured(question, reference, reading)
    if form is QuestionForm.CHOICE:
        return judge_choice(question, reference, reading.asserted)
    asserted = without_landmarks(reading.asserted, question, reference)
    if not says_something(asserted) and says_something(reading.asserted):
        beside = _JUDGES[form](question, reference, reading.asserted)
        return Judgement(None, None, "only says what it lies beside") if beside.correct else beside
    if _LUNG.search(question):
        asserted = spelled_segments(asserted)
    levels = _vertebrae(reference), _vertebrae(asserted)
    if levels[0] and form is QuestionForm.FREE and not levels[1]:
        return Judgement(False, ErrorType.INCOMPLETE, "no vertebra named")
    if all(levels) and form in _PLACES:
        return _same_vertebrae(form, question, reference, asserted)
    return _judge_place(form, question, reference, reading, asserted)


def _judge_place(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading, asserted: str
) -> Judgement:
    """Places and sides, with the objections that only lobes raise."""
    place = (
        _with_one_side(question, asserted) if form in _LUNG_PLACES and len(reading.clauses) > 1 else question
    )
    judged = _JUDGES[form](place, reference, asserted)
    every = _ALL_LOBES.search(reference) and not _SAYS_ALL_LOBES.search(asserted)
    if judged.correct and every and form in _LUNG_PLACES and not _LOBES.search(asserted):
        return Judgement(False, ErrorType.INCOMPLETE, "does not say that all lobes are meant")
    if judged.correct and "words" in judged.reason:
        wanted, given = (sites_of(question, text).lobes for text in (reference, asserted))
        if wanted and given - wanted and len(given) <= len(wanted) + 1:
            return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another lobe")
    if judged.correct and form in (QuestionForm.WHERE, QuestionForm.LEVEL_LOBE):
        judged = judge_sizes(question, reference, asserted) or judged
    return judged


def _with_one_side(question: str, asserted: str) -> str:
    """The question with the one side that the answer names: later clauses leave it out."""
    sides = lateral_set(asserted)
    if len(sides) != 1 or lateral_set(question):
        return question
    (side,) = sides
    return f"{question} ({side} lung)" if _LUNG.search(asserted) else question


def _vertebrae(text: str) -> frozenset[str]:
    numbered = read_anatomy(text).structures
    found = frozenset(name for name in numbered if name.startswith("vertebrae_"))
    return found if len(found) < 5 else frozenset()


def _same_vertebrae(form: QuestionForm, question: str, reference: str, asserted: str) -> Judgement:
    wanted, given = _vertebrae(reference), _vertebrae(asserted)
    if wanted == given:
        if form is QuestionForm.LEVEL_LOBE:
            return Judgement(True, None, "same vertebra")
        rest = _JUDGES[form](question, reference, asserted)
        names = [read_anatomy(text).structures - _vertebrae(text) for text in (question, reference, asserted)]
        if rest.correct or names[1] - names[0] <= names[2]:
            return Judgement(True, None, "same vertebra and place")
        return rest if len(asserted.split()) <= _LONG else Judgement(None, None, "same vertebra")
    if wanted & given:
        return Judgement(None, None, "one vertebra among several")
    return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another vertebra")


def _guarded(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading, judged: Judgement
) -> Judgement:
    """`judged`, unless something else in the answer speaks against it or leaves it open."""
    if judged.correct:
        for objection in (_taken_back, _other_segments, _other_numbers, _stressed, _only_relational):
            found = objection(form, question, reference, reading)
            if found is not None:
                return found
    elif judged.correct is False and judged.error in _EMPTY:
        if _RELATIONAL.search(reading.text) and not _RELATIONAL.search(reference):
            return Judgement(None, None, "says a side only in relation to something")
        if off_topic(question, reading):
            return Judgement(None, None, "speaks of something else")
        if len(reading.clauses) > 1 and len(reading.text.split()) > _SENTENCE and "words" in judged.reason:
            return Judgement(None, None, judged.reason)
        if judged.error is ErrorType.NON_ANSWER and _SOME_SIDE.search(reading.text):
            return Judgement(None, None, "names a side in unknown words")
    return judged


def _taken_back(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """What an answer denies holds words of the reference that it does not assert."""
    if not _takes_back(question, reference, reading):
        return None
    if form in _PLACES and _places_denied(reference, reading):
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "denies the reference's place")
    return Judgement(None, None, "affirms and denies the reference's place")


def _other_segments(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """Segments that contradict the reference's, or that the question asks for and the answer leaves out."""
    if form is QuestionForm.YES_NO:
        return None
    asserted = spelled_segments(reading.asserted) if _LUNG.search(question) else reading.asserted
    known = segments_in(question)
    wanted, given = segments_in(reference), segments_in(asserted) - known
    if wanted - {"basal"} and given and not wanted & given:
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "another segment")
    if form not in _PLACES:
        return None
    missing = wanted - known - segments_in(asserted)
    if missing and _ASKED_SEGMENT.search(question) and sites_of(question, reference).lobes:
        return Judgement(False, ErrorType.INCOMPLETE, "segments missing")
    if "lingula" in missing and given:
        return Judgement(False, ErrorType.INCOMPLETE, "the lingula is missing")
    return None


def _only_relational(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """A side that is said only as opposite to something, or on the same side."""
    asserted = reading.asserted
    if form is QuestionForm.YES_NO or not _RELATIONAL.search(asserted) or _RELATIONAL.search(reference):
        return None
    if lateral_set(asserted):
        return None
    return Judgement(None, None, "says a side only in relation to something")


def _other_numbers(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement | None:
    """The numbers of two sides exchanged."""
    if not _swaps_numbers(reference, reading.asserted):
        return None
    return Judgement(False, ErrorType.LATERALITY_SWAP, "the numbers of the sides are exchanged")


def _places_denied(reference: str, reading: AnswerReading) -> bool:
    """Whether an answer denies a level, part or side of the reference that it does not assert."""
    for read in (levels_in, parts_in, lateral_set):
        if read(reference) & read(reading.denied) - read(reading.asserted):
            return True
    return False


def _takes_back(question: str, reference: str, reading: AnswerReading) -> bool:
    """Whether what an answer denies holds words of the reference that it does not assert."""
    if denies(reference):
        return False
    new = content(reference) - content(question) - content("left right")
    return bool(new & content(reading.denied) - content(reading.asserted))


def _swaps_numbers(reference: str, asserted: str) -> bool:
    """`Two on the right and six on the left` against `right: 6, left: 2`."""
    wanted, given = _number_of_side(reference), _number_of_side(asserted)
    return (
        len(wanted) == 2
        and len(given) == 2
        and wanted != given
        and set(wanted.values()) == set(given.values())
    )


_SIDE_OR_NUMBER = re.compile(
    r"\b(?P<side>left|right)\b|(?P<number>\d+(?:[.,]\d+)?|\bone\b|\btwo\b|\bthree\b|\bfour\b|\bfive\b|"
    r"\bsix\b|\bseven\b|\beight\b)",
    _I,
)
_NUMBER_NAMES = {
    name: str(at) for at, name in enumerate("one two three four five six seven eight".split(), 1)
}


def _number_of_side(text: str) -> dict[str, str]:
    """The number said with each side, where sides and numbers alternate."""
    marks = [(str(found.lastgroup), found.group().lower()) for found in _SIDE_OR_NUMBER.finditer(text)]
    kinds = [kind for kind, _ in marks]
    if len(marks) != 4 or kinds not in (["side", "number"] * 2, ["number", "side"] * 2):
        return {}
    pairs = [marks[0:2], marks[2:4]]
    return {
        next(value for kind, value in pair if kind == "side"): next(
            _NUMBER_NAMES.get(value, value) for kind, value in pair if kind == "number"
        )
        for pair in pairs
    }


def _stressed(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement | None:
    """The side on which it is more, where the question asks for it beside the sides."""
    if not _ASKS_MORE.search(question):
        return None
    wanted, given = _MORE_ON.search(reference), _MORE_ON.search(reading.asserted)
    if wanted is None or len(lateral_set(reference)) < 2:
        return None
    if given is None:
        one_side = len(lateral_set(reading.asserted)) == 1
        return None if one_side else Judgement(False, ErrorType.INCOMPLETE, "does not say where it is more")
    same = (wanted["a"] or wanted["b"]).lower() == (given["a"] or given["b"]).lower()
    return None if same else Judgement(False, ErrorType.LATERALITY_SWAP, "more on the other side")


# --- relations and comparisons


def _related(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement | None:
    """A verdict on directions or on a comparison; None where the question asks for neither."""
    affirmed = [one for one in reading.clauses if one.affirmed]
    if form is QuestionForm.CHOICE:
        offered = [way for way, _ in ways_in(question)]
        axes = {way.axis for way in offered if way.opposite in offered}
        if len(axes) == 1:
            return _chosen_way(axes.pop(), question, reference, affirmed, reading)
    if form in (QuestionForm.LATERALITY, QuestionForm.MEASUREMENT) and _ASKS_MORE.search(question):
        return _more(question, reference, affirmed, reading)
    if form is QuestionForm.WHERE and " relative to " in question.lower():
        return _relative(question, reference, affirmed)
    opposite = _opposite_side(question, reading)
    if form is QuestionForm.LATERALITY and opposite is not None and len(lateral_set(reference)) == 1:
        if opposite in lateral_set(reference):
            return Judgement(True, None, "the side opposite to the one it rules out")
        return Judgement(False, ErrorType.LATERALITY_SWAP, "another side")
    return None


def _chosen_way(
    axis: int, question: str, reference: str, affirmed: Sequence[Clause], reading: AnswerReading
) -> Judgement | None:
    wanted = {way for way, _ in ways_in(reference) if way.axis == axis}
    given = {way for way in ways_said(question, affirmed) if way.axis == axis}
    error = {0: ErrorType.LATERALITY_SWAP, 1: ErrorType.WRONG_DEPTH}.get(axis, ErrorType.WRONG_RELATION)
    if len(wanted) != 1 or axis == 0:
        return None
    if len(given) == 1:
        return (
            Judgement(True, None, "same way") if given == wanted else Judgement(False, error, "another way")
        )
    if len(given) > 1:
        return Judgement(None, None, "says both ways")
    denied = {
        way for way in ways_said(question, [one for one in reading.clauses if one.denied]) if way.axis == axis
    }
    if denied == wanted:
        return Judgement(False, error, "denies the way")
    if ways_said(question, affirmed):
        return Judgement(False, ErrorType.WRONG_RELATION, "another direction")
    return None if len(reading.text.split()) <= _LONG else Judgement(None, None, "says neither way")


def _more(
    question: str, reference: str, affirmed: Sequence[Clause], reading: AnswerReading
) -> Judgement | None:
    """Which of two is more: the side that the comparison puts first."""
    wanted = (
        lateral_set(reference) if len(lateral_set(reference)) == 1 else _side_of_more(question, reference)
    )
    if len(wanted) != 1:
        return None
    told = {side for one in affirmed if (side := more_of_two(question, one.words)) is not None}
    if len(told) > 1:
        return Judgement(None, None, "compares both ways")
    denied = {
        side
        for one in reading.clauses
        if one.denied and _ASKS_MORE.search(one.words)
        for side in lateral_set(one.words)
    }
    if not told and len(denied) == 1 and not lateral_set(reading.asserted):
        told = {Side.RIGHT if denied == {Side.LEFT} else Side.LEFT}
    if not told:
        return None
    if told != wanted:
        return Judgement(False, ErrorType.LATERALITY_SWAP, "another side")
    sized = judge_sizes(question, reference, reading.text)
    return sized or Judgement(True, None, "same side")


def _side_of_more(question: str, reference: str) -> frozenset[Side]:
    found = more_of_two(question, reference)
    return frozenset({found}) if found is not None else frozenset()


def _relative(question: str, reference: str, affirmed: Sequence[Clause]) -> Judgement | None:
    """Directions from a landmark that the question names."""
    wanted = frozenset(way for way, _ in ways_in(reference))
    given = ways_said(question, affirmed)
    if not wanted or not given:
        return None
    if any(way.opposite in given for way in wanted):
        return Judgement(False, ErrorType.WRONG_RELATION, "the other way")
    return Judgement(True, None, "same way") if wanted <= given else None


def _opposite_side(question: str, reading: AnswerReading) -> Side | None:
    """`Not on the right, but on the opposite side`: the left."""
    if not _OPPOSITE.search(reading.text) or lateral_set(reading.asserted):
        return None
    ruled_out = lateral_set(reading.denied)
    if len(ruled_out) != 1:
        return None
    return Side.RIGHT if ruled_out == {Side.LEFT} else Side.LEFT


# --- absence


def _where_nothing_was_found(
    form: QuestionForm, question: str, reference: str, reading: AnswerReading
) -> Judgement:
    """`In which regions were no nodes detected?`: the regions that the answer denies, or just lists."""
    topic = topic_of(question)
    against = [one.words for one in reading.clauses if one.affirmed and topic & content(one.words)]
    against = [words for words in against if not says_normal(words) and not _is_list(words)]
    if against and any(one.denied for one in reading.clauses):
        return Judgement(False, ErrorType.HALLUCINATED_FINDING, "found where the reference denies")
    asked, wanted = read_anatomy(question), read_anatomy(reference)
    given = read_anatomy(". ".join([reading.denied, reading.asserted]))
    regions = frozenset(wanted.regions) - wanted.details, frozenset(given.regions) - given.details
    if regions[0] and not regions[0] <= regions[1]:
        if regions[0] & regions[1]:
            few = regions[1] <= regions[0] and not reading.denied
            return Judgement(False if few else None, ErrorType.INCOMPLETE if few else None, "not all regions")
        return Judgement(False, ErrorType.WRONG_LEVEL_OR_LOBE, "other regions")
    if not regions[0] and wanted.structures - asked.structures - given.structures:
        return _JUDGES[form](question, reference, reading.text)
    extra = regions[1] - regions[0] - frozenset(asked.regions)
    return Judgement(None, None, "further regions") if extra else Judgement(True, None, "same regions")


def _is_list(words: str) -> bool:
    return not re.search(r"\b(?:is|are|was|were|has|have|shows?|seen|found|present|detected)\b", words, _I)


def _where_nothing_is(form: QuestionForm, question: str, reference: str, reading: AnswerReading) -> Judgement:
    """The reference says that there is nothing, or that all is normal."""
    asserted, denied = reading.asserted, reading.denied
    if asserted and denied and not _ABNORMAL.search(asserted):
        return Judgement(True, None, "denied as in the reference")
    if not asserted and len(reading.clauses) > 1 and not _NOT_NORMAL.search(denied):
        return Judgement(True, None, "denied as in the reference")
    return _JUDGES[form](question, reference, asserted or denied)


_NOT_NORMAL = re.compile(
    r"\b(?:not|no longer|n['’]t) (?:\w+ )?(?:normal|preserved|maintained)\b|\babnormal", _I
)


def _other_option(question: str, reference: str, reading: AnswerReading) -> Judgement | None:
    """Of two options that a question offers, the one that is left when the answer denies the other."""
    first, _, second = question.partition(" or ")
    if not second or " or " in second or "," in second.strip(" ?")[:-1].replace(", or", ""):
        return None
    one, other = content(first) - content(second), content(second) - content(first)
    denied = content(reading.denied)
    scores = len(one & denied) / max(1, len(one)), len(other & denied) / max(1, len(other))
    wanted = len(one & content(reference)), len(other & content(reference))
    if scores[0] == scores[1] or wanted[0] == wanted[1]:
        return None
    left_over = 0 if scores[1] > scores[0] else 1
    right = (wanted[0] > wanted[1]) == (left_over == 0)
    return Judgement(right, None if right else ErrorType.OTHER, "the option that is left")


def _only_denied(question: str, reference: str, reading: AnswerReading) -> Judgement:
    """An answer that only says what is not there."""
    named = content(reference) - content(question)
    if named & content(reading.denied) or not says_something(reading.denied):
        return Judgement(False, ErrorType.MISSED_FINDING, "denies what the reference affirms")
    if topic_of(question) & content(reading.denied) and not lateral_set(reading.denied):
        return Judgement(False, ErrorType.MISSED_FINDING, "denies the finding")
    return Judgement(None, None, "only says what is not so")


# --- numbers


def _measured(question: str, reference: str, reading: AnswerReading) -> Judgement:
    """The numbers of the clauses that are nearest to the question; others only where these have none."""
    affirmed = [one for one in reading.clauses if one.affirmed and numbers_in(one.words)]
    if not affirmed and any(one.part is Part.GENERAL for one in reading.clauses):
        return Judgement(None, None, "gives no number")
    if not affirmed:
        return judge_measurement(question, reference, reading.text)
    words = content(question)
    most = max(len(words & content(one.words)) for one in affirmed)
    best = [one for one in affirmed if len(words & content(one.words)) == most]
    text = ". ".join(one.words for one in best)
    lengths = {(one.value, one.unit) for one in numbers_in(text)}
    if len(best) > 1 and len(lengths) > 1 and len(numbers_in(reference)) == 1:
        best = [one for one in best if one.concluding] or best
        if len(best) > 1:
            return Judgement(None, None, "several numbers")
        text = best[0].words
    several = ". ".join(one.words for one in affirmed)
    if len(numbers_in(reference)) > 1:
        return judge_measurement(question, reference, several)
    judged = judge_measurement(question, reference, text)
    if judged.correct or text == several:
        return judged
    other = judge_measurement(question, reference, several)
    if other.correct and len(affirmed) > 2 and affirmed[-1].concluding:
        return judge_measurement(question, reference, affirmed[-1].words)
    return judged if not other.correct or len(best) == 1 else Judgement(None, None, "several numbers")


# --- yes or no


def _yes_no(question: str, reference: str, reading: AnswerReading) -> Judgement:
    wanted = polarity_of_statement(question, reference)
    if wanted is None:
        return Judgement(None, None, "the reference says neither yes nor no")
    plain = len(reading.clauses) == 1 and reading.clauses[0].part is Part.STATEMENT
    implied = _implied_polarity(question, reading)
    if reading.yes is None and implied is None and plain:
        if off_topic(question, reading):
            return Judgement(None, None, "speaks of something else")
        return judge_yes_no(question, reference, without_landmarks(reading.text, question, reference))
    given = reading.yes if reading.yes is not None else implied
    if given is None:
        given = _polarity(question, reading)
    if given is None:
        return Judgement(None, None, "says neither yes nor no")
    spoken = "Yes" if given else "No"
    bare = BARE.match(reading.asserted)
    asserted = "" if bare else without_landmarks(reading.asserted, question, reference)
    if reading.yes is not None and _contradicts_itself(question, reading, implied):
        return Judgement(None, None, "its yes or no and its statement differ")
    judged = judge_yes_no(question, reference, f"{spoken}, {asserted}" if asserted else spoken)
    if judged.correct and wanted and given and asserted:
        return _placed_as_said(question, reference, reading, asserted) or judged
    return judged


def _implied_polarity(question: str, reading: AnswerReading) -> bool | None:
    """Yes or no to a question for a relation, from the relation that the answer states."""
    affirmed = [one for one in reading.clauses if one.affirmed]
    if not affirmed:
        return None
    asked_same, asked_other = _SAME_SIDE.search(question), _OTHER_SIDE.search(question)
    if asked_same or asked_other:
        said = " ".join(one.words for one in affirmed)
        same, other = bool(_SAME_SIDE.search(said)), bool(_OTHER_SIDE.search(said))
        if same != other:
            return same is bool(asked_same)
    if _MIDLINE.search(question) and not re.search(r"\b(?:cross|across|extend|beyond)\w*\b", question, _I):
        said = " ".join(one.words for one in affirmed)
        if _DEVIATED.search(said) and not _MIDLINE.search(said):
            return False
    asked = {way for way, _ in ways_in(question)}
    if len(asked) != 1:
        return None
    (way,) = asked
    told: set[Way] = {one for one in ways_said(question, affirmed) if one.axis == way.axis}
    return told == asked if len(told) == 1 else None


def _placed_as_said(question: str, reference: str, reading: AnswerReading, asserted: str) -> Judgement | None:
    """A yes that names another place than the reference's; None where it names none, or the same."""
    if _takes_back(question, reference, reading):
        return Judgement(None, None, "denies a place of the reference")
    known = content(question)
    new, said = content(reference) - known, content(asserted) - known
    asked, wanted, given = (read_anatomy(text) for text in (question, reference, asserted))
    regions = [frozenset(one.regions) - frozenset(asked.regions) for one in (wanted, given)]
    if regions[0] and regions[1] and not regions[0] & regions[1] and not new & said:
        return Judgement(False, ErrorType.WRONG_RELATION, "yes, with another place")
    if sites_of(question, asserted).empty or sites_of(question, reference).empty:
        return None
    placed = judge_where(question, reference, asserted)
    if placed.correct is False and placed.error is not ErrorType.INCOMPLETE:
        return Judgement(None, None, "yes, with another place") if _BUT.search(reading.text) else placed
    return None


def _contradicts_itself(question: str, reading: AnswerReading, implied: bool | None) -> bool:
    """`No, the nodule is in the right lung` to the question whether it is."""
    if says_normal(question) or denies(question) or _QUANTIFIED.search(question):
        return False
    if implied is not None:
        return implied is not reading.yes
    told = _polarity(question, reading)
    if told is None or told is reading.yes:
        return False
    best = _nearest(question, reading.clauses)
    asked, said = lateral_set(question), lateral_set(" ".join(one.words for one in best))
    if not told:
        return min((_shared(question, one) for one in best), default=0) >= 2 and asked == said
    return min((_shared(question, one) for one in best), default=0) >= 1 and asked == said


# a `no` to these denies the number, and the statement still affirms the finding
_QUANTIFIED = re.compile(
    r"\b(?:all|both|bilateral\w*|only|every|confined|limited|unilateral\w*|single|entire\w*|symmetric\w*|"
    r"whole)\b",
    _I,
)


def _polarity(question: str, reading: AnswerReading) -> bool | None:
    """Whether the clauses that speak of what was asked affirm or deny it."""
    if says_normal(question):
        return polarity_of_statement(question, reading.text)
    best = _nearest(question, reading.clauses)
    affirmed = [one for one in best if one.affirmed]
    denied = [one for one in best if one.denied]
    if affirmed and denied:
        return None if _same_place(affirmed, denied) else True
    return bool(affirmed) if affirmed or denied else None


def _same_place(affirmed: list[Clause], denied: list[Clause]) -> bool:
    named = [lateral_set(" ".join(one.words for one in group)) for group in (affirmed, denied)]
    return named[0] == named[1] or not (named[0] or named[1])


def _shared(question: str, clause: Clause) -> int:
    """How many words of the topic that was asked about a clause says."""
    return len(topic_of(question) & content(clause.words))


def _nearest(question: str, clauses: tuple[Clause, ...]) -> list[Clause]:
    """The clauses that share most words with the question and do not speak of its other side."""
    stated = [one for one in clauses if one.part is Part.STATEMENT]
    stated = [one for one in stated if one.certainty is not Certainty.UNCERTAIN]
    asked = lateral_set(question)
    if len(asked) == 1:
        near = [one for one in stated if not lateral_set(one.words) or asked & lateral_set(one.words)]
        stated = near or stated
    if len(stated) == 1:
        return stated
    for words in (finding_of(question), topic_of(question)):  # places count where no finding is named
        shared = [len(words & content(one.words)) for one in stated]
        if any(shared):
            return [one for one, count in zip(stated, shared, strict=True) if count == max(shared)]
    return []
