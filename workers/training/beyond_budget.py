"""That one trial takes longer than the budget of its job, said before it begins."""

import math
from statistics import fmean

from peftsearch.message_text import plural
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.time_text import duration, span
from peftsearch.workers.batches.lengths import STEP
from peftsearch.workers.preparation.opened_job import OpenedJob

from .timed_steps import time_reading

_WANTED = 10
"""Trials that a search needs at least to be one, where its budget has as many."""
_TRAINED = 2.0
"""What it takes to train on a row, by what it takes to read it; seldom less."""
_READINGS = 3
"""Of the same rows, of which the fastest counts: what else a machine does only slows them."""
_BY = ", by how fast it read some rows before any was trained"
_FEWEST_TOKENS, _LARGEST_FACTOR = 16, 99
"""Of texts, below which it is not advised to cut them, and of models, from which on none is."""


def note_beyond(spec: JobSpec, seconds: float, tokens: float, by: str = "") -> tuple[str, ...]:
    """A note where a trial takes longer than the budget of hours, and what would fit it.

    Args:
        seconds: Of one trial.
        tokens: Of a training row, the mean.
        by: What that is known by, within the sentence.
    """
    if spec.budget.hours is None or seconds <= 3600 * spec.budget.hours:
        return ()
    wanted = min(_WANTED, spec.budget.trials or _WANTED)
    budget, needed = 3600 * spec.budget.hours, wanted * seconds
    shorter = needed / budget
    ways = (*_shorten_texts(spec, tokens / shorter), *_shrink_model(shorter))
    fits = f", or fit the budget with {' or '.join(ways)}" if ways else ""
    return (
        f"one trial takes {span(seconds, seconds)} on this machine{by}, more than the budget of "
        f"{duration(budget)}: the first is trained to its end, and none begins after it; "
        f"{plural(wanted, 'trial')} take {span(needed, needed)}{fits}",
    )


def _shorten_texts(spec: JobSpec, tokens: float) -> tuple[str, ...]:
    """To so many tokens: a cut text has no more, whatever the others have."""
    length = int(tokens) // STEP * STEP
    if spec.task.max_length is None or length < _FEWEST_TOKENS:
        return ()
    return (f"task.max_length = {length} in place of {spec.task.max_length}",)


def _shrink_model(factor: float) -> tuple[str, ...]:
    """By so much; of factors between no two models nothing is said."""
    return (f"a model {factor:.2g} times smaller",) if factor < _LARGEST_FACTOR else ()


def foresee_beyond(job: OpenedJob) -> tuple[str, ...]:
    """The same by how fast the model reads some rows, before anything is trained: trials of most
    configurations take longer still.

    Args:
        job: With nothing attached.
    """
    spec = job.spec
    if spec.budget.hours is None or spec.training.function is not None:
        return ()
    folds = job.data.folds
    rows = fmean(len(x.train.texts) for x in folds)
    passes = fmean(x.passes(round(rows)) for x in spec.training.regimes())
    trained = len(folds) * passes * rows * _TRAINED
    tokens = fmean(job.encoded("train").lengths)
    row, told = math.inf, tuple[str, ...]()
    for _ in range(_READINGS):
        row = min(row, time_reading(job))
        told = note_beyond(spec, row * (trained + job.data.held_out), tokens, _BY)
        if not told:
            break
    return told
