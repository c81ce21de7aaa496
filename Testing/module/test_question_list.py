"""The list of questions is searched and filtered; what the rules hide cannot be filtered by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from CTSpatialVQALib.records.words import Category, ErrorType


@pytest.fixture
def reader(play: Any, study: Path) -> Any:
    play.start()
    play.open(study)
    play.until(lambda: not play.window.study.asking.running)
    return play


def listed(play: Any) -> list[int]:
    """Numbers of the questions that the list shows."""
    tree, lines = play.page.list.tree, play.reading.lines()
    return [line.number for place, line in enumerate(lines) if not tree.topLevelItem(place).isHidden()]


def numbers(play: Any, keeps: Any) -> list[int]:
    items, lines = play.reading.plan.items, play.reading.lines()
    return [line.number for item, line in zip(items, lines, strict=True) if keeps(item, line)]


def test_words_of_a_search_may_stand_in_any_order_and_case(reader: Any) -> None:
    reader.page.list.searchEdit.setText("LOCATED nodule")
    expected = numbers(
        reader, lambda item, line: {"nodule", "located"} <= set(line.question.lower().strip("?").split())
    )
    assert listed(reader) == expected
    assert expected
    assert f"{len(expected)} of 40" in reader.page.list.countLabel.text

    reader.page.list.searchEdit.setText("no such words")
    assert listed(reader) == []
    reader.page.list.searchEdit.setText("")
    assert len(listed(reader)) == 40


def test_case_category_and_model_narrow_the_list_together(reader: Any) -> None:
    page = reader.page.list
    page.caseFilter.choose("phantom-03")
    assert listed(reader) == numbers(reader, lambda item, line: line.case_id == "phantom-03")

    page.categoryFilter.choose(Category.DEPTH)
    both = numbers(
        reader,
        lambda item, line: line.case_id == "phantom-03" and Category.DEPTH in item.question.categories,
    )
    assert listed(reader) == both
    page.caseFilter.choose(None)
    page.categoryFilter.choose(None)
    page.modelFilter.choose("demo-flawed")
    assert listed(reader) == numbers(reader, lambda item, line: item.reply is not None)


def test_state_error_type_and_flag_follow_the_reading(reader: Any) -> None:
    from CTSpatialVQAGui.question_list import NEEDS_SOMETHING

    reader.press("2", "A", "Return", "F", "1")
    page = reader.page.list
    page.stateFilter.choose(NEEDS_SOMETHING)
    assert 1 not in listed(reader)
    assert 3 in listed(reader)
    reader.press("1")
    assert 3 not in listed(reader), "a filter holds while the reading goes on"

    page.stateFilter.choose(None)
    page.errorFilter.choose(ErrorType.LATERALITY_SWAP)
    assert listed(reader) == [1]
    page.errorFilter.choose(None)
    page.flaggedBox.setChecked(True)
    assert listed(reader) == [2]


def test_names_of_models_cannot_be_filtered_by_while_they_are_hidden(play: Any, study: Path) -> None:
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace('mode = "open"', 'mode = "blinded"'), encoding="utf-8")
    play.start()
    play.open(study)
    combo = play.page.list.modelFilter.combo
    assert [combo.itemText(index) for index in range(combo.count)] == ["All models"]


def test_letters_typed_into_the_search_are_no_verdicts(reader: Any) -> None:
    reader.host.type(reader.page.list.searchEdit, "1 lung 2")
    assert reader.verdicts() == []
    assert reader.page.list.searchEdit.text == "1 lung 2"
