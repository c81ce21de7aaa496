"""Alarms: what in votes, predictions and probes should make a reader distrust the numbers made from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import numpy as np

from CTSpatialVQALib.benchmark.judges import Vote, VoteKey
from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.scoring.across_patients import AcrossPatients
from CTSpatialVQALib.scoring.jury import NO_VOTE, RIGHT, JuryRule, JuryVotes, decide
from CTSpatialVQALib.scoring.mirror_test import MirrorTest
from CTSpatialVQALib.statistics.agreement import Agreement

Severity = Literal["error", "warning", "info"]

LEAST_KAPPA = 0.6  # judges of the same answers reach 0.8; below this they judged something else
_LEAST_P = 0.001  # many judges are tested, and a false alarm costs trust
LEAST_AC1 = 0.8  # and AC1 then 0.8 as well, however rare right answers are
LEAST_VOTES = 20  # of a judge that always says the same: a few right answers in a row are no proof
LEAST_PAIRS, LEAST_TEXTS = 30, 5  # of patients of whom the same was asked
_NEARLY_ALL = 0.9  # of the pairs of a few texts, whose share has no interval to speak of
MIRROR_NOT_FOLLOWED = "does_not_follow_the_mirror"


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


class Contradictions(NamedTuple):
    """Texts judged more than once, and those of them judged both right and wrong."""

    repeated: int
    contradicted: int


def low_agreement(coefficients: Mapping[str, Agreement], about: str) -> list[Alarm]:
    """Kappas that lie below 0.6 with their whole interval, where AC1 says the same.

    Kappa alone is low whatever the judges do where nearly all answers are right, or wrong; AC1 is not.

    Parameters
    ----------
    coefficients : by name, e.g. `fleiss` or `gpt and qwen`
    """
    low = {
        name: one
        for name, one in coefficients.items()
        if one.value is not None
        and one.interval is not None
        and one.interval.high < LEAST_KAPPA
        and one.ac1 is not None
        and one.ac1 < LEAST_AC1
    }
    if not low:
        return []
    listed = ", ".join(
        f"{name} {one.value:.3f} ({one.interval.low:.2f} to {one.interval.high:.2f}; AC1 {one.ac1:.2f})"
        for name, one in low.items()
        if one.interval is not None
    )
    return [
        Alarm(
            "low_agreement",
            "error",
            about,
            f"kappa below {LEAST_KAPPA}: {listed}; judges of one text agree",
            {name: float(one.value or 0.0) for name, one in low.items()},
        )
    ]


def constant_judge(judge: str, votes: Iterable[bool | None], about: str) -> list[Alarm]:
    """A judge that says the same of every answer judges nothing."""
    said = Counter(vote for vote in votes if vote is not None)
    if len(said) != 1 or said.total() < LEAST_VOTES:
        return []
    ((vote, count),) = said.items()
    return [
        Alarm(
            "constant_judge",
            "error",
            f"{about} / {judge}",
            f"found all {count} answers {'right' if vote else 'wrong'}: its votes say nothing about them",
            {"votes": count},
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


def same_answers(pairs: AcrossPatients | None, about: str) -> list[Alarm]:
    """A model that answers a question alike whatever patient it is asked about, right or wrong.

    Raised from 30 pairs on, where more than half of the pairs whose references differ are answered alike
    though not both are right: with the whole interval over the texts, or, of fewer texts than 5, in 90 %.
    """
    if pairs is None or pairs.despite is None or pairs.despite.among < LEAST_PAIRS:
        return []
    despite = pairs.despite
    if pairs.texts < LEAST_TEXTS or despite.interval is None:
        alike = despite.value >= _NEARLY_ALL
    else:
        alike = despite.interval.low > 0.5
    if not alike:
        return []
    return [
        Alarm(
            "same_answer_whatever_the_case",
            "warning",
            about,
            f"asked the same about two patients whose references differ, it answers alike in"
            f" {despite.value:.1%} of {despite.among} pairs although not both answers are right",
            {"pairs": despite.among, "alike": despite.value},
        )
    ]


def does_not_follow_the_mirror(backend: str, test: MirrorTest | None) -> list[Alarm]:
    """One-sided answers that the mirrored volume does not turn more often than a coin would."""
    if test is None or not test.enough or test.follows:
        return []
    among = test.followed + test.stayed
    verdict = (
        "less often than a coin would: its sides do not come from the image"
        if test.against
        else "no more often than a coin would: nothing shows that its sides come from the image"
    )
    return [
        Alarm(
            MIRROR_NOT_FOLLOWED,
            "error",
            backend,
            f"shown the volume mirrored left to right, it names the other side in {test.followed} of {among}"
            f" one-sided answers about {test.patients} patients, {verdict} (p {test.p:.2g})",
            {"followed": test.followed, "among": among, "patients": test.patients, "p": test.p},
        )
    ]


def gravest_first(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Errors before warnings before notes; the mirror before everything, for the rest rests on it."""
    order: dict[str, int] = {"error": 1, "warning": 2, "info": 3}
    return tuple(
        sorted(alarms, key=lambda alarm: 0 if alarm.code == MIRROR_NOT_FOLLOWED else order[alarm.severity])
    )
