"""Floors of a job: models without an adapter, fitted on training rows, scored on validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from peftsearch.records.preparation import Floor
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.kinds.model_forms import CHOICES
from peftsearch.workers.data.task_data import Split

from .probes import Floats, Probe, Target, fit_probe
from .words import Words

RESAMPLES = 50
_MOST_OF_CHOICES = 2_000
"""Words of choices, whose features are dense."""


def find_target(kind: str) -> Target | None:
    """What a linear model for that kind of task gives; None where it has no such floors."""
    row = find_kind(kind)
    if row.form is CHOICES:
        return "choices"
    known: Mapping[str | None, Target] = {
        "single_label_classification": "classes",
        "regression": "numbers",
    }
    return known.get(row.problem)


@dataclass(frozen=True)
class Rows:
    """What floors are fitted to and scored on.

    Attributes:
        classes: How many; None for kinds without.
        labels: Of the training rows, `n`.
        held_labels: Of the validation rows, `m`.
        positive: Index of the class that the task names as the positive one.
    """

    task: TaskSpec
    classes: int | None
    labels: NDArray[Any]
    held_labels: NDArray[Any]
    positive: int | None = None

    @property
    def target(self) -> Target:
        """What a linear model of these rows gives."""
        found = find_target(self.task.kind)
        assert found is not None, "rows are of a kind that has floors"
        return found

    @property
    def outputs(self) -> int:
        """Outputs of a head."""
        return self.classes or 1

    def floor(self, name: str, label: str, outputs: Floats) -> Floor:
        """A floor that gives these outputs for the validation rows, `m x o`."""
        logits = torch.as_tensor(outputs, dtype=torch.float32)
        work, positive = find_kind(self.task.kind).load_work(), self._positive
        told = work.evidence(logits)
        measured = dict(work.score(told, self.held_labels, self.classes, **positive))
        measured["loss"] = work.mean_loss(logits, torch.as_tensor(self.held_labels))
        return Floor(name, label, measured, self._standard_error(work, logits))

    @property
    def _positive(self) -> Mapping[str, int]:
        return {} if self.positive is None else {"positive": self.positive}

    def _standard_error(self, work: Any, logits: torch.Tensor) -> float:
        """Of the job's quality, by a bootstrap over the validation rows where it takes one."""
        metric, truth = self.task.quality, self.held_labels
        predictions = work.evidence(logits, metric)
        n = len(truth)
        if metric == "accuracy":  # a mean over rows
            return float(np.std(predictions == truth) / np.sqrt(n))
        draw, values = np.random.default_rng(0), []
        for _ in range(RESAMPLES):
            rows = draw.integers(n, size=n)
            values.append(
                work.measure(metric, predictions[rows], truth[rows], self.classes, self.positive)
            )
        return float(np.std(values, ddof=1))


def measure_words(rows: Rows, train: Split, held: Split) -> list[Floor]:
    """The floor `tfidf`; nothing where there are no texts, or none with a word."""
    if find_kind(rows.task.kind).form.inputs != "text":
        return []
    try:
        x, held_x = _weigh(rows, train.texts, held.texts)
    except ValueError:  # texts of punctuation alone have no words
        return []
    choices = rows.target == "choices"
    probe = fit_probe(rows.target, x, rows.labels, rows.outputs, scale=False)
    outputs = probe.linear.outputs(held_x)
    model = "ridge" if rows.target == "numbers" else "logistic"
    label = f"TF-IDF of the {'choices' if choices else 'texts'} with {model} regression"
    return [rows.floor("tfidf", label, outputs)]


def measure_features(rows: Rows, probe: Probe, held: Floats, pooling: str) -> Floor:
    """The floor `features`.

    Args:
        held: Features of the validation rows, `m x d`; of choices `m x k x d`.
    """
    model = "ridge" if rows.target == "numbers" else "logistic"
    label = f"{model} regression on frozen features ({POOLINGS[pooling]})"
    return rows.floor("features", label, probe.linear.outputs(held))


POOLINGS: Mapping[str, str] = {
    "first": "first token",
    "mean": "mean of the last layer",
    "last": "last token",
    "model": "the model's own pooling",
}


def _weigh(
    rows: Rows, train: Sequence[tuple[str, ...]], held: Sequence[tuple[str, ...]]
) -> tuple[Any, Any]:
    """Features of the texts: of a pair both texts' side by side, of choices those of each."""
    if rows.target == "choices":
        first = len(rows.task.text_columns)
        words = Words([text for row in train for text in row[first:]], _MOST_OF_CHOICES)
        return tuple(_stack(words, [row[first:] for row in x]) for x in (train, held))
    parts = [Words(column) for column in zip(*train, strict=True)]
    return tuple(_join(parts, x) for x in (train, held))


def _join(parts: Sequence[Words], texts: Sequence[tuple[str, ...]]) -> Any:
    columns = zip(parts, zip(*texts, strict=True), strict=True)
    return sparse.hstack([words.vectors(column) for words, column in columns], format="csr")


def _stack(words: Words, texts: Sequence[tuple[str, ...]]) -> Any:
    return np.stack([words.vectors(row).toarray() for row in texts])
