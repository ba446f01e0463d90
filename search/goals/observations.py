"""What the trials of a job say about each configuration key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import attrgetter

import numpy as np

from peftsearch.records.axes import is_beyond, known_value, quality_of
from peftsearch.records.dominance import non_dominated
from peftsearch.records.estimates import mean
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.jobspec.spec import JobSpec


@dataclass(frozen=True)
class Observation:
    """One configuration key with all its trials.

    Attributes:
        qualities: Of the completed full-fidelity trials, maximised; empty where there are none.
        cost: Exact, in the unit of the job's cost objective.
        pending: Number of its queued and running trials.
        failed: Whether at least one of its trials failed, or measured what cannot be counted with.
        values: By name what decides about the front and only a training tells, of the same
            trials.
        heights: All goals at the mean over its seeds, maximised; empty where there are none.
        able: Whether it is within the limits on what is measured.
    """

    configuration: Configuration
    qualities: tuple[float, ...]
    cost: float
    pending: int
    failed: bool
    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    heights: tuple[float, ...] = ()
    able: bool = True

    @property
    def quality(self) -> float:
        """Mean over its seeds: what the front uses."""
        return mean(self.qualities)

    @property
    def waits(self) -> bool:
        """Whether it is queued or being trained, without any result yet."""
        return bool(self.pending) and not self.qualities and not self.failed

    def outcomes(self, lowest: float) -> list[float]:
        """What the surrogate sees: its qualities, none below `lowest`, which a failed one without
        any counts as."""
        return [max(x, lowest) for x in self.qualities] or [lowest]


@dataclass(frozen=True)
class _Asked:
    """What of a spec is asked for each key, looked up once.

    Attributes:
        beside: The goals beside the quality.
        recorded: Whether costs are taken from the trials.
    """

    spec: JobSpec
    measured: tuple[str, ...]
    limits: tuple[Bound, ...]
    beside: tuple[Objective, ...]
    recorded: bool


def observe(spec: JobSpec, trials: Sequence[Trial], recorded: bool = False) -> list[Observation]:
    """One observation for each key, in the order in which the keys were first proposed.

    Args:
        recorded: See `Observer`.
    """
    return list(Observer(spec, recorded).observe(trials).values())


class Observer:
    """Observes the trials of one job again and again; what it says of a key whose trials are the
    same records as before is what it said then.

    Args:
        recorded: Take known costs as the trials have them, by which the front that is shown was
            made, and compute those that they lack. Most of the time goes into costs, and theirs
            are others only where an earlier version counted them otherwise; beside candidates,
            whose costs are computed, they must be computed too.
    """

    def __init__(self, spec: JobSpec, recorded: bool = False) -> None:
        beside = tuple(map(objective, spec.goals[1:]))
        self._asked = _Asked(spec, spec.measured, spec.limits, beside, recorded)
        self._trials: list[Trial] = []
        self._groups: dict[str, dict[int, Trial]] = {}
        self._found: dict[str, Observation] = {}

    def observe(self, trials: Sequence[Trial]) -> dict[str, Observation]:
        """One observation for each key, in the order in which the keys were first proposed."""
        ordered = sorted(trials, key=attrgetter("number"))
        # By identity: a record is never changed, and to compare two takes as long as to observe.
        pairs = enumerate(zip_longest(ordered, self._trials))
        changed = [(i, new, old) for i, (new, old) in pairs if new is not old]
        if any(new is None or (old and new.key != old.key) for _, new, old in changed):
            self._groups, self._found = {}, {}
            changed = [(i, new, None) for i, new in enumerate(ordered)]
        self._trials = ordered
        for i, new, _ in changed:
            self._groups.setdefault(new.key, {})[i] = new
        for key in dict.fromkeys(new.key for _, new, _ in changed):
            self._found[key] = _observe_key(self._asked, self.trials_of(key))
        return dict(self._found)

    def trials_of(self, key: str) -> list[Trial]:
        """A key's trials as they were last observed, by number."""
        return list(self._groups.get(key, {}).values())


def _observe_key(asked: _Asked, group: list[Trial]) -> Observation:
    spec, configuration = asked.spec, group[0].configuration
    states = [trial.state for trial in group]
    found = [(quality_of(spec, trial, asked.measured), trial) for trial in group]
    known = [(x, trial) for x, trial in found if x is not None]
    values = {
        name: tuple(trial.measurements[name] for _, trial in known) for name in asked.measured
    }
    means = {name: mean(x) for name, x in values.items() if x}
    costs = group[0].measurements if asked.recorded else {}
    cost = _cost_of(asked, spec.objectives.cost, configuration, costs)
    qualities = tuple(x for x, _ in known)
    told = {**costs, spec.objectives.cost: cost, **means}
    return Observation(
        configuration,
        qualities,
        cost,
        sum(state in (TrialState.QUEUED, TrialState.RUNNING) for state in states),
        TrialState.FAILED in states or any(is_beyond(x, asked.measured) for x in group),
        values,
        _heights(asked, configuration, qualities, told) if qualities else (),
        all(x.holds(means[x.name]) for x in asked.limits if x.name in means),
    )


def _cost_of(
    asked: _Asked, name: str, configuration: Configuration, found: Mapping[str, float]
) -> float:
    """A known cost as it was `found`, else as it is computed."""
    return found[name] if name in found else known_value(asked.spec, name, configuration)


def _heights(
    asked: _Asked,
    configuration: Configuration,
    qualities: Sequence[float],
    found: Mapping[str, float],
) -> tuple[float, ...]:
    """Goals at means and costs that were `found`; costs that were not are computed."""
    beside = (x.signed(_cost_of(asked, x.name, configuration, found)) for x in asked.beside)
    return (mean(qualities), *beside)


def find_front(observations: Sequence[Observation]) -> list[Observation]:
    """The non-dominated ones among those within the limits, by ascending cost."""
    known = [x for x in observations if x.qualities and x.able]
    if not known:
        return []
    mask = non_dominated(np.array([x.heights for x in known]))
    kept = [x for x, keep in zip(known, mask, strict=True) if keep]
    return sorted(kept, key=lambda x: x.cost)
