"""Does the model look at the image? What its answers do when the image is withheld, mirrored or changed.

A model that looks answers otherwise when it is shown nothing, names the other side when the volume is
mirrored, and does not answer alike whatever patient it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from CTSpatialVQALib.imaging.probe_expectations import Expected, when_mirrored, when_other_case
from CTSpatialVQALib.language.answer_part import answer_part
from CTSpatialVQALib.language.claims import lateral_set
from CTSpatialVQALib.language.same_meaning import same_meaning, same_text
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply
from CTSpatialVQALib.records.words import Outcome, Probe
from CTSpatialVQALib.scoring.across_patients import AcrossPatients, Answered, across_patients
from CTSpatialVQALib.scoring.mirror_test import Became, MirrorTest, mirror_test
from CTSpatialVQALib.scoring.probe_pairs import Askings, PairedUp, ProbePair, askings
from CTSpatialVQALib.scoring.shares import Share, share_of
from CTSpatialVQALib.statistics.clusters import Clusters
from CTSpatialVQALib.statistics.paired_tests import Paired, compare_all, holm

_NO_PATIENTS: Mapping[str, str] = MappingProxyType({})


class MirrorLook(NamedTuple):
    """What mirroring left and right does to the answers.

    one_sided : questions whose reference lies on one side, that name no side themselves, and to which the
        model's answer with everything shown names one side; the next three are shares of them
    followed : the mirrored volume is answered with the other side, as one who looks must
    stayed : with the same side
    lost : with no side or with both
    unaffected : of the answers in which nothing may change, the share in which nothing does
    coin : whether the other side is named more often than a coin would; None where no answer names one
    """

    one_sided: int
    followed: Share | None
    stayed: Share | None
    lost: Share | None
    unaffected: Share | None
    coin: MirrorTest | None


@dataclass(frozen=True)
class ProbeLook:
    """One backend under one probe, beside the same questions with everything shown.

    Parameters
    ----------
    pairs : questions answered both ways, under equal settings
    failed : asked both ways, but at least one reply is no answer
    unlike : asked both ways under different settings, and so not compared
    same_text : share of the pairs with the same words; same_meaning : that amount to the same
    had_to_change, changed : answers that must become others under this probe (by the texts alone), and the
        share of them that did; only for `mirrored` and `other_case`
    accuracy : full (first) against the probe (second), on pairs that are decided both ways; `p_holm`
        corrects for all probes of the backend. None where nothing is decided.
    undecided : pairs left out of `accuracy`
    """

    probe: Probe
    pairs: int
    failed: int
    unlike: int
    same_text: Share | None
    same_meaning: Share | None
    had_to_change: int
    changed: Share | None
    accuracy: Paired | None
    right_full: Share | None
    right_probed: Share | None
    undecided: int


@dataclass(frozen=True)
class ModelLook:
    """Whether one backend looks at the image.

    Parameters
    ----------
    asked, failed : questions asked with everything shown, and those of them without an answer
    probes : one entry per probe it was asked under
    mirror : None if it was not asked under `mirrored`
    across_patients : None if no question is asked of two patients
    """

    backend: str
    asked: int
    failed: int
    probes: tuple[ProbeLook, ...]
    mirror: MirrorLook | None
    across_patients: AcrossPatients | None

    def under(self, probe: Probe) -> ProbeLook | None:
        """What is known of one probe."""
        return next((one for one in self.probes if one.probe is probe), None)


def looks_at_the_image(
    replies: Iterable[Reply],
    questions: Iterable[Question],
    scores: Iterable[Score],
    patients: Mapping[str, str] = _NO_PATIENTS,
) -> tuple[ModelLook, ...]:
    """One entry per backend, in the order in which they first reply.

    Parameters
    ----------
    scores : by one scorer, each naming its reply; accuracies are left out for replies without one
    patients : case id -> patient id; a case that is missing is its own patient

    Raises
    ------
    BadInput
        If replies, questions and scores do not belong together; see `probe_pairs.askings`.
    """
    asked = askings(replies, questions, scores, patients)
    return tuple(_model(asked, backend) for backend in asked.backends)


def _model(asked: Askings, backend: str) -> ModelLook:
    full = asked.under(backend, Probe.FULL)
    paired = {probe: asked.paired(backend, probe) for probe in asked.probes(backend)}
    mirrored = paired.get(Probe.MIRRORED)
    return ModelLook(
        backend=backend,
        asked=len(full),
        failed=sum(reply.outcome is not Outcome.ANSWERED for reply in full.values()),
        probes=_corrected([_probe(one) for one in paired.values()]),
        mirror=None if mirrored is None else _mirror(mirrored.pairs),
        across_patients=_across_patients(asked, full),
    )


def _probe(paired: PairedUp) -> ProbeLook:
    pairs = paired.pairs
    patients = [one.patient for one in pairs]
    must = [one for one in pairs if _expected(paired.probe, one) is Expected.CHANGES]
    decided = [one for one in pairs if one.right_full is not None and one.right_probed is not None]
    deciders = [one.patient for one in decided]
    return ProbeLook(
        probe=paired.probe,
        pairs=len(pairs),
        failed=paired.failed,
        unlike=paired.unlike,
        same_text=share_of([same_text(one.full, one.probed) for one in pairs], patients),
        same_meaning=share_of([_same(one) for one in pairs], patients),
        had_to_change=len(must),
        changed=share_of([not _same(one) for one in must], [one.patient for one in must]),
        accuracy=_accuracy(paired, decided),
        right_full=share_of([bool(one.right_full) for one in decided], deciders),
        right_probed=share_of([bool(one.right_probed) for one in decided], deciders),
        undecided=len(pairs) - len(decided),
    )


def _same(pair: ProbePair) -> bool:
    return same_meaning(pair.form, pair.full, pair.probed)


def _expected(probe: Probe, pair: ProbePair) -> Expected:
    """What must become of a right answer; probes that only take away expect nothing of a single answer."""
    if probe is Probe.MIRRORED:
        return when_mirrored(pair.question.text, pair.question.reference).asked_unchanged
    if probe is Probe.OTHER_CASE:
        return when_other_case(pair.question.reference)
    return Expected.OPEN


def _accuracy(paired: PairedUp, decided: Sequence[ProbePair]) -> Paired | None:
    if not decided:
        return None
    right = {
        str(Probe.FULL): [bool(one.right_full) for one in decided],
        str(paired.probe): [bool(one.right_probed) for one in decided],
    }
    return compare_all(right, Clusters.of([one.patient for one in decided]))[0]


def _corrected(looks: Sequence[ProbeLook]) -> tuple[ProbeLook, ...]:
    """Every probe of one backend is a further chance of a false alarm."""
    tested = [one.accuracy for one in looks if one.accuracy is not None]
    corrected = iter(holm([one.p_clustered for one in tested]))
    return tuple(
        one if one.accuracy is None else replace(one, accuracy=one.accuracy._replace(p_holm=next(corrected)))
        for one in looks
    )


def _mirror(pairs: Sequence[ProbePair]) -> MirrorLook:
    expected = {one.question.question_id: _expected(Probe.MIRRORED, one) for one in pairs}
    must = [one for one in pairs if expected[one.question.question_id] is Expected.CHANGES]
    stays = [one for one in pairs if expected[one.question.question_id] is Expected.STAYS]
    sided = [one for one in must if len(_sides(one.full)) == 1]
    patients = [one.patient for one in sided]
    became = [_became(one) for one in sided]
    return MirrorLook(
        one_sided=len(sided),
        followed=share_of([one == "other" for one in became], patients),
        stayed=share_of([one == "same" for one in became], patients),
        lost=share_of([one == "lost" for one in became], patients),
        unaffected=share_of([_same(one) for one in stays], [one.patient for one in stays]),
        coin=mirror_test(became, patients),
    )


def _became(pair: ProbePair) -> Became:
    """What became of the one side that the answer named."""
    probed = _sides(pair.probed)
    if len(probed) != 1:
        return "lost"
    return "same" if probed == _sides(pair.full) else "other"


def _sides(answer: str) -> frozenset[object]:
    return frozenset(lateral_set(answer_part(answer).text))


def _across_patients(asked: Askings, full: Mapping[str, Reply]) -> AcrossPatients | None:
    """Of everything that was answered with the image shown."""
    return across_patients(
        Answered(
            asked.questions[question_id],
            asked.patient_of(asked.questions[question_id]),
            reply.answer or "",
            asked.right.get(reply.reply_id),
        )
        for question_id, reply in full.items()
        if reply.outcome is Outcome.ANSWERED
    )
