"""What stands on the axes of a front: the quality, to be maximised, and exact costs."""

import math
from collections.abc import Sequence

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import cost_function, objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .estimates import counts
from .trial import Trial

LARGEST = 1e100
"""Of a measured number, in its unit: sums of squares of larger ones overflow, so no search learns
from them."""


def cost_of(spec: JobSpec, configuration: Configuration) -> float:
    """Exact cost, in the unit of the job's cost objective."""
    return known_value(spec, spec.objectives.cost, configuration)


def known_value(spec: JobSpec, name: str, configuration: Configuration) -> float:
    """A known objective, in its unit."""
    return float(cost_function(name)(configuration, spec.anatomy))


def quality_of(spec: JobSpec, trial: Trial, measured: Sequence[str] | None = None) -> float | None:
    """Quality to maximise; None unless the trial was trained in full, and all that decides about
    the front was measured and can be counted with (`LARGEST`).

    Args:
        measured: `spec.measured`, where it is at hand for many trials.
    """
    names = spec.measured if measured is None else measured
    values = [trial.measurements.get(name, math.nan) for name in names]
    if not counts(trial) or not all(abs(x) <= LARGEST for x in values):
        return None
    return objective(spec.task.quality).signed(values[0])


def is_beyond(trial: Trial, measured: Sequence[str]) -> bool:
    """Whether a trial that was trained in full measured more than can be counted with."""
    values = (trial.measurements.get(name, 0.0) for name in measured)
    return counts(trial) and any(abs(x) > LARGEST for x in values)
