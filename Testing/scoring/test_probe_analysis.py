"""Whether a model looks: one that does, one that does not, and what must not be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.language.same_meaning import same_meaning
from CTSpatialVQALib.records.base import utc_now
from CTSpatialVQALib.records.judgement import Score
from CTSpatialVQALib.records.question import Question
from CTSpatialVQALib.records.reply import Reply, ReplyKey
from CTSpatialVQALib.records.words import Outcome, Probe
from CTSpatialVQALib.scoring.probe_analysis import ModelLook, ProbeLook, looks_at_the_image
from CTSpatialVQALib.scoring.rules import score_answer

NOTHING = "0" * 64
SWAPPED = {"left": "right", "right": "left"}
Model = Callable[[Question, Probe], str]


def question(patient: int, number: int, text: str, reference: str) -> Question:
    return Question(
        question_id=f"valid_{patient}_a_1::{number}",
        case_id=f"valid_{patient}_a_1",
        text=text,
        reference=reference,
    )


SIDES = ("left", "right", "right", "left", "right", "left")
QUESTIONS = [
    one
    for patient, side in enumerate(SIDES)
    for one in (
        question(patient, 0, "In which lung is the nodule?", f"In the {side} lung."),
        question(patient, 1, "Is the heart above the liver?", "Yes."),
        question(patient, 2, "What is the diameter of the cyst?", f"{10 + 7 * patient} mm."),
    )
]
PATIENTS = {one.case_id: one.case_id[:7] for one in QUESTIONS}


def reply(asked: Question, probe: Probe, said: str, *, version: str = "1", backend: str = "m") -> Reply:
    key = ReplyKey(
        question_id=asked.question_id,
        question_sha256=asked.question_sha256,
        backend=backend,
        backend_version=version,
        contract="slices",
        probe=probe,
        presentation_sha256=NOTHING,
        prompt_sha256=NOTHING,
    )
    return Reply(
        reply_id=key.reply_id,
        key=key,
        case_id=asked.case_id,
        outcome=Outcome.ANSWERED if said else Outcome.TIMEOUT,
        answer=said or None,
        started_utc=utc_now(),
        duration_s=0.0,
    )


def replies(model: Model, *probes: Probe) -> list[Reply]:
    return [reply(one, probe, model(one, probe)) for probe in (Probe.FULL, *probes) for one in QUESTIONS]


def scores(found: Iterable[Reply]) -> list[Score]:
    by_id = {one.question_id: one for one in QUESTIONS}
    return [
        score_answer(
            by_id[one.key.question_id].text,
            by_id[one.key.question_id].reference,
            one.answer,
            question_id=one.key.question_id,
            reply_id=one.reply_id,
        )
        for one in found
        if one.answer
    ]


def look(found: list[Reply]) -> ModelLook:
    (only,) = looks_at_the_image(found, QUESTIONS, scores(found), PATIENTS)
    return only


def at(found: ModelLook, probe: Probe) -> ProbeLook:
    under = found.under(probe)
    assert under is not None
    return under


def sees(asked: Question, probe: Probe) -> str:
    """Right with the image; names the other side when mirrored; without it always the same guess."""
    if probe is Probe.TEXT_ONLY:
        return "In the right lung." if "lung" in asked.text else "No." if "heart" in asked.text else "5 mm"
    if probe is Probe.MIRRORED and "lung" in asked.text:
        return " ".join(SWAPPED.get(word, word) for word in asked.reference.split())
    if probe is Probe.OTHER_CASE and "cyst" in asked.text:
        return "99 mm"
    return asked.reference


def guesses(asked: Question, _probe: Probe) -> str:
    return "The right lung." if "lung" in asked.text else "Yes." if "heart" in asked.text else "10 mm"


def test_a_model_that_looks_follows_the_mirror_and_needs_the_image() -> None:
    found = look(replies(sees, Probe.TEXT_ONLY, Probe.MIRRORED, Probe.OTHER_CASE))
    mirror = found.mirror
    assert mirror is not None
    assert mirror.followed is not None
    assert (mirror.one_sided, mirror.followed.hits, mirror.followed.among) == (6, 6, 6)
    assert mirror.unaffected is not None
    assert mirror.unaffected.value == 1.0
    blind = at(found, Probe.TEXT_ONLY)
    assert blind.same_meaning is not None
    assert (blind.same_meaning.hits, blind.same_meaning.among) == (SIDES.count("right"), 18)
    assert blind.accuracy is not None
    assert (blind.accuracy.only_first, blind.accuracy.only_second) == (15, 0)
    assert blind.accuracy.p_clustered < 0.05
    other = at(found, Probe.OTHER_CASE)
    assert (other.had_to_change, other.changed and other.changed.hits) == (6, 6)


def test_a_model_that_does_not_look_gives_itself_away() -> None:
    found = look(replies(guesses, Probe.TEXT_ONLY, Probe.MIRRORED, Probe.SHUFFLED, Probe.OTHER_CASE))
    mirror = found.mirror
    assert mirror is not None
    assert mirror.followed is not None
    assert mirror.stayed is not None
    assert (mirror.followed.hits, mirror.stayed.hits, mirror.stayed.among) == (0, 6, 6)
    assert mirror.coin is not None
    assert (mirror.coin.against, mirror.coin.follows, mirror.coin.enough) == (True, False, False)
    assert mirror.followed.interval.high == pytest.approx(0.459, abs=0.001)  # Clopper-Pearson of 0 in 6
    for one in found.probes:
        assert one.same_text is not None
        assert one.same_text.value == 1.0
        assert one.accuracy is not None
        assert (one.accuracy.difference, one.accuracy.p_clustered) == (0.0, 1.0)
    changed = at(found, Probe.OTHER_CASE).changed
    assert changed is not None
    assert (changed.hits, changed.among) == (0, 6)
    across = found.across_patients
    assert across is not None
    # three texts, 15 pairs of patients each; the nodule is on one side in 3 + 3 pairs, each cyst has a size
    assert (across.texts, across.answers.among, across.answers.value) == (3, 45, 1.0)
    assert across.references.hits == 15 + 6


def test_the_order_of_replies_means_nothing() -> None:
    found = replies(sees, Probe.TEXT_ONLY, Probe.MIRRORED)
    assert look(found).probes == look(found[::-1]).probes


def test_failures_are_counted_apart_and_never_compared() -> None:
    def fails(asked: Question, probe: Probe) -> str:
        broken = probe is Probe.TEXT_ONLY and "heart" in asked.text
        return "" if broken else guesses(asked, probe)

    blind = at(look(replies(fails, Probe.TEXT_ONLY)), Probe.TEXT_ONLY)
    assert (blind.pairs, blind.failed) == (12, 6)
    assert blind.same_text is not None
    assert blind.same_text.among == 12


def test_askings_under_other_settings_are_not_compared() -> None:
    first = QUESTIONS[0]
    found = [
        reply(first, Probe.FULL, "Left lung."),
        reply(first, Probe.TEXT_ONLY, "Right lung.", version="2"),
    ]
    blind = at(look(found), Probe.TEXT_ONLY)
    assert (blind.pairs, blind.unlike, blind.same_text, blind.accuracy) == (0, 1, None, None)


def test_an_undecided_score_is_left_out_of_the_accuracy_alone() -> None:
    found = replies(guesses, Probe.TEXT_ONLY)
    given = scores(found)
    given[0] = given[0].model_copy(update={"correct": None, "error_type": None})
    (only,) = looks_at_the_image(found, QUESTIONS, given, PATIENTS)
    blind = at(only, Probe.TEXT_ONLY)
    assert (blind.pairs, blind.undecided) == (18, 1)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda found: [*found, reply(QUESTIONS[0], Probe.FULL, "Left", version="2")], "two"),
        (lambda found: [*found, reply(question(9, 0, "Where?", "Left."), Probe.FULL, "x")], "unknown"),
        (
            lambda found: [*found, reply(question(0, 0, "Where?", "Left."), Probe.MARKED, "x")],
            "changed",
        ),
    ],
)
def test_what_does_not_belong_together_is_refused(
    spoil: Callable[[list[Reply]], list[Reply]], told: str
) -> None:
    found = replies(guesses, Probe.TEXT_ONLY)
    with pytest.raises(BadInput, match=told):
        looks_at_the_image(spoil(found), QUESTIONS, scores(found))


def test_two_scores_of_one_reply_are_refused() -> None:
    found = replies(guesses)
    with pytest.raises(BadInput, match="twice"):
        looks_at_the_image(found, QUESTIONS, [*scores(found), scores(found)[0]])


@pytest.mark.parametrize(
    ("text", "one", "other", "same"),
    [
        ("Is there fluid?", "Yes, some.", "yes", True),
        ("Is there fluid?", "Yes.", "There is no fluid.", False),
        ("Is it in the left or right lung?", "Left.", "It is in the left lung.", True),
        ("Where is it?", "In the left lower lobe.", "Left lung, lower lobe.", True),
        ("Where is it?", "In the left lower lobe.", "In the right lower lobe.", False),
        ("How large is it?", "5 mm", "9 mm", False),
        ("What is it like?", "Round and smooth.", "Smooth, round.", True),
        ("Where is it?", "Left.</s>", "Left. Question: and the right? Answer: no", True),
    ],
)
def test_meaning_is_compared_and_not_wording(text: str, one: str, other: str, same: bool) -> None:
    from CTSpatialVQALib.language.question_forms import question_form

    assert same_meaning(question_form(text), one, other) is same
