"""The HTML file as text: complete in itself, safe against what it quotes, honest about what it leaves out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.escaping import visible
from CTSpatialVQALib.report.embedded import embedded_json
from CTSpatialVQALib.report.page import render_report
from CTSpatialVQALib.report.page_data import (
    AnswerShown,
    BackendSummary,
    GroupRow,
    ReportData,
    ReportItem,
    StructureChip,
    Tally,
)
from CTSpatialVQALib.statistics.intervals import Interval


def _item(name: str, **fields: Any) -> ReportItem:
    fields = {"answers": (AnswerShown("model-a", "answered", "In the liver.", True),)} | fields
    return ReportItem(name, "phantom-0", f"Where is {name}?", "liver", **fields)


def _data(*items: ReportItem, **fields: Any) -> ReportData:
    return ReportData("A report", "study-1", "2026-01-02 03:04 UTC", "0.1", items=items, **fields)


def _page(data: ReportData, tmp_path: Path, **more: Any) -> str:
    out = tmp_path / "report.html"
    render_report(data, out, **more)
    return out.read_text(encoding="utf-8")


class _Seen(HTMLParser):
    """Collects all elements with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def test_the_page_refers_to_nothing_outside_itself(tmp_path: Path, ct_like_png: bytes) -> None:
    page = _page(_data(_item("a", picture_png=ct_like_png)), tmp_path)
    for tag, attributes in _Seen(page).elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:")), (tag, name, value)
        assert not [name for name in attributes if name == "style" or name.startswith("on")], (
            tag,
            attributes,
        )
    assert "@import" not in page
    assert "url(" not in page


def test_the_policy_names_the_hash_of_the_one_script_and_the_one_style(tmp_path: Path) -> None:
    page = _page(_data(_item("a")), tmp_path)
    policy = next(a["content"] or "" for _, a in _Seen(page).elements if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:; ")
    for kind, pattern in (("script", r"<script>(.*?)</script>"), ("style", r"<style>(.*?)</style>")):
        (body,) = re.findall(pattern, page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_embedded_data_read_back_exactly() -> None:
    hostile = "</script><!--<script>\u2028\u2029\ud800&amp; ]]>"
    answers = (AnswerShown(hostile, "answered", hostile, False, "other"), AnswerShown("b", "empty", "", None))
    data = _data(_item("a", answers=answers))
    text = "".join(embedded_json(data))
    assert text.isascii()
    assert not set("<>&") & set(text)
    read = json.loads(text)
    answer = dict(zip(read["answer_columns"], read["items"][0]["answers"][0], strict=False))
    assert (answer["text"], answer["correct"], answer["error_type"]) == (hostile, False, "other")
    assert read["answer_backends"][answer["backend"]] == hostile
    assert read["items"][0]["answers"][1] == [1, "empty"]
    assert read["answer_backends"][1] == "b"


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_visible_text_hides_nothing_and_can_be_written(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", shown)
    if text.isprintable():
        assert shown == text


def test_a_bidi_override_is_spelled_out(tmp_path: Path) -> None:
    page = _page(
        _data(_item("a", answers=(AnswerShown("m", "answered", "left \u202ethgir\u202c", True),))), tmp_path
    )
    assert "left [U+202E]thgir[U+202C]" in page
    assert "\u202e" not in page


def test_a_long_report_says_how_much_of_it_is_shown_and_keeps_all_data(tmp_path: Path) -> None:
    page = _page(_data(*(_item(f"q{n}") for n in range(12))), tmp_path, most_cards=5)
    assert page.count("<article") == 5
    assert "5 of 12 questions are shown as cards" in page
    (block,) = re.findall(r'id="report-data">(.*?)</script>', page, re.DOTALL)
    assert len(json.loads(block)["items"]) == 12


def test_a_short_report_has_no_second_list(tmp_path: Path) -> None:
    page = _page(_data(_item("a")), tmp_path)
    assert 'id="all"' not in page
    assert "shown as cards" not in page


def test_the_research_note_stands_above_and_below(tmp_path: Path) -> None:
    page = _page(_data(_item("a")), tmp_path)
    assert page.count('<p class="research">Research use only. Not for diagnosis.</p>') == 2


def test_failures_and_intervals_are_put_into_words(tmp_path: Path) -> None:
    tally = Tally(right=19, wrong=19, failed=2)
    summary = BackendSummary(
        "demo-flawed",
        "",
        tally,
        failed_by_outcome={"timeout": 2},
        interval=Interval(0.35, 0.65),
        by_category=(GroupRow("Depth", Tally(right=1)), GroupRow("Extent", Tally(failed=1))),
    )
    page = _page(_data(_item("a"), summary=(summary,), log_anchor="12:ab"), tmp_path).replace("\u00a0", " ")
    assert (
        "answered 38 of 40 questions; 19 of 38 decided answers are right,"
        " 50 % (95 % CI over patients 35 to 65 %)" in page
    )
    assert "Counting the 2 unanswered questions (2 timeout) as wrong gives" in page
    assert "<option>Depth</option><option>Extent</option>" in page
    assert "<code>12:ab</code>" in page


def test_a_structure_that_is_not_drawn_is_said_to_be_so(tmp_path: Path, ct_like_png: bytes) -> None:
    spleen = (StructureChip("spleen", None),)
    page = _page(_data(_item("a", structures=spleen, picture_png=ct_like_png)), tmp_path)
    assert "spleen <small>(not drawn)</small>" in page
    without_picture = _page(_data(_item("a", structures=spleen)), tmp_path)
    assert "spleen" in without_picture
    assert "(not drawn)" not in without_picture


def test_an_empty_report_says_so(tmp_path: Path) -> None:
    page = _page(_data(), tmp_path)
    assert "No model was asked." in page
    assert "No question was asked." in page


def test_the_same_question_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="question 'a' twice"):
        _data(_item("a"), _item("a"))


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    render_report(_data(_item("a")), out)
    before = out.read_bytes()
    broken = _data(_item("b"), notes=(None,))
    object.__setattr__(broken, "summary", None)
    with pytest.raises(TypeError):
        render_report(broken, out)
    assert out.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken.html").mkdir()
    with pytest.raises(WorkFailed, match=r"taken\.html"):
        render_report(_data(_item("a")), tmp_path / "taken.html")
