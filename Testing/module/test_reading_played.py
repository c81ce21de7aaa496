"""A reader reads a study with keys and mouse: what he presses is what stands in the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.records.words import ErrorType, QuestionFault, Severity, Stage, VerdictValue


@pytest.fixture
def reader(play: Any, study: Path) -> Any:
    play.start()
    play.open(study)
    return play


def set_mode(study: Path, mode: str, more: str = "") -> Path:
    text = study.read_text(encoding="utf-8").replace('mode = "open"', f'mode = "{mode}"{more}')
    study.write_text(text, encoding="utf-8")
    return study


def test_question_reply_and_reference_are_shown_large(reader: Any) -> None:
    seen, page = reader.reading.visible(), reader.page

    assert page.question.questionLabel.text == seen.question
    assert page.question.replyLabel.text == seen.reply
    assert page.details.referenceLabel.text == seen.reference
    assert "demo-flawed" in page.question.factsLabel.text
    assert page.details.categoriesLabel.visible
    assert page.navigation.progressBar.format == "0 of 38 replies"
    assert page.question.questionLabel.font.pointSizeF() > 1.25 * page.widget.font.pointSizeF()


def test_one_key_judges_saves_and_goes_on(reader: Any) -> None:
    first = reader.reading.state.current
    reader.press("1")

    (verdict,) = reader.verdicts()
    assert verdict.value is VerdictValue.CORRECT
    assert verdict.question_id == first.question_id
    assert reader.reading.state.current != first
    assert reader.page.navigation.progressBar.format == "1 of 38 replies"


def test_incorrect_wants_an_error_type_and_takes_a_severity(reader: Any) -> None:
    reader.press("2")
    chooser = reader.page.verdict.chooser
    assert chooser.widget.visible
    assert chooser.letters == ""
    assert not any(button.checked for button in chooser.buttons.values())

    reader.press("Return")
    assert reader.verdicts() == []
    reader.press("Y", "A", "C", "Return")

    (verdict,) = reader.verdicts()
    assert (verdict.error_type, verdict.severity) == (ErrorType.WRONG_DEPTH, Severity.CLINICALLY_RELEVANT)
    assert not chooser.widget.visible


def test_chooser_works_by_mouse_and_esc_leaves_it(reader: Any) -> None:
    reader.host.click(reader.page.verdict.buttons["2"])
    reader.press("Esc")
    assert not reader.page.verdict.choosing

    reader.host.click(reader.page.verdict.buttons["4"])
    for letter in "AC":
        reader.host.click(reader.page.verdict.chooser.buttons[letter])
    reader.host.click(reader.page.verdict.chooser.saveButton)

    (verdict,) = reader.verdicts()
    assert set(verdict.faults) == {QuestionFault.NOT_SPATIAL, QuestionFault.AMBIGUOUS}


def test_geometry_speaks_only_after_the_verdict_key_and_ticks_nothing(reader: Any) -> None:
    wrong = next(
        line.key for line in reader.reading.lines() if line.question.startswith("Does the trachea run")
    )
    reader.reading.go_to(wrong)
    reader.window.study.presenter.arrive()
    chooser, label = reader.page.verdict.chooser, reader.page.question.suggestionLabel
    assert not label.visible

    reader.press("2")
    reader.host.settle(50)

    assert "contradicted" in label.text
    assert "wrong depth" in label.text
    assert chooser.letters == ""


def test_undo_gives_the_last_verdict_anew_with_its_reason(reader: Any) -> None:
    reader.press("1")
    reader.host.answer("mis-key")
    reader.press("U")
    assert "anew" in reader.page.verdict.stageLabel.text
    reader.press("3")

    first, second = reader.verdicts()
    assert (first.value, second.value) == (VerdictValue.CORRECT, VerdictValue.UNSURE)
    assert second.question_id == first.question_id
    assert second.correction_reason == "mis-key"


def test_verdict_that_stands_is_replaced_only_after_asking(reader: Any) -> None:
    reader.press("1", "PgUp")
    reader.host.answer("")
    reader.press("3")
    assert len(reader.verdicts()) == 1

    reader.host.answer("saw the coronal view")
    reader.press("3")
    assert reader.verdicts()[1].correction_reason == "saw the coronal view"


def test_keys_are_off_while_text_is_typed(reader: Any) -> None:
    reader.press("C")
    reader.host.type(reader.page.verdict.commentEdit, "12 close to the fissure")
    assert reader.verdicts() == []

    reader.press("Esc", "1")
    (verdict,) = reader.verdicts()
    assert verdict.comment == "12 close to the fissure"


def test_keys_work_beside_a_path_that_is_only_shown(reader: Any) -> None:
    reader.page.open_section("log")
    reader.host.settle(20)
    reader.host.click(reader.page.log.pathLine)
    assert reader.page.log.pathLine.hasFocus()
    reader.press("1")
    assert len(reader.verdicts()) == 1


def test_keys_work_only_while_the_module_is_shown(reader: Any) -> None:
    reader.host.leave("CTSpatialVQA")
    assert not reader.window.study.keys.installed
    reader.host.open("CTSpatialVQA")
    assert reader.window.study.keys.installed
    reader.press("1")
    assert len(reader.verdicts()) == 1


def test_moving_flagging_and_going_to_a_question_of_the_list(reader: Any) -> None:
    keys = [line.key for line in reader.reading.lines()]
    reader.press("PgDown", "PgDown", "PgUp", "F")
    assert reader.reading.state.current == keys[1]
    assert reader.reading.lines()[1].flagged
    assert "⚑" in reader.page.navigation.progressBar.format

    from CTSpatialVQAGui.question_list import NEEDS_SOMETHING

    tree = reader.page.list.tree
    tree.itemClicked(tree.topLevelItem(7), 0)
    assert reader.reading.state.current == keys[7]
    reader.press("1")
    reader.page.list.stateFilter.choose(NEEDS_SOMETHING)
    reader.page.list.searchEdit.setText("")
    assert tree.topLevelItem(7).isHidden()
    assert not tree.topLevelItem(1).isHidden()


def test_everything_is_there_after_a_restart(reader: Any, study: Path) -> None:
    reader.press("1", "PgDown", "C")
    reader.host.type(reader.page.verdict.commentEdit, "half a tho")
    key = reader.reading.state.current
    reader.quit()
    reader.start()

    recent = reader.window.open.recentList
    assert recent.count == 1
    recent.itemClicked(recent.item(0))
    reader.arrived()

    assert reader.reading.state.current == key
    assert reader.page.verdict.commentEdit.plainText == "half a tho"
    assert reader.page.navigation.progressBar.format == "1 of 38 replies"
    assert reader.window.session.reader == "reader-1"


def test_blinded_reading_hides_until_the_reveal(play: Any, study: Path) -> None:
    play.start()
    play.open(set_mode(study, "blinded"))
    page = play.page
    assert "demo-flawed" not in page.question.factsLabel.text
    assert not page.details.referenceLabel.visible
    assert not page.details.reportButton.visible
    assert page.details.chips.buttons == ()
    case_id = play.reading.visible().case_id
    while play.reading.visible().case_id == case_id and not play.reading.visible().can_reveal:
        play.press("2")
        play.host.settle(20)
        assert page.question.suggestionLabel.text == ""
        play.press("A", "Return")
    assert page.verdict.revealButton.visible
    assert {verdict.stage for verdict in play.verdicts()} == {Stage.BLIND}

    play.press("R")
    assert "demo-flawed" in page.question.factsLabel.text
    assert page.details.referenceLabel.visible
    play.press("1")
    assert play.verdicts()[-1].stage is Stage.FINAL


def test_reader_answers_himself_in_an_unaided_study(play: Any, study: Path) -> None:
    play.start()
    play.open(set_mode(study, "unaided", '\nmaterial = "text_only"'))
    page = play.page
    assert not page.question.replyLabel.visible
    assert not page.verdict.buttons["1"].visible
    play.press("1")
    assert play.verdicts() == []

    play.press("C")
    play.host.type(page.verdict.commentEdit, "On the left.")
    play.host.click(page.verdict.answerButton)

    assert "reader_answered" in play.events()
    assert page.navigation.progressBar.format == "1 of 40 answered"


def test_what_is_wrong_is_said_in_one_sentence(play: Any, study: Path, tmp_path: Path) -> None:
    play.start()
    play.window.open_study(study, "")
    assert "Type your pseudonym" in play.message

    broken = tmp_path / "broken.toml"
    broken.write_text("[study]\nid = 7\n", encoding="utf-8")
    play.window.open_study(broken, "reader-1")
    assert "broken.toml" in play.message
    assert "\n" not in play.message
    assert play.window.session is None

    play.open(study)
    assert play.message == ""


def test_second_study_takes_the_place_of_the_first(reader: Any, study: Path) -> None:
    reader.press("1")
    reader.open(study, "reader-2")

    assert reader.window.session.reader == "reader-2"
    assert reader.page.navigation.progressBar.format == "0 of 38 replies"
    reader.open(study, "reader-1")
    assert reader.page.navigation.progressBar.format == "1 of 38 replies"


def test_open_study_may_be_opened_again(reader: Any, study: Path) -> None:
    reader.press("1")
    reader.open(study)

    assert reader.message == ""
    assert reader.page.navigation.progressBar.format == "1 of 38 replies"


def test_flag_by_mouse_closes_the_chooser_and_its_letters(reader: Any) -> None:
    reader.press("2")
    reader.host.click(reader.page.navigation.flagButton)
    assert reader.reading.lines()[0].flagged
    reader.press("1")

    assert [verdict.value for verdict in reader.verdicts()] == [VerdictValue.CORRECT]


def test_study_that_is_read_elsewhere_is_refused_and_this_reading_goes_on(reader: Any, study: Path) -> None:
    from CTSpatialVQALib.reading.lock import SessionLock

    log = study.parent / "readings" / "study-reader-2.sqlite"
    with SessionLock(log) as lock:
        reader.window.open_study(study, "reader-2")
        assert "another program reads" in reader.message
        lock.release()
    reader.press("1")
    assert len(reader.verdicts()) == 1


def test_whole_study_is_read_to_its_end(reader: Any) -> None:
    for turn in range(38):
        reader.press(*(("1",), ("3",), ("2", "J", "Return"))[turn % 3])

    assert reader.page.navigation.progressBar.format == "38 of 38 replies"
    assert "Everything is read" in reader.message
    assert len({verdict.question_id for verdict in reader.verdicts()}) == 38


def test_closing_the_study_gives_the_log_free(reader: Any, study: Path) -> None:
    from CTSpatialVQALib.audit.verify import verify

    log = reader.window.session.files.log
    reader.press("1")
    reader.host.click(reader.page.navigation.closeButton)

    assert reader.window.session is None
    assert reader.window.open.widget.visible
    assert verify(log).holds
    assert json.dumps(str(study)) not in log.read_bytes().decode("latin-1")
