"""Logistic or ridge regression on weighted counts of words, which needs no model at all."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from peftsearch.spaces.kinds.kind_table import find_kind

from .baselines import Baseline, OnBatch
from .evaluation import Evaluation, evaluate_split
from .linear_models import find_target, name_regression
from .opened_job import OpenedJob
from .probes import fit_probe
from .sampling import sample_rows
from .words import Words

WORDS = "tfidf"
_MOST_OF_CHOICES = 2_000
"""Words of choices, whose features are dense."""
Texts = Sequence[tuple[str, ...]]
Weigh = Callable[[Texts], Any]
"""From the texts of `n` rows to `n x d`, sparse; of choices to `n x k x d`."""


def fit_words(job: OpenedJob, balanced: bool = True) -> Baseline | None:
    """Fitted to training rows; None where there are no texts, or none with a word.

    Args:
        balanced: Whether classes count as they do in the job's training.
    """
    kind, rows = job.spec.task.kind, sample_rows(job)
    target = find_target(kind)
    if target is None or find_kind(kind).form.inputs != "text":
        return None
    train = job.data.train.pick(rows)
    try:
        weigh = _find_words(job, train.texts)
    except ValueError:  # texts of punctuation alone have no words
        return None
    labels = job.encoded("train").labels.numpy()[rows]
    balance = job.balance if balanced else None
    probe = fit_probe(
        target, weigh(train.texts), labels, job.classes or 1, scale=False, balance=balance
    )

    def score(split: str, on_batch: OnBatch) -> Evaluation:
        return evaluate_split(job, split, probe.linear.outputs(weigh(job.split(split).texts)))

    counted = "choices" if target == "choices" else "texts"
    label = f"TF-IDF of the {counted} with {name_regression(kind)} regression"
    return Baseline(WORDS, label, score, {} if balance is None else {"balanced": True})


def _find_words(job: OpenedJob, train: Texts) -> Weigh:
    """Of a pair both texts' features side by side, of choices those of each."""
    if find_target(job.spec.task.kind) == "choices":
        first = len(job.spec.task.text_columns)
        words = Words([text for row in train for text in row[first:]], _MOST_OF_CHOICES)
        return lambda texts: np.stack([words.vectors(row[first:]).toarray() for row in texts])
    parts = [Words(column) for column in zip(*train, strict=True)]
    return lambda texts: _join(parts, texts)


def _join(parts: Sequence[Words], texts: Texts) -> Any:
    columns = zip(parts, zip(*texts, strict=True), strict=True)
    return sparse.hstack([words.vectors(column) for words, column in columns], format="csr")
