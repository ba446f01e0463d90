"""One trial as a cross-validation: a training for each fold, and one outcome of all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from peftsearch.records.preparation import Floor
from peftsearch.records.trial import GAIN_ERRORS, MEASURES, QUALITY_ERROR
from peftsearch.spaces.jobspec.head import HeadSpec
from peftsearch.workers.preparation.fold_tensors import join_folds
from peftsearch.workers.preparation.prepare import Prepared

from .clock import OnStep
from .outcome import Outcome

_LARGEST = ("peak_memory_bytes",)
Train = Callable[[int, OnStep], Outcome]
"""Trains and scores on the fold of a number."""


def cross_validate(folds: int, train: Train, on_step: OnStep, quality: str) -> Outcome:
    """Train on each fold in turn, as one trial.

    Returns:
        Each metric's mean over the folds, weighted by the rows that they hold out, and so the time
        of one training; the adapter and the curve of the first fold; predictions and references
        of all rows.
    """
    found = [train(fold, _shift(on_step, fold, folds)) for fold in range(folds)]
    rows = [int(x.provenance["validation_rows"]) for x in found]
    told = [
        {"validation_rows": n, quality: x.measurements[quality]}
        for n, x in zip(rows, found, strict=True)
    ]
    return replace(
        found[0],
        measurements=_join([x.measurements for x in found], rows),
        provenance={
            **found[0].provenance,
            "validation_rows": sum(rows),
            "folds": told,
            **_join_told([x.provenance for x in found], rows),
        },
        predictions=np.concatenate([x.predictions for x in found]),
        references=np.concatenate([x.references for x in found]),
    )


def join_prepared(prepared: Sequence[Prepared], rows: Sequence[int]) -> Prepared:
    """Preparations of the folds as the job's own: floors that are scored over the same folds, and
    the heads that each fold's training starts from.

    Args:
        rows: How many each fold holds out.
    """
    first = prepared[0].preparation
    named = [{floor.name: floor for floor in x.preparation.floors} for x in prepared]
    floors = tuple(
        _join_floors([x[floor.name] for x in named], rows)
        for floor in first.floors
        if all(floor.name in x for x in named)
    )
    note = f"floors and trials are scored over {len(rows)} folds of {sum(rows):,} rows"
    told = replace(first, floors=floors, notes=(*first.notes, note))
    tensors = join_folds([x.tensors for x in prepared])
    return Prepared(told, tensors, join_folds([x.answers for x in prepared]))


def as_in_first(head: HeadSpec, prepared: Prepared) -> HeadSpec:
    """What the further folds are asked for: one job has one kind of head."""
    choice = prepared.preparation.head
    if choice is None:
        return head
    pooling = "model" if choice.pooling == "last" else choice.pooling
    return head.model_copy(update={"pooling": pooling, "start": choice.start})


def _shift(on_step: OnStep, fold: int, folds: int) -> OnStep:
    return lambda done, total: on_step(fold * total + done, folds * total)


def _join_floors(floors: Sequence[Floor], rows: Sequence[int]) -> Floor:
    error = _join_errors([x.standard_error for x in floors], rows)
    measured = _join([x.measurements for x in floors], rows)
    return replace(floors[0], measurements=measured, standard_error=error)


def _join_told(told: Sequence[Mapping[str, Any]], rows: Sequence[int]) -> dict[str, Any]:
    error = _join_errors([x.get(QUALITY_ERROR) for x in told], rows)
    joined: dict[str, Any] = {} if error is None else {QUALITY_ERROR: error}
    for name in told[0].get(GAIN_ERRORS, ()):
        error = _join_errors([x.get(GAIN_ERRORS, {}).get(name) for x in told], rows)
        joined[GAIN_ERRORS] = {} if error is None else {name: error}
    for name in told[0].get(MEASURES, ()):
        each = [x.get(MEASURES, {}).get(name, {}) for x in told]
        error = _join_errors([x.get("error") for x in each], rows)
        joined.setdefault(MEASURES, {})[name] = {"error": error, "folds": each}
    return joined


def _join_errors(errors: Sequence[float | None], rows: Sequence[int]) -> float | None:
    """The rows of two folds are different ones, so that their errors are independent."""
    known = [x for x in errors if x is not None]
    if len(known) < len(errors):
        return None
    return float(np.linalg.norm(np.asarray(rows) / sum(rows) * known))


def _join(found: Sequence[Mapping[str, float]], rows: Sequence[int]) -> dict[str, float]:
    names = [name for name in found[0] if all(name in x for x in found)]
    return {name: _join_values(name, [x[name] for x in found], rows) for name in names}


def _join_values(name: str, values: Sequence[float], rows: Sequence[int]) -> float:
    if name in _LARGEST or len(set(values)) == 1:  # costs are exact, and stay so
        return max(values)
    return float(np.average(values, weights=rows))
