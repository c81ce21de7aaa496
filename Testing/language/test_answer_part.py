"""Cleaning of contaminated model outputs."""

from __future__ import annotations

import pytest

from CTSpatialVQALib.language.answer_part import LONGEST_ANSWER, answer_part


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
        ("In the liver. Answer: In the spleen.", "In the spleen.", ("reasoning before the answer",)),
        ("Question: Where? Answer: In the liver.", "In the liver.", ("run-on dialogue",)),
        ("Answer the following question. In the liver.", "In the liver.", ("leaked prompt",)),
        ("You are a helpful radiologist assistant. In the liver.", "In the liver.", ("leaked prompt",)),
        ("Based on the CT, in the liver", "in the liver", ("leaked prompt",)),
        ("</s>", "", ("marker",)),
    ],
)
def test_only_the_answer_is_left_and_each_cut_is_named(
    prediction: str, text: str, cuts: tuple[str, ...]
) -> None:
    assert answer_part(prediction) == (text, cuts, True)


def test_words_that_only_look_like_a_dialogue_stay() -> None:
    text = "The patient's answer to the question is unknown; segment A: upper lobe"
    assert answer_part(text).text == text


@pytest.mark.parametrize(
    "prediction",
    [
        "<think>right</think>left",
        "right, surely</think>left",
        "<seed:think>right</seed:think>left",
        "◁think▷right◁/think▷left",
        "[THINK]right[/THINK]left",
        "<unused94>thought right<unused95>left",
        "<|channel|>analysis<|message|>right<|end|><|start|>assistant<|channel|>final<|message|>left<|return|>",
        "<|begin_of_thought|>right<|end_of_thought|><|begin_of_solution|>left<|end_of_solution|>",
        "<answer>left</answer>",
        "The liver is on the right.\n\n**Answer:** left",
        "At first it seems right. Final answer: left",
        "Step 1: right.\n### Conclusion\nleft",
        "Right? \\boxed{left}",
        '{"answer": "left", "reasoning": "the liver is right"}',
        '```json\n{"reasoning": "right", "final_answer": "left"}\n```',
        "ANSWER: left\nEXPLANATION: the liver is on the right",
        "left\n\nQuestion: On which side is the liver?\nAnswer: right",
        "So the answer is left",
        "**left**",
        "- left",
    ],
)
def test_reasoning_and_wrapping_are_never_the_answer(prediction: str) -> None:
    found = answer_part(prediction)
    assert found.text.strip(" .-") == "left"
    assert found.readable


@pytest.mark.parametrize(
    "prediction", ["<|foo|>left", "left<unused7>right", "<verdict_a>left</verdict_a>right"]
)
def test_marks_that_nobody_knows_leave_it_open(prediction: str) -> None:
    assert not answer_part(prediction).readable


@pytest.mark.parametrize(
    "part",
    ["<think>", "</think>", "Answer: ", "a", '{"', "<answer>", "\n", "*", "Question: x ", "\\boxed{", "if "],
)
def test_a_huge_output_is_bounded(part: str) -> None:
    found = answer_part(part * (500_000 // len(part)))
    assert len(found.text) <= LONGEST_ANSWER + 1
