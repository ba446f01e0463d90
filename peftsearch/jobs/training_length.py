"""What a person should know before a job starts: how long a trial trains, and what its validation
rows can tell apart."""

import math
from collections.abc import Sequence

from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.training import (
    FEWEST_STEPS,
    MOST_CHOSEN,
    Regime,
    TrainingSpec,
)

EXPECTED_SPAN = 0.05
"""What the best adapters usually gain over a model without, as a score: 0.02 to 0.07 on the pairs
of decision 0050."""
USUAL_SCORE = 0.8
FEWEST_ERRORS = 3.0
"""A span of fewer standard errors is told: most of what a search sees is noise then."""


def tell_length(training: TrainingSpec, rows: int, quality: str, folds: int = 1) -> str:
    """A sentence on the length of each training, and what it was chosen for.

    Args:
        rows: Of the training split.
        quality: Name of the job's quality metric.
        folds: Of the task.
    """
    if folds > 1:
        each = f"a trial is {folds} such trainings, one for each fold; its costs are of one"
        return f"{tell_length(training, rows, quality)}; {each}"
    regimes = training.regimes()
    steps, sizes = [x.steps(rows) for x in regimes], [float(x.batch_size) for x in regimes]
    passes, drops = [x.passes(rows) for x in regimes], [x.dropout for x in regimes]
    epochs = "1 epoch" if set(passes) == {1} else f"{_span(passes)} epochs"
    batches = f"{_span(steps)} steps of {_span(sizes)} rows"
    length = f"{batches}, {epochs}{_tell_dropout(drops)}: {_explain(training, regimes, passes)}"
    return f"{length}; {_tell_states(training, quality)}"


def _tell_states(training: TrainingSpec, quality: str) -> str:
    """Which state is kept, and why where the job file leaves it open."""
    states, row = training.states(quality), objective(quality)
    best = f"the best of {states} states by validation loss is kept"
    kept = "the last state is kept" if states == 1 else best
    if training.checkpoints is not None:
        return kept
    return f"{kept}, as {row.label} {'follows' if row.graded else 'does not follow'} the loss"


def note_resolution(spec: JobSpec, rows: int) -> tuple[str, ...]:
    """A note where the validation rows are too few to tell configurations apart.

    Args:
        rows: Of the validation split.
    """
    row = objective(spec.task.quality)
    error = math.sqrt(USUAL_SCORE * (1 - USUAL_SCORE) / rows)
    if not row.maximise or row.best != 1.0 or error * FEWEST_ERRORS <= EXPECTED_SPAN:
        return ()
    wanted = USUAL_SCORE * (1 - USUAL_SCORE) * (FEWEST_ERRORS / EXPECTED_SPAN) ** 2
    sure = (
        "(one standard error)" if row.share else "at best (one standard error of a share of rows)"
    )
    return (
        f"{rows:,} validation rows tell {row.label} to {error:.4f} {sure}, and "
        f"adapters usually gain about {EXPECTED_SPAN} over a model without: much of what the "
        f"search sees will be noise; {math.ceil(wanted / 100) * 100:,} rows would do"
        f"{_advise_folds(spec)}",
    )


def _advise_folds(spec: JobSpec) -> str:
    if spec.task.folds > 1 or spec.task.validation or spec.task.validation_split:
        return ""
    return ", or task.folds = 5, at five times the time, where rows are held out of task.train"


def _span(values: Sequence[float]) -> str:
    """`4`, or `1 to 4`."""
    low, high = (f"{x:,.0f}" if x >= 1000 else f"{x:.3g}" for x in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _tell_dropout(shares: Sequence[float]) -> str:
    return f", dropout {_span(shares)}" if any(shares) else ""


def _explain(training: TrainingSpec, regimes: Sequence[Regime], passes: Sequence[float]) -> str:
    if training.epochs is not None:
        return "as the job file says" + (", searched" if len(regimes) > 1 else "")
    if max(passes) == 1:
        return f"one pass makes at least {FEWEST_STEPS} steps"
    if min(passes) < MOST_CHOSEN:
        return f"so many that there are {FEWEST_STEPS} steps, since fewer train too little"
    return "the most that are chosen for so few rows"
