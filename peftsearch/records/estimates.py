"""A configuration at the mean over its seeds: the one place that averages trials."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Generic, Protocol, TypeVar

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective

from .expectation import Expectation
from .trial import Trial, TrialState


class Valued(Protocol):
    """Whatever has a value for each objective that was measured."""

    @property
    def values(self) -> Mapping[str, float]:
        """Objective name to value."""


class Seed(Protocol):
    """One training of a configuration, in whatever form it is kept."""

    @property
    def key(self) -> str:
        """Canonical key of the configuration."""

    @property
    def number(self) -> int:
        """Number of the trial."""

    @property
    def measurements(self) -> Mapping[str, float]:
        """Objective name to value."""


class Evaluation(Seed, Protocol):
    """A seed that may still run, may have failed or may have been trained in part."""

    @property
    def state(self) -> str:
        """One of `TrialState`."""

    @property
    def fidelity(self) -> float:
        """Share of the full training."""


S = TypeVar("S", bound=Seed)
E = TypeVar("E", bound=Evaluation)


@dataclass(frozen=True, slots=True)
class Estimate(Generic[S]):
    """What is known of a configuration from all its seeds.

    Attributes:
        values: Mean by objective, of the objectives that every seed has measured.
        trials: Those that it is the mean of, ascending by number; one for each seed.
        expected: Of the quality without luck; None where nobody asked or nothing tells it.
    """

    values: Mapping[str, float]
    trials: tuple[S, ...]
    expected: Expectation | None = None

    def __repr__(self) -> str:
        """One line: a notebook prints what a pick returns."""
        seeds = ", ".join(map(str, self.numbers))
        told = ", ".join(f"{name} {value:.6g}" for name, value in self.values.items())
        return f"<{type(self).__name__} {self.key} of trials {seeds}: {told}>"

    @property
    def first(self) -> S:
        """The trial that the configuration was proposed with."""
        return self.trials[0]

    @property
    def key(self) -> str:
        """Canonical key of the configuration."""
        return self.first.key

    @property
    def configuration(self: "Estimate[Trial]") -> Configuration:
        """What was trained."""
        return self.first.configuration

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the trials."""
        return tuple(trial.number for trial in self.trials)

    def best(self, name: str) -> S:
        """The trial with the best value of an objective; of equals the lowest number."""
        goal = objective(name)
        return max(self.trials, key=lambda trial: goal.signed(trial.measurements[name]))

    def standard_error(self, name: str) -> float | None:
        """Of the mean over seeds, by how they differ; None for a single seed."""
        return standard_error([trial.measurements[name] for trial in self.trials])


def estimate(seeds: Iterable[S]) -> Estimate[S]:
    """All completed, fully trained seeds of one configuration as one."""
    trials = tuple(sorted(seeds, key=lambda trial: trial.number))
    return Estimate(_average([trial.measurements for trial in trials]), trials)


def estimate_each(trials: Iterable[E]) -> list[Estimate[E]]:
    """One estimate for each key among the trials that count, in the order of first proposal."""
    groups: dict[str, list[E]] = defaultdict(list)
    for trial in trials:
        if counts(trial):
            groups[trial.key].append(trial)
    return sorted(map(estimate, groups.values()), key=lambda x: x.first.number)


def counts(trial: Evaluation) -> bool:
    """Whether a trial is a seed of its configuration: completed, and trained in full."""
    return trial.state == TrialState.COMPLETED and trial.fidelity == 1.0


def mean(values: Iterable[float]) -> float:
    """The arithmetic mean, summed exactly: it does not depend on the order of the values."""
    return fmean(values)


def share_error(share: float, rows: int) -> float:
    """Standard error of a share of right rows, with two right and two wrong ones added (Agresti
    and Coull, 1998): that all of a few rows are right is no certainty."""
    p = (share * rows + 2) / (rows + 4)
    return sqrt(p * (1 - p) / (rows + 4))


def pair_error(gained: int, lost: int, rows: int) -> float:
    """Standard error of the difference of two shares of the same rows, with half a row added to
    each of the four ways in which both are right or wrong (Agresti and Min, 2005): one row that
    one of them alone gets right is no certainty.

    Args:
        gained: Rows that the first alone gets right.
        lost: Rows that the second alone gets right.
    """
    n = rows + 2
    return sqrt(gained + lost + 1 - (gained - lost) ** 2 / n) / n


def standard_error(values: Sequence[float]) -> float | None:
    """Of the mean of independent values; None for a single one."""
    return stdev(values) / sqrt(len(values)) if len(values) > 1 else None


def _average(seeds: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    if len(seeds) == 1:
        # Thousands of configurations have one seed: what they have in common is not copied.
        return seeds[0]
    names = set(seeds[0]).intersection(*seeds[1:])
    return {name: mean(seed[name] for seed in seeds) for name in sorted(names)}
