"""The two axes of a front: the quality, to be maximised, and the exact cost."""

import math

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import cost_function, objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .estimates import counts
from .trial import Trial


def cost_of(spec: JobSpec, configuration: Configuration) -> float:
    """Exact cost, in the unit of the job's cost objective."""
    return float(cost_function(spec.objectives.cost)(configuration, spec.anatomy))


def quality_of(spec: JobSpec, trial: Trial) -> float | None:
    """Quality to maximise; None unless the trial was trained in full and its quality is finite."""
    value = trial.measurements.get(spec.task.quality)
    if value is None or not counts(trial) or not math.isfinite(value):
        return None
    return objective(spec.task.quality).signed(value)
