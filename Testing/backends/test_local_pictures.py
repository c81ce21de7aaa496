"""A real Gemma 3, tiny and random, in a process of its own: what it is given, and what its replies become."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from CTSpatialVQALib.backends.backend import Answer
from CTSpatialVQALib.backends.case_data import CaseData
from CTSpatialVQALib.backends.local_backend import LocalBackend
from CTSpatialVQALib.backends.local_model import LocalQuestion
from CTSpatialVQALib.backends.local_options import decoding, local_options
from CTSpatialVQALib.backends.text_chat import ChatRequest
from CTSpatialVQALib.imaging.contract import Part
from CTSpatialVQALib.records.words import Outcome, Probe
from Testing.backends.shown_patients import FOUR_SLICES, TOKENS, question, series_case, stored_case


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> CaseData:
    return stored_case(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def full(tiny_gemma: LocalBackend, case: CaseData) -> Answer:
    return tiny_gemma.ask(question(), case, Probe.FULL)


def test_the_processor_is_given_exactly_the_prepared_pictures(full: Answer, case: CaseData) -> None:
    shown = case.shown(FOUR_SLICES, Probe.FULL, question())
    assert full.facts["shown_shape"] == list(shown.array.shape)
    assert full.facts["shown_dtype"] == "uint8"
    assert full.facts["pixels_shape"] == [4, 3, 56, 56]
    resized = Image.fromarray(shown.array[0]).convert("RGB").resize((56, 56), Image.Resampling.BILINEAR)
    scaled = (np.asarray(resized) * (1 / 255)).astype(np.float32)
    as_gemma = ((scaled - np.float32(0.5)) / np.float32(0.5)).transpose(2, 0, 1)[None]
    digest = hashlib.sha256(np.ascontiguousarray(as_gemma, dtype="<f4").tobytes()).hexdigest()
    assert full.facts["pixels_sha256"] == digest


def test_a_reply_says_what_computed_it(full: Answer, tiny_gemma: LocalBackend) -> None:
    expected = {"device": "cpu", "dtype": "float32", "revision": tiny_gemma.version, "model": "gemma3"}
    assert expected.items() <= full.facts.items()
    assert full.facts["model_class"] == "Gemma3ForConditionalGeneration"
    assert int(str(full.facts["prompt_tokens"])) > 4 * 16


def test_a_reply_that_was_cut_is_truncated(full: Answer) -> None:
    assert full.outcome is Outcome.TRUNCATED
    assert full.facts["completion_tokens"] == TOKENS
    assert full.text


@pytest.mark.parametrize("code", ["RAS", "LAS", "PIR", "SLA", "AIL", "ILP"])
def test_the_answer_is_the_same_however_the_patient_is_stored(
    code: str, tiny_gemma: LocalBackend, full: Answer, tmp_path: Path
) -> None:
    assert tiny_gemma.ask(question(), stored_case(tmp_path, code), Probe.FULL).text == full.text


def test_a_dicom_series_gets_the_same_answer(tiny_gemma: LocalBackend, full: Answer, tmp_path: Path) -> None:
    assert tiny_gemma.ask(question(), series_case(tmp_path), Probe.FULL).text == full.text


def test_what_is_shown_otherwise_is_answered_otherwise(
    tiny_gemma: LocalBackend, full: Answer, case: CaseData, tmp_path: Path
) -> None:
    probes = (Probe.MIRRORED, Probe.SHUFFLED, Probe.SINGLE_SLICE, Probe.TEXT_ONLY)
    texts = [full.text, *(tiny_gemma.ask(question(), case, probe).text for probe in probes)]
    texts.append(tiny_gemma.ask(question(), stored_case(tmp_path, index=1), Probe.FULL).text)
    assert len(set(texts)) == 6


def test_pictures_are_encoded_once_for_all_questions_about_them(
    tiny_gemma: LocalBackend, case: CaseData
) -> None:
    tiny_gemma.ask(question(), case, Probe.MIRRORED)
    first = tiny_gemma.ask(question(), case, Probe.FULL)
    second = tiny_gemma.ask(question("Which lobe?"), case, Probe.FULL)
    assert (first.facts["encoded_now"], second.facts["encoded_now"]) == (True, False)
    assert second.text != first.text


def test_questions_asked_together_get_the_answers_they_get_alone(
    tiny_gemma: LocalBackend, case: CaseData
) -> None:
    questions = [question(text) for text in ("Left?", "Is it in the upper lobe of the left lung?", "Side:")]
    alone = [tiny_gemma.ask(one, case, Probe.FULL) for one in questions]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda one: tiny_gemma.ask(one, case, Probe.FULL), questions))
    assert [one.text for one in together] == [one.text for one in alone]
    assert {one.facts["batch"] for one in alone} == {1}
    assert max(int(str(one.facts["batch"])) for one in together) > 1


def test_a_stop_string_ends_the_reply_and_is_not_part_of_it(
    tiny_gemma: LocalBackend, full: Answer, case: CaseData
) -> None:
    stop = full.text[4:7]
    settings = decoding(FOUR_SLICES, local_options("tiny", {"max_new_tokens": TOKENS}))
    stopped = settings._replace(settings={**settings.settings, "stop_strings": [stop]})
    shown = case.shown(FOUR_SLICES, Probe.FULL, question())
    asked = LocalQuestion(FOUR_SLICES.prompt.system, shown.parts(question().text))
    (answer,) = tiny_gemma.model.answers([asked], shown, stopped)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text == full.text[: full.text.index(stop)]


def test_the_order_of_text_and_pictures_is_kept(tiny_gemma: LocalBackend, case: CaseData) -> None:
    shown = case.shown(FOUR_SLICES, Probe.FULL, question())
    settings = decoding(FOUR_SLICES, local_options("tiny", {"max_new_tokens": TOKENS}))
    picture, left, other = Part(image=0), Part("left"), Part(image=2)
    orders = ((picture, left, other), (left, picture, other), (other, left, picture))
    answers = [tiny_gemma.model.answers([LocalQuestion("", order)], shown, settings)[0] for order in orders]
    assert len({answer.text for answer in answers}) == 3
    first, same, another = (answer.facts["pixels_sha256"] for answer in answers)
    assert first == same != another


def test_a_prompt_that_is_too_long_is_refused_and_said_why(tiny_gemma: LocalBackend, case: CaseData) -> None:
    answer = tiny_gemma.ask(question("qz" * 9000), case, Probe.FULL)
    assert answer.outcome is Outcome.REFUSED
    assert "the model has room for 8192" in answer.detail


def test_it_can_be_asked_in_words_alone(tiny_gemma: LocalBackend) -> None:
    answers = [
        tiny_gemma.chat(ChatRequest(system, "left or right?", max_tokens=5))
        for system in ("", "be brief", "")
    ]
    assert answers[0] == answers[2] != answers[1]
    assert answers[0].facts["completion_tokens"] == 5
    assert "pixels_sha256" not in answers[0].facts


def test_cancelling_ends_what_is_being_asked_and_nothing_is_asked_afterwards(
    tiny_models: Path, case: CaseData
) -> None:
    backend = LocalBackend("tiny", model=str(tiny_models / "gemma3"), contract=FOUR_SLICES, options={})
    threading.Timer(0.3, backend.cancel).start()  # while it loads
    outcomes = [backend.ask(question(), case, Probe.FULL).outcome for _ in range(2)]
    assert outcomes == [Outcome.CANCELLED] * 2
