"""What a job's trials tell of a confirmation, which scores other rows than they did."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from peftsearch.records.ranges import NO_TIME, Range, within_factor
from peftsearch.records.trial import Trial

_SPREAD = 0.6
"""Standard deviation of the logarithm of the time that rows take to be read."""
_TIMES = 2
"""How often the frozen model reads as many rows as are tested: floors, and what they are fitted
to again."""


def as_confirmed(trial: Trial, rows: int) -> Trial:
    """A trial as long as if it were trained once, and scored on so many rows.

    Args:
        rows: Of the test split; 0 leaves what it was scored on.
    """
    if trial.running_seconds is None:
        return trial
    alone = trial.running_seconds / _folds(trial)
    each, scored = _row_seconds(trial), trial.validation_rows
    more = 0.0 if each is None or not scored or not rows else each * (rows - scored)
    return replace(trial, running_seconds=max(alone / 2, alone + more))


def read_test_rows(trials: Sequence[Trial], rows: int) -> Range:
    """Seconds of the floors on the test rows; no time where no trial tells how long a row is."""
    known = [x for x in map(_row_seconds, trials) if x is not None]
    if not known or not rows:
        return NO_TIME
    return within_factor(_TIMES * rows * median(known), _SPREAD)


def _row_seconds(trial: Trial) -> float | None:
    """Seconds that it took to score one row, by what it did beside its training; no longer than
    that row took in training, a pass of which is longer, unless scoring was most of the trial, as
    where responses are written."""
    trained, scored = trial.measurements.get("training_seconds"), trial.validation_rows
    if trial.running_seconds is None or not trained or not scored:
        return None
    beside = max(0.0, trial.running_seconds / _folds(trial) - trained)
    each = beside / scored
    passed = trial.provenance.get("train_rows", 0) * trial.provenance.get("epochs", 0.0)
    return min(each, trained / passed) if passed and beside < trained else each


def _folds(trial: Trial) -> int:
    return max(1, len(trial.provenance.get("folds") or ()))
