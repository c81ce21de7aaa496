"""Models are asked in a process of their own: replies come in, nothing is held, consent comes first."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.records.words import Probe

LONGEST_HOLD_S = 0.1


@pytest.fixture
def reader(play: Any, study: Path) -> Any:
    play.start()
    play.open(study)
    play.page.sections["asking"].collapsed = False
    return play


def replies_came(play: Any) -> None:
    play.until(lambda: not play.window.study.asking.running)


def declare(study: Path, url: str) -> None:
    with study.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[[backends]]\nname = "far"\nkind = "openai"\nurl = "{url}"\n')
        stream.write('model = "m"\ncontract = "slices"\n')


def test_demo_is_made_and_its_recorded_replies_come_by_themselves(play: Any) -> None:
    play.start()
    play.host.click(play.window.open.demoButton)
    play.until(lambda: play.window.session is not None)
    replies_came(play)

    assert play.page.navigation.progressBar.format == "0 of 38 replies"
    assert play.page.question.replyLabel.visible
    assert play.window.session.reader == "reader-1"


def test_question_is_asked_and_its_reply_joins_the_reading(reader: Any) -> None:
    unanswered = next(line.key for line in reader.reading.lines() if line.standing == "no reply")
    reader.window.study.reading.go(unanswered)
    reader.page.asking.backendCombo.setCurrentText("prior")
    reader.host.click(reader.page.asking.questionButton)
    assert reader.page.asking.cancelButton.visible
    replies_came(reader)

    assert reader.reading.visible().model == "prior"
    assert reader.page.navigation.progressBar.format == "0 of 39 replies"
    assert "Replies of prior: 1" in reader.page.asking.progressLabel.text


def test_probe_stands_beside_the_full_answer(reader: Any) -> None:
    reader.page.asking.backendCombo.setCurrentText("prior")
    reader.page.asking.probeActions[Probe.FULL].setChecked(False)
    reader.page.asking.probeActions[Probe.TEXT_ONLY].setChecked(True)
    before = reader.page.question.replyLabel.text
    reader.press("A")
    replies_came(reader)

    assert "prior (text only)" in reader.page.details.othersLabel.text
    assert reader.page.question.replyLabel.text == before


def test_draft_and_open_chooser_survive_replies_that_come(reader: Any) -> None:
    reader.page.asking.backendCombo.setCurrentText("prior")
    reader.host.click(reader.page.asking.caseButton)
    reader.press("2", "B")
    replies_came(reader)

    assert reader.page.verdict.chooser.letters == "B"
    reader.press("Return")
    assert len(reader.verdicts()) == 1


def test_asking_is_stopped_and_the_reading_goes_on(reader: Any) -> None:
    reader.page.asking.backendCombo.setCurrentText("anatomy")
    reader.host.click(reader.page.asking.allButton)
    reader.host.click(reader.page.asking.cancelButton)
    replies_came(reader)

    assert "stopped" in reader.page.asking.progressLabel.text
    reader.press("1")
    assert len(reader.verdicts()) == 1


def test_window_is_never_held_while_asking(reader: Any) -> None:
    """Each turn of the event loop, in CPU seconds of this process: other processes do not count."""
    reader.page.asking.backendCombo.setCurrentText("prior")
    reader.host.click(reader.page.asking.caseButton)
    longest = 0.0
    end = time.monotonic() + 60
    while reader.window.study.asking.running:
        before = time.thread_time()
        reader.host.settle()
        longest = max(longest, time.thread_time() - before)
        time.sleep(0.005)
        assert time.monotonic() < end

    assert longest < LONGEST_HOLD_S


def test_remote_host_is_asked_about_first_and_no_is_no(play: Any, study: Path) -> None:
    import qt

    declare(study, "https://models.example.org:8443/v1")
    play.start()
    play.open(study)
    play.page.asking.backendCombo.setCurrentText("far")
    play.host.answer(qt.QMessageBox.No)
    play.window.study.asking.ask("question")

    assert not play.window.study.asking.running
    (message,) = play.host.messages
    assert "models.example.org:8443" in message.text
    assert "the pixels of the slices that contract" in message.text
    assert "no report" in message.text
    assert "consent_given" not in play.events()


def test_consent_stands_in_the_log_and_is_asked_once(play: Any, study: Path) -> None:
    import qt

    declare(study, "https://models.example.invalid/v1")
    play.start()
    play.open(study)
    play.page.asking.backendCombo.setCurrentText("far")
    play.host.answer(qt.QMessageBox.Yes)
    play.window.study.asking.ask("question")
    play.window.study.asking.cancel()
    replies_came(play)
    play.window.study.asking.ask("question")
    play.window.study.asking.cancel()
    replies_came(play)

    assert play.events().count("consent_given") == 1
    assert "consent_withdrawn" not in play.events()


def test_consent_ends_with_the_study(play: Any, study: Path) -> None:
    import qt

    declare(study, "https://models.example.invalid/v1")
    play.start()
    play.open(study)
    play.page.asking.backendCombo.setCurrentText("far")
    play.host.answer(qt.QMessageBox.Yes)
    play.window.study.asking.ask("question")
    play.window.study.asking.cancel()
    replies_came(play)
    play.window.study.close_study()
    play.open(study)

    assert play.events().count("consent_withdrawn") == 1
    assert not play.window.session.has_consent("https://models.example.invalid")


def test_server_on_this_computer_needs_no_consent(play: Any, study: Path) -> None:
    from CTSpatialVQASession.destinations import destination_of

    declare(study, "http://127.0.0.1:9/v1")
    play.start()
    play.open(study)

    assert destination_of(play.window.session.study, "far") is None
    assert destination_of(play.window.session.study, "prior") is None


def test_connection_test_names_what_fails(play: Any, study: Path) -> None:
    declare(study, "http://127.0.0.1:9/v1")  # nobody listens at the discard port
    play.start()
    play.open(study)
    play.page.asking.backendCombo.setCurrentText("far")
    play.window.study.asking.test_backend()
    play.until(lambda: not play.window.study.asking.testing)

    assert "FAILS port nothing listens" in play.page.asking.progressLabel.text


def test_log_is_verified_and_exported_from_the_window(reader: Any, study: Path, tmp_path: Path) -> None:
    reader.open(study, "anna")
    reader.press("1")
    reader.page.sections["log"].collapsed = False
    reader.host.settle()
    reader.host.click(reader.page.log.verifyButton)
    reader.until(lambda: "The log holds" in reader.page.log.resultLabel.text)

    out = tmp_path / "verdicts.csv"
    reader.host.answer(str(out))
    reader.host.click(reader.page.log.exportButtons["csv"])
    reader.until(out.is_file)
    reader.until(lambda: "Exported" in reader.page.log.resultLabel.text)
    reader.press("1")

    page = tmp_path / "verdicts.html"
    reader.host.answer(str(page))
    reader.host.click(reader.page.log.exportButtons["html"])
    reader.until(page.is_file)
    reader.until(lambda: not reader.window.study.log.exporting)
    assert reader.message == ""

    assert "correct" in out.read_text(encoding="utf-8")
    assert "anna" not in out.read_text(encoding="utf-8")
    assert len(reader.verdicts()) == 2


def declare_with_key(study: Path, url: str) -> None:
    declare(study, url)
    with study.open("a", encoding="utf-8") as stream:
        stream.write('key_variable = "EVERYDAY_SECRET"\n')


def test_what_a_study_wants_is_asked_for_once_and_stands_in_the_log(
    play: Any, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import qt

    monkeypatch.setenv("CTSPATIALVQA_GRANTS", str(tmp_path / "grants.json"))
    monkeypatch.setenv("EVERYDAY_SECRET", "sk-0123456789")
    declare_with_key(study, "http://127.0.0.1:9/v1")
    play.start()
    play.open(study)
    play.page.asking.backendCombo.setCurrentText("far")
    play.host.answer(qt.QMessageBox.No)
    play.window.study.asking.test_backend()
    assert not play.window.study.asking.testing
    (message,) = play.host.messages
    assert "send what the environment variable EVERYDAY_SECRET holds to http://127.0.0.1:9" in message.text
    assert "grant_given" not in play.events()

    play.host.answer(qt.QMessageBox.Yes)
    play.window.study.asking.test_backend()
    play.until(lambda: not play.window.study.asking.testing)
    assert (
        "FAILS port nothing listens" in play.page.asking.progressLabel.text
    )  # the key was granted there too
    play.window.study.asking.test_backend()
    play.until(lambda: not play.window.study.asking.testing)
    assert play.events().count("grant_given") == 1
