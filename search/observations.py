"""What the trials of a job say about each configuration key."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from peftsearch.records.axes import cost_of, quality_of
from peftsearch.records.dominance import non_dominated
from peftsearch.records.estimates import mean
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec


@dataclass(frozen=True)
class Observation:
    """One configuration key with all its trials.

    Attributes:
        qualities: Of the completed full-fidelity trials, maximised; empty where there are none.
        cost: Exact, in the unit of the job's cost objective.
        pending: Number of its queued and running trials.
        failed: Whether at least one of its trials failed.
    """

    configuration: Configuration
    qualities: tuple[float, ...]
    cost: float
    pending: int
    failed: bool

    @property
    def quality(self) -> float:
        """Mean over its seeds: what the front uses."""
        return mean(self.qualities)


def observe(spec: JobSpec, trials: Sequence[Trial]) -> list[Observation]:
    """One observation for each key, in the order in which the keys were first proposed."""
    groups: dict[str, list[Trial]] = {}
    for trial in sorted(trials, key=lambda trial: trial.number):
        groups.setdefault(trial.key, []).append(trial)
    return [_observe_key(spec, group) for group in groups.values()]


def _observe_key(spec: JobSpec, group: list[Trial]) -> Observation:
    configuration, states = group[0].configuration, [trial.state for trial in group]
    found = [quality_of(spec, trial) for trial in group]
    return Observation(
        configuration,
        tuple(x for x in found if x is not None),
        cost_of(spec, configuration),
        sum(state in (TrialState.QUEUED, TrialState.RUNNING) for state in states),
        TrialState.FAILED in states,
    )


def find_front(observations: Sequence[Observation]) -> list[Observation]:
    """The non-dominated ones among those with a quality, by ascending cost."""
    known = [x for x in observations if x.qualities]
    if not known:
        return []
    mask = non_dominated(np.array([[x.quality, -x.cost] for x in known]))
    kept = [x for x, keep in zip(known, mask, strict=True) if keep]
    return sorted(kept, key=lambda x: x.cost)
