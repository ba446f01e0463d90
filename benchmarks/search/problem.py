"""What a search is measured on: a job whose trainings are answered at once, and its best front."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import moocore
import numpy as np
from numpy.typing import NDArray

from peftsearch.records.axes import cost_of
from peftsearch.records.dominance import non_dominated
from peftsearch.records.estimates import estimate_each
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Proposal, Trial
from peftsearch.search.goals.reference_point import ReferencePoint
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from tests.search.jobs import make_trial

Matrix = NDArray[np.float64]


class Truth(Protocol):
    """Answers for trainings."""

    def train(self, configuration: Configuration, seed: int) -> float:
        """Validation quality of one training."""

    def quality(self, configuration: Configuration) -> float:
        """Its mean over training seeds: what a person who takes it home can expect."""


@dataclass(frozen=True)
class Problem:
    """A job, what its trainings measure, and what there is to find.

    Attributes:
        spec: The job; its quality is accuracy.
        preparation: Its floors.
        reference: Corner of the box in which hypervolume is measured.
        find_best: Makes `best`, which takes seconds and only a score needs.
        tested: The same, where what a configuration is worth is known on a test split too.
    """

    name: str
    spec: JobSpec
    truth: Truth
    preparation: Preparation
    reference: ReferencePoint
    find_best: Callable[[], Matrix] = field(repr=False)
    tested: "Problem | None" = field(default=None, repr=False)

    @cached_property
    def best(self) -> Matrix:
        """Cost and true quality of the best front known, `n x 2`."""
        return self.find_best()

    def answer(self, proposal: Proposal, number: int) -> Trial:
        """What a proposal becomes: the trial of that number, trained at once."""
        quality = self.truth.train(proposal.configuration, proposal.seed)
        return make_trial(number, proposal, quality)

    def share(self, trials: Sequence[Trial]) -> float:
        """True hypervolume of what a job would report after `trials`, as a share of `best`'s.

        It reports the front of the observed means; what those are worth is the true quality.
        """
        found = estimate_each(trials)
        costs = np.array([cost_of(self.spec, x.configuration) for x in found])
        seen = np.array([x.values["accuracy"] for x in found])
        kept = reported(costs, seen)
        truth = np.array([self.truth.quality(found[i].configuration) for i in kept])
        return self.volume(np.column_stack([costs[kept], truth])) / self.volume(self.best)

    def volume(self, points: Matrix) -> float:
        """Hypervolume of `n x 2` costs and qualities, in decades times quality."""
        if not len(points):
            return 0.0
        axis = np.array([self.reference.axis(x) for x in points[:, 0]])
        ref = [self.reference.axis(self.reference.cost), -self.reference.quality]
        return float(moocore.hypervolume(np.column_stack([axis, -points[:, 1]]), ref=ref))


def reported(costs: Matrix, qualities: Matrix) -> list[int]:
    """Positions of what no other beats, cheapest first."""
    kept = np.flatnonzero(non_dominated(np.column_stack([qualities, -costs])))
    found: list[int] = kept[np.argsort(costs[kept], kind="stable")].tolist()
    return found
