"""What in judges' files and predictions should make a reader distrust the numbers made from them?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from CTSpatialVQALib.benchmark.judges import Vote, VoteKey
from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.records.base import normalised
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.scoring.jury import NO_VOTE, RIGHT, JuryRule, JuryVotes, decide, shares_right
from CTSpatialVQALib.statistics.agreement import Agreement

Severity = Literal["error", "warning", "info"]

LEAST_KAPPA = 0.6  # judges of the same answers reach 0.8; below this they judged something else
_LEAST_P = 0.001  # many judges are tested, and a false alarm costs trust
_MORE_ALIKE = 0.15  # answers to repeated questions may be that much more alike than their references


class Alarm(NamedTuple):
    """One reason for distrust.

    code : stable name
    severity : error where a published number is wrong by it, warning where it may be, info otherwise
    about : what it concerns: a model, `model / judge`, or a form of questions
    numbers : the figures of the message, for machines
    """

    code: str
    severity: Severity
    about: str
    message: str
    numbers: Mapping[str, float]


class Sameness(NamedTuple):
    """Pairs of equal questions about different cases, and how many of them have equal answers.

    answers, references : share of the pairs with one text, after folding case and white space
    """

    questions: int
    pairs: int
    answers: float
    references: float


class Contradictions(NamedTuple):
    """Texts judged more than once, and those of them judged both right and wrong."""

    repeated: int
    contradicted: int


def jury_outside_judges(jury: JuryVotes, accuracy: float, about: str) -> list[Alarm]:
    """A majority cannot be worse, or better, than all of its judges by more than ties allow."""
    shares = shares_right(jury)
    low, high = min(shares.values()), max(shares.values())
    if low <= accuracy <= high:
        return []
    told = ", ".join(f"{judge} {share:.2%}" for judge, share in shares.items())
    side = "below" if accuracy < low else "above"
    return [
        Alarm(
            "jury_outside_judges",
            "error",
            about,
            f"the jury ({accuracy:.2%}) lies {side} all of its own judges ({told}):"
            " their votes are not about the same answers",
            {"jury": accuracy, **shares},
        )
    ]


def low_agreement(found: Mapping[str, Agreement], about: str) -> list[Alarm]:
    """Kappas below 0.6; `found` names them, e.g. `fleiss` or `gpt and qwen`."""
    low = {
        name: one.value for name, one in found.items() if one.value is not None and one.value < LEAST_KAPPA
    }
    if not low:
        return []
    told = ", ".join(f"{name} {value:.3f}" for name, value in low.items())
    return [
        Alarm(
            "low_agreement",
            "error",
            about,
            f"kappa below {LEAST_KAPPA}: {told}; judges of one text agree",
            low,
        )
    ]


def no_votes(jury: JuryVotes, about: str) -> list[Alarm]:
    """Votes that are missing, by judge, and what the published rule makes of them."""
    missing = {judge: int((jury.judge(judge) == NO_VOTE).sum()) for judge in jury.judges}
    return [
        Alarm(
            "missing_votes",
            "warning",
            f"{about} / {judge}",
            f"{count} answers have no vote; the published rule counts each as a vote for wrong",
            {"votes": count},
        )
        for judge, count in missing.items()
        if count
    ]


def position_effect(jury: JuryVotes, judge: str, batch: int, about: str) -> list[Alarm]:
    """Does a judge differ from the others more at some places of its batches than at others?

    Answers stand in the order asked; chi-squared test of difference from the other judges' majority against
    the place in the batch. Reported below p = 0.001.
    """
    from scipy.stats import chi2_contingency

    others = [name for name in jury.judges if name != judge]
    if len(others) < 2:
        return []
    rest = JuryVotes(tuple(others), jury.question_ids, np.stack([jury.judge(one) for one in others], axis=1))
    said, majority = jury.judge(judge), decide(rest, JuryRule.MAJORITY)
    usable = (said != NO_VOTE) & (majority != NO_VOTE)
    place = np.arange(len(said)) % batch
    differs = np.bincount(place[usable & (said != majority)], minlength=batch)
    agrees = np.bincount(place[usable & (said == majority)], minlength=batch)
    if not (differs.sum() and agrees.sum() and (differs + agrees).all()):
        return []
    p_value = float(chi2_contingency(np.stack([differs, agrees]), correction=False).pvalue)
    if p_value >= _LEAST_P:
        return []
    shares = differs / (differs + agrees)
    told = ", ".join(f"{share:.1%}" for share in shares)
    return [
        Alarm(
            "position_effect",
            "warning",
            f"{about} / {judge}",
            f"differs from the other judges by place in a batch of {batch}: {told} (p = {p_value:.1g})",
            {"p": p_value, **{f"place_{at + 1}": float(share) for at, share in enumerate(shares)}},
        )
    ]


def contradictions(votes: Iterable[Vote]) -> Contradictions:
    """How often one judge, given the same question, reference and answer again, says the opposite."""
    said: dict[VoteKey, list[bool]] = defaultdict(list)
    for vote in votes:
        if vote.correct is not None:
            said[vote.key].append(vote.correct)
    repeated = [values for values in said.values() if len(values) > 1]
    return Contradictions(len(repeated), sum(len(set(values)) == 2 for values in repeated))


def self_contradiction(votes: Iterable[Vote], about: str) -> list[Alarm]:
    """A judge that contradicts itself."""
    found = contradictions(votes)
    if not found.contradicted:
        return []
    share = found.contradicted / found.repeated
    return [
        Alarm(
            "self_contradiction",
            "info",
            about,
            f"{found.contradicted} of {found.repeated} texts judged more than once ({share:.1%})"
            " were judged both right and wrong",
            {"repeated": found.repeated, "contradicted": found.contradicted, "share": share},
        )
    ]


def contaminated(predictions: Mapping[str, str], about: str) -> list[Alarm]:
    """Predictions that hold more than an answer; what cleaning would cut."""
    cuts = Counter(cut for text in predictions.values() for cut in dict.fromkeys(answer_part(text).cuts))
    if not cuts:
        return []
    told = ", ".join(f"{what} {count}" for what, count in cuts.most_common())
    return [
        Alarm(
            "contaminated_predictions",
            "warning",
            about,
            f"predictions hold more than the answer: {told} of {len(predictions)}",
            dict(cuts),
        )
    ]


def empty_but_right(
    predictions: Mapping[str, str], verdicts: Mapping[str, bool], jury: JuryVotes, about: str
) -> list[Alarm]:
    """Blank predictions, which the published files keep as answers; some are judged right."""
    empty = [question_id for question_id, text in predictions.items() if not text.strip()]
    if not empty:
        return []
    right = [question_id for question_id in empty if verdicts.get(question_id)]
    at = {question_id: row for row, question_id in enumerate(jury.question_ids)}
    some = sum(bool((jury.votes[at[one]] == RIGHT).any()) for one in empty if one in at)
    named = f" ({', '.join(right)})" if right else ""
    return [
        Alarm(
            "empty_predictions",
            "error" if right else "warning",
            about,
            f"{len(empty)} predictions are blank; the jury found {len(right)} of them right{named},"
            f" at least one judge found {some} right",
            {"empty": len(empty), "right": len(right), "right_for_some_judge": some},
        )
    ]


def sameness(questions: Iterable[Question], predictions: Mapping[str, str]) -> Sameness:
    """How alike are the answers to a question that is asked about several cases?

    Compared with how alike their references are: a model that looks at the image need not be more alike.
    """
    groups: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        if question.question_id in predictions:
            groups[normalised(question.text)].append(question)
    repeated = [group for group in groups.values() if len(group) > 1]
    pairs = sum(len(group) * (len(group) - 1) // 2 for group in repeated)
    answers = sum(_equal_pairs([predictions[one.question_id] for one in group]) for group in repeated)
    references = sum(_equal_pairs([one.reference for one in group]) for group in repeated)
    return Sameness(
        len(repeated), pairs, answers / pairs if pairs else 0.0, references / pairs if pairs else 0.0
    )


def same_answers(found: Sameness, about: str) -> list[Alarm]:
    """A model that answers a question alike whatever case it is asked about."""
    if not found.pairs or found.answers - found.references < _MORE_ALIKE:
        return []
    return [
        Alarm(
            "same_answer_whatever_the_case",
            "warning",
            about,
            f"asked the same about two cases, it answers in the same words in {found.answers:.1%} of"
            f" {found.pairs} pairs; the references have the same words in {found.references:.1%}",
            {"pairs": found.pairs, "answers": found.answers, "references": found.references},
        )
    ]


def _equal_pairs(texts: Sequence[str]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(map(normalised, texts)).values())
