"""What may be seen, mode by mode: the rule of blinding as one table."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from CTSpatialVQALib.reading.keys import CORRECT, FLOWS, judgement_of
from CTSpatialVQALib.reading.refusal import NotAllowed
from CTSpatialVQALib.reading.visible import NOTHING, ShownCt, sight
from CTSpatialVQALib.records.study import ReadingRules
from CTSpatialVQALib.records.words import ErrorType, QuestionFault, ReadingMode, Severity, VerdictValue
from Testing.reading.tables import MODELS, REFERENCE, REPORT, plan, reading

MATERIALS = [("volume", ShownCt.VOLUME), ("one_slice", ShownCt.ONE_SLICE), ("text_only", ShownCt.NONE)]


def shown_by(mode: ReadingMode, *, revealed: bool) -> set[str]:
    rules = ReadingRules(mode=mode)
    return {name for name, value in asdict(sight(rules, revealed=revealed)).items() if value is True}


def test_open_shows_everything_at_once() -> None:
    everything = {"reply", "model", "reference", "report", "overlay", "geometry", "scores", "other_replies"}
    assert shown_by(ReadingMode.OPEN, revealed=False) == everything
    assert shown_by(ReadingMode.BLINDED, revealed=True) == everything


def test_blinded_shows_the_volume_and_the_reply_only() -> None:
    assert shown_by(ReadingMode.BLINDED, revealed=False) == {"reply"}
    assert sight(ReadingRules(mode=ReadingMode.BLINDED), revealed=False).ct is ShownCt.VOLUME


@pytest.mark.parametrize(("material", "ct"), MATERIALS)
def test_unaided_shows_the_question_and_the_material(material: str, ct: ShownCt) -> None:
    rules = ReadingRules.model_validate({"mode": "unaided", "material": material})
    for revealed in (False, True):
        seen = sight(rules, revealed=revealed)
        assert seen.ct is ct
        assert not seen.aided
    assert shown_by(ReadingMode.UNAIDED, revealed=True) == set()


def test_material_is_for_unaided_readings_only() -> None:
    with pytest.raises(ValueError, match="with mode 'unaided' only"):
        ReadingRules.model_validate({"mode": "blinded", "material": "text_only"})


def test_before_the_first_question_nothing_is_shown(tmp_path: Path) -> None:
    with reading(tmp_path / "log.sqlite", plan(ReadingMode.OPEN)) as here:
        assert here.visible() == NOTHING


def test_a_blinded_reader_sees_no_name_reference_or_report_until_the_reveal(tmp_path: Path) -> None:
    with reading(
        tmp_path / "log.sqlite", plan(ReadingMode.BLINDED, cases=1, questions=1, models=MODELS[:1])
    ) as here:
        seen = here.next()
        assert (seen.model, seen.reference, seen.report) == (None, None, None)
        assert seen.question
        assert seen.reply
        assert not seen.aided
        here.judge(CORRECT)
        assert here.visible().reference is None
        seen = here.reveal()
        assert (seen.model, seen.reference, seen.report) == (MODELS[0], REFERENCE, REPORT)
        assert seen.aided


def test_the_suggestion_appears_only_after_a_verdict_key_and_never_to_a_blind_reader(tmp_path: Path) -> None:
    with reading(tmp_path / "open.sqlite", plan(ReadingMode.OPEN)) as here:
        here.next()
        assert not here.visible().suggestion
        assert here.visible(choosing=True).suggestion
    with reading(tmp_path / "blinded.sqlite", plan(ReadingMode.BLINDED)) as here:
        here.next()
        assert not here.visible(choosing=True).suggestion
        assert not here.visible(choosing=True).aided


def test_every_verdict_value_has_a_key_and_every_word_a_letter() -> None:
    assert [flow.value for flow in FLOWS.values()] == list(VerdictValue)
    assert [key for key, flow in FLOWS.items() if flow.saves_at_once] == ["1", "3"]
    assert set(FLOWS["2"].error_types.values()) == set(ErrorType)
    assert set(FLOWS["2"].severities.values()) == set(Severity)
    assert set(FLOWS["4"].faults.values()) == set(QuestionFault)
    assert not set(FLOWS["2"].error_types) & set(FLOWS["2"].severities)


def test_letters_become_a_judgement() -> None:
    found = judgement_of("2", "by")
    assert (found.value, found.error_type, found.severity) == (
        VerdictValue.INCORRECT,
        ErrorType.WRONG_LEVEL_OR_LOBE,
        Severity.CLINICALLY_RELEVANT,
    )
    assert judgement_of("4", "DA").faults == (QuestionFault.NOT_DETERMINABLE, QuestionFault.NOT_SPATIAL)


@pytest.mark.parametrize(
    ("key", "letters"), [("5", ""), ("1", "A"), ("2", ""), ("2", "AB"), ("2", "AXY"), ("4", ""), ("4", "E")]
)
def test_wrong_letters_are_refused(key: str, letters: str) -> None:
    with pytest.raises(NotAllowed, match="Choose from the letters shown"):
        judgement_of(key, letters)
