"""The log as a page: who judged what and when, what a correction replaced, and no word of it is markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from CTSpatialVQALib.audit.events import signed
from CTSpatialVQALib.audit.log import AuditLog
from CTSpatialVQALib.audit.signing import create_key, load_private_key, load_public_key
from CTSpatialVQALib.audit.verify import verify
from CTSpatialVQALib.records.event import Actor
from CTSpatialVQALib.records.judgement import Viewing
from CTSpatialVQALib.report.log_facts import viewing_words
from CTSpatialVQALib.report.log_page import export_html
from CTSpatialVQALib.report.plain_page import moment
from Testing.report.export_samples import log_of
from Testing.report.reading_samples import KIDNEY, Reading, read_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return read_log(tmp_path_factory.mktemp("log") / "audit.sqlite").path


@pytest.fixture(scope="module")
def page(log: Path) -> str:
    out = log.parent / "log.html"
    assert export_html(log, out) == 7
    return out.read_text("utf-8")


def test_the_page_carries_the_anchor_of_the_log(log: Path, page: str) -> None:
    assert verify(log).head.anchor in page


def test_a_correction_shows_what_it_replaced_and_why(page: str) -> None:
    (part,) = re.findall(r'<ol class="corrections">(.*?)</ol>', page, re.DOTALL)
    assert "<s>" in part
    assert "correct" in part
    assert "looks right" in part
    assert "Misread the marker" in part


def test_readers_stand_with_their_counts_and_times(page: str) -> None:
    (table,) = re.findall(r'<table class="readers">(.*?)</table>', page, re.DOTALL)
    (row,) = [row for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL) if "reader-1-" in row]
    assert re.findall(r'<td class="number">(\d+)</td>', row) == ["3", "1"]
    assert row.count("2026-03-01 12:0") == 2


def test_a_corrected_correction_shows_both(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "audit.sqlite")
    event = reading.verdict("reader-1", KIDNEY, "correct", comment="first thought")
    for comment in ("second thought", "third thought"):
        event = reading.verdict(
            "reader-1", KIDNEY, "unsure", comment=comment, corrects=event, correction_reason="again"
        )
    export_html(reading.path, tmp_path / "log.html")
    page = (tmp_path / "log.html").read_text("utf-8")
    assert page.index("first thought") < page.index("second thought")
    assert page.index("third thought") < page.index("first thought")


def test_each_verdict_tells_how_it_was_given(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "audit.sqlite")
    seen = Viewing(
        slice_ras=(12.4, -30.2, 55.0),
        window_level_hu=-600,
        window_width_hu=1500,
        layout="four-up",
        structures=("liver", "kidney_left"),
        markers=((0.0, 0.0, 0.0),),
        picture_sha256="ab" * 32,
    )
    reading.verdict("reader-1", KIDNEY, "correct", viewing=seen)
    reading.verdict("reader-2", KIDNEY, "unsure", shown_utc=None)
    export_html(reading.path, tmp_path / "log.html")
    page = (tmp_path / "log.html").read_text("utf-8")
    (told,) = re.findall(r'<p class="viewing">(.*?)</p>', page)
    assert re.findall(r"<bdi>(.*?)</bdi>", told) == [
        "40 s",
        "slices at R 12 A \u221230 S 55 mm",
        "window \u2212600 / 1500 HU",
        "four-up",
        "liver, kidney left",
        "1 marker",
        "picture abababababab\u2026",
    ]


def test_a_signature_is_checked_and_its_key_shown(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    keys = create_key(tmp_path / "reader-1.key")
    with AuditLog.open(reading.path, Actor(id="reader-1")) as log:
        log.sign(load_private_key(keys.private))
    export_html(reading.path, tmp_path / "log.html")
    page = (tmp_path / "log.html").read_text("utf-8")
    signed = verify(reading.path).records
    assert f"in record {signed} over records 1 to {signed - 1}" in page
    assert "fits the key that it names" in page
    assert load_public_key(keys.public).hex in page


def test_a_signature_that_does_not_fit_is_told(tmp_path: Path) -> None:
    reading = read_log(tmp_path / "audit.sqlite")
    head = verify(reading.path).head
    with AuditLog.open(reading.path, Actor(id="reader-1")) as log:
        forged = {"public_key": "ab" * 32, "signature": "cd" * 64}
        log.append(*signed(head.seq, head.sha256, "2026-01-02T03:04:05Z", **forged))
        log.append(*signed(1, "0" * 64, "2026-01-02T03:04:05Z", **forged))
    export_html(reading.path, tmp_path / "log.html")
    page = (tmp_path / "log.html").read_text("utf-8")
    assert "it was not made with the key that it names" in page
    assert "it signs another record than the one before it" in page
    assert "fits the key" not in page


def test_a_log_without_signatures_says_so(page: str) -> None:
    assert "Not signed." in page


@pytest.mark.parametrize(
    ("shown", "given", "words"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:06:10Z", "2 min 5 s"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:04Z", "time unknown (the clock went back)"),
    ],
)
def test_the_time_spent_is_told(shown: str, given: str, words: str) -> None:
    assert viewing_words({"shown_utc": shown, "given_utc": given})[0] == words


def test_hostile_text_is_text(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\u202e" not in page
    assert "\x07" not in page


def test_the_policy_allows_no_script_and_no_request(page: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-")
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_a_long_log_shows_the_first_replies_and_says_so(log: Path, tmp_path: Path) -> None:
    assert export_html(log, tmp_path / "short.html", most=1) == 2
    assert "The first 1 of 3 judged replies" in (tmp_path / "short.html").read_text("utf-8")


def test_an_empty_log_is_a_page_that_says_so(tmp_path: Path) -> None:
    assert export_html(log_of(tmp_path / "audit.sqlite"), tmp_path / "log.html") == 0
    assert "No verdict was given." in (tmp_path / "log.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("utc", "shown"),
    [
        ("2026-03-01T12:00:05.123Z", "2026-03-01 12:00 UTC"),
        ("2026-03-01T12:00:05Z", "2026-03-01 12:00 UTC"),
        ("yesterday", "yesterday"),
    ],
)
def test_times_are_told_to_the_minute(utc: str, shown: str) -> None:
    assert moment(utc) == shown


def test_what_was_not_on_the_screen_yet_is_written() -> None:
    seen = {
        "structures": ["trachea"],
        "regions": ["paratracheal:right"],
        "slices_pending": ["mediastinum"],
        "surfaces_pending": ["trachea", "paratracheal:right"],
    }
    verdict = {"shown_utc": None, "given_utc": "2026-01-01T00:00:00Z", "viewing": seen}
    assert viewing_words(verdict) == (
        "trachea, paratracheal right",
        "not drawn yet: mediastinum",
        "not yet in 3D: trachea, paratracheal right",
    )
