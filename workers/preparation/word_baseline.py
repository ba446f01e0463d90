"""Logistic or ridge regression on weighted counts of words, which needs no model at all."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from peftsearch.records.preparation import EVENED
from peftsearch.spaces.kinds.kind_table import find_kind

from .balance import Balance
from .baselines import Baseline, OnBatch
from .evaluation import Evaluation, evaluate_split
from .evened import WORDS_OF_EVENED, even_balance, even_out, stored_merit, tell_evened
from .linear_models import Target, find_target, name_regression
from .opened_job import OpenedJob
from .probes import Merit, Probe, fit_probe
from .sampling import sample_labels, sample_rows
from .words import Words

WORDS = "tfidf"
_BALANCED = "balanced"
"""In its details: whether classes count as they do in the job's training."""
_MOST_OF_CHOICES = 2_000
"""Words of choices, whose features are dense."""
Texts = Sequence[tuple[str, ...]]
Weigh = Callable[[Texts], Any]
"""From the texts of `n` rows to `n x d`, sparse; of choices to `n x k x d`."""


def fit_words(job: OpenedJob, stored: Mapping[str, Any] | None = None) -> Baseline | None:
    """Fitted to training rows; None where there are no texts, or none with a word.

    Args:
        stored: The details of the one that is made again; None makes a new one.
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
    fit = partial(_fit, job, target, weigh(train.texts))
    if stored is None:
        probe, details = _choose(job, fit)
    else:
        balance = job.balance if stored.get(_BALANCED) else None  # earlier versions had none
        evened = stored.get(EVENED)
        even = even_balance(job), stored_merit(job, evened)
        probe = fit(*even) if evened else fit(balance)
        details = dict(stored)

    def score(split: str, on_batch: OnBatch) -> Evaluation:
        return evaluate_split(job, split, probe.linear.outputs(weigh(job.split(split).texts)))

    counted = "choices" if target == "choices" else "texts"
    label = f"TF-IDF of the {counted} with {name_regression(kind)} regression"
    label += WORDS_OF_EVENED if details.get(EVENED) else ""
    return Baseline(WORDS, label, score, details)


def _fit(
    job: OpenedJob, target: Target, x: Any, balance: Balance | None, merit: Merit | None = None
) -> Probe:
    y, classes = sample_labels(job), job.classes or 1
    return fit_probe(target, x, y, classes, scale=False, balance=balance, merit=merit)


def _choose(job: OpenedJob, fit: Callable[..., Probe]) -> tuple[Probe, dict[str, Any]]:
    """The model of a new floor, and what it takes to make it again."""
    plain = fit(job.balance)
    evened = even_out(job, plain, fit)
    if evened is not None:
        return evened, {EVENED: tell_evened(evened)}
    return plain, {} if job.balance is None else {_BALANCED: True}


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
