"""Where configurations stand against the floors of their job, the baselines without adapters.

What "beats the floor by more than noise" means is decided here alone (decision 0047): by more than
chance gives a difference with such a standard error, by the validation rows and by the seeds; of
the best of many, by more than it gives the best of so many (`chance`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from peftsearch.records.estimates import Estimate, Seed
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.results.comparisons.chance import Side, judge, luck
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

Verdict = Literal["above", "level", "below"]
"""`above`: better by more than noise; `level`: apart by noise at most; `below`: worse by more."""


class Scored(Seed, Protocol):
    """A seed of which is known on how many rows it was scored."""

    @property
    def validation_rows(self) -> int | None:
        """Rows of the validation split; None where unknown."""

    @property
    def quality_error(self) -> float | None:
        """As `Trial.quality_error`."""

    @property
    def gain_errors(self) -> Mapping[str, float]:
        """As `Trial.gain_errors`."""


_WORDS: Mapping[Side, Verdict] = {"ahead": "above", "level": "level", "behind": "below"}
S = TypeVar("S", bound=Scored)


@dataclass(frozen=True)
class Standing:
    """A configuration beside the best floor of its job.

    Attributes:
        value: Quality of the floor.
        quality: Of the configuration, at the mean of its seeds.
        gain: Of the configuration over the floor; negative where it is worse.
        error: Standard error of the difference; None where nothing tells it.
        paired: Whether it is that of answers to the same rows; else it may be too large.
        tried: Configurations of the job, of which this is one.
        trials: Numbers of the trainings that the quality is the mean of.
    """

    floor: Floor
    value: float
    quality: float
    gain: float
    error: float | None
    paired: bool = False
    tried: int = 1
    trials: tuple[int, ...] = ()

    @property
    def noise(self) -> float | None:
        """The difference that chance may give: of a gain the best of so many, of a loss this one,
        which nobody chose for it."""
        chosen = self.tried if self.gain > 0 else 1
        return None if self.error is None else self.error * luck(chosen)

    @property
    def verdict(self) -> Verdict:
        """How the two compare; by the sign alone where no error is known."""
        if not self.error:
            return "above" if self.gain > 0 else "below" if self.gain < 0 else "level"
        return _WORDS[judge(self.gain, self.error, self.tried if self.gain > 0 else 1)]


def sort_floors(preparation: Preparation | None, spec: JobSpec) -> list[Floor]:
    """Floors whose quality is known, the best first."""
    goal = objective(spec.task.quality)
    floors = () if preparation is None else preparation.floors
    known = [floor for floor in floors if goal.name in floor.measurements]
    return sorted(known, key=lambda x: -goal.signed(x.measurements[goal.name]))


def find_perfect(preparation: Preparation | None, spec: JobSpec) -> Floor | None:
    """The best floor if nothing can be better; None where something can."""
    goal = objective(spec.task.quality)
    best = next(iter(sort_floors(preparation, spec)), None)
    return best if best is not None and best.measurements[goal.name] == goal.best else None


def find_best(members: Sequence[Estimate[S]], spec: JobSpec) -> Estimate[S] | None:
    """The one of the best quality, of equals the first; None where none has a quality."""
    goal = objective(spec.task.quality)
    known = [x for x in members if goal.name in x.values]
    return max(known, key=lambda x: goal.signed(x.values[goal.name]), default=None)


def compare(
    found: Estimate[S], spec: JobSpec, preparation: Preparation | None, tried: int = 1
) -> Standing | None:
    """A configuration beside the best floor; None where either has no quality.

    Args:
        tried: Configurations of the job, of which it was chosen.
    """
    goal = objective(spec.task.quality)
    floor = next(iter(sort_floors(preparation, spec)), None)
    quality = found.values.get(goal.name)
    if floor is None or quality is None:
        return None
    value = floor.measurements[goal.name]
    gain = goal.signed(quality) - goal.signed(value)
    paired = _paired_error(floor, found)
    error = _error(floor, found, spec, paired)
    told = floor, value, quality, gain, error, paired is not None
    return Standing(*told, tried, found.numbers)


def _paired_error(floor: Floor, found: Estimate[S]) -> float | None:
    """As large as if all seeds erred on the same rows; None unless all of them tell it."""
    told = [x.gain_errors.get(floor.name) for x in found.trials]
    known = [x for x in told if x is not None]
    return (
        math.hypot(*known) / math.sqrt(len(known)) if known and len(known) == len(told) else None
    )


def _error(floor: Floor, found: Estimate[S], spec: JobSpec, paired: float | None) -> float | None:
    """By the rows, and by the seeds where there are several."""
    of_rows = _separate_error(floor, found, spec) if paired is None else paired
    parts = (of_rows, found.standard_error(spec.task.quality))
    known = [x for x in parts if x is not None]
    return math.hypot(*known) if known else None


def _separate_error(floor: Floor, found: Estimate[S], spec: JobSpec) -> float | None:
    """As if the two were scored on rows of their own, which is rather too large than too small."""
    rows, measured = found.first.validation_rows, found.first.quality_error
    of_floor = floor.standard_error or sampling_error(spec, floor.measurements, rows)
    # Of trials of before their errors were kept, it varies about as much for both.
    of_rows = sampling_error(spec, found.values, rows, measured) or of_floor
    known = [x for x in (of_floor, of_rows) if x is not None]
    return math.hypot(*known) if known else None
