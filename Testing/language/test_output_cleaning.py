"""Cleaning of contaminated model outputs."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.language.output_cleaning import clean_prediction


@pytest.mark.parametrize(
    ("prediction", "text", "cuts"),
    [
        ("In the liver.", "In the liver.", ()),
        ("  In the\n liver. ", "In the liver.", ()),
        ("In the liver.</s>", "In the liver.", ("marker",)),
        ("<s> In the liver.</s></s>", "In the liver.", ("marker",)),
        ("<|assistant|> In the liver<|im_end|>", "In the liver", ("marker",)),
        ("In the liver. Question: And the spleen? Answer: Left", "In the liver.", ("run-on dialogue",)),
        ("Answer: In the liver.", "In the liver.", ("label",)),
        ("In the liver. Answer: In the spleen.", "In the liver.", ("second answer",)),
        ("Question: Where? Answer: In the liver.", "In the liver.", ("run-on dialogue",)),
        ("Answer the following question. In the liver.", "In the liver.", ("leaked prompt",)),
        ("You are a helpful radiologist assistant. In the liver.", "In the liver.", ("leaked prompt",)),
        ("Based on the CT, in the liver", "in the liver", ("leaked prompt",)),
        ("</s>", "", ("marker",)),
    ],
)
def test_only_the_first_answer_is_left_and_each_cut_is_named(
    prediction: str, text: str, cuts: tuple[str, ...]
) -> None:
    assert clean_prediction(prediction) == (text, cuts)


def test_words_that_only_look_like_a_dialogue_stay() -> None:
    text = "The patient's answer to the question is unknown; segment A: upper lobe"
    assert clean_prediction(text).text == text
