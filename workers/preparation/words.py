"""Texts as weighted counts of their words, which need no model at all."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

MOST_FEATURES = 50_000
_CHARACTERS_OF_WORD = 20
"""Text with fewer spaces than this is not of words that spaces part."""


class Words:
    """Words and pairs of neighbouring words by TF-IDF, fitted to training texts; of text without
    spaces, as Chinese has, runs of one to three characters.

    Args:
        most: Features; the most frequent ones are kept.
    """

    def __init__(self, texts: Sequence[str], most: int = MOST_FEATURES) -> None:
        spaced = sum(map(len, texts)) < _CHARACTERS_OF_WORD * sum(len(x.split()) for x in texts)
        units: dict[str, Any] = (
            {"token_pattern": r"(?u)\b\w+\b", "ngram_range": (1, 2)}
            if spaced
            else {"analyzer": "char", "ngram_range": (1, 3)}
        )
        self._table: Any = TfidfVectorizer(
            sublinear_tf=True, max_features=most, dtype=np.float64, **units
        )
        self._table.fit(texts)

    def vectors(self, texts: Sequence[str]) -> Any:
        """Sparse, `n x d`."""
        return self._table.transform(texts)
