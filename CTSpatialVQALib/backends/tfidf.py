"""Likeness of questions in their words: TF-IDF vectors and the nearest of another set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

# scipy has no TF-IDF, and scikit-learn, which has, is not among the packages that Slicer bundles; the
# weighting below is scikit-learn's TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).
_WORD = re.compile(r"\b\w\w+\b")
_CHUNK = 512  # rows of the similarity matrix at a time: bounds the memory, not the result


class Neighbours(NamedTuple):
    """For each row its nearest rows of the other set: positions and cosines, best first."""

    places: NDArray[np.intp]
    cosines: NDArray[np.float32]


def nearest(queries: Sequence[str], corpus: Sequence[str], k: int) -> Neighbours:
    """The `k` texts of `known` nearest to each text of `asked`.

    Words are weighted by `known` alone. Equal cosines are ordered by their place in `known`.

    Returns
    -------
    Neighbours with two (len(asked), min(k, len(known))) arrays
    """
    vocabulary: dict[str, int] = {}
    known_counts = _counts(corpus, vocabulary, grow=True)
    asked_counts = _counts(queries, vocabulary, grow=False)
    present = np.bincount(known_counts.indices, minlength=len(vocabulary))
    idf = np.log((1 + len(corpus)) / (1 + present)) + 1.0
    trained, query = _weighted(known_counts, idf), _weighted(asked_counts, idf)
    chunks = [_best(query[at : at + _CHUNK] @ trained.T, k) for at in range(0, len(queries), _CHUNK)]
    return Neighbours(
        np.concatenate([chunk.places for chunk in chunks]),
        np.concatenate([chunk.cosines for chunk in chunks]),
    )


def _terms(text: str) -> Iterator[str]:
    words = _WORD.findall(text.lower())
    yield from words
    yield from (f"{first} {second}" for first, second in pairwise(words))


def _counts(texts: Sequence[str], vocabulary: dict[str, int], *, grow: bool) -> sparse.csr_matrix:
    columns: list[int] = []
    values: list[int] = []
    starts = [0]
    for text in texts:
        for term, count in Counter(_terms(text)).items():
            column = vocabulary.setdefault(term, len(vocabulary)) if grow else vocabulary.get(term)
            if column is not None:
                columns.append(column)
                values.append(count)
        starts.append(len(columns))
    shape = (len(texts), len(vocabulary))
    return sparse.csr_matrix(
        (np.array(values, np.float32), np.array(columns, np.intp), np.array(starts)), shape
    )


def _weighted(counts: sparse.csr_matrix, idf: NDArray[np.float64]) -> sparse.csr_matrix:
    """Sublinear counts times inverse document frequency, each row of length 1."""
    weights = counts.copy()
    weights.data = ((1.0 + np.log(weights.data)) * idf[weights.indices]).astype(np.float32)
    lengths = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1.0
    return sparse.csr_matrix(sparse.diags(1.0 / lengths).astype(np.float32) @ weights)


def _best(similarity: sparse.csr_matrix, k: int) -> Neighbours:
    # rounded, so that texts with the same words tie whatever the order of summation
    dense = np.round(similarity.toarray(), 5)
    k = min(k, dense.shape[1])
    # a stable sort of all columns would do; first cutting to those not below the k-th is ten times faster
    cut = -np.partition(-dense, k - 1, axis=1)[:, k - 1 : k]
    places = np.empty((dense.shape[0], k), np.intp)
    for row, values in enumerate(dense):
        candidates = np.flatnonzero(values >= cut[row, 0])
        order = np.argsort(-values[candidates], kind="stable")[:k]
        places[row] = candidates[order]
    return Neighbours(places, np.take_along_axis(dense, places, axis=1).astype(np.float32))
