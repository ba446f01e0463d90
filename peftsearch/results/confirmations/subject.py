"""What a confirmation is of, and what tells beforehand how long and how sure it is going to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from peftsearch.errors import UserError
from peftsearch.records.job import Job
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.wording import plural
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.storage.store import Store

from .counts import (
    count_front,
    count_kept,
    front_places,
    further_places,
    pick_places,
    rates_of,
)
from .pending import Counts
from .plan import Plan
from .width import Width, foresee_width
from .width_words import tell_width, tell_widths


@dataclass(frozen=True)
class Subject:
    """Configurations of a job: the picked one alone, or all of its front together.

    Attributes:
        members: In the front's order.
        trials: All of the job's, which tell how long a training takes.
        preparation: The job's, with its baselines without adapters; None of a job without.
        front: Whether they are judged together.

    Raises:
        UserError: There are none: the front is empty.
    """

    job: Job
    members: tuple[Configuration, ...]
    trials: Sequence[Trial] = ()
    preparation: Preparation | None = None
    front: bool = False

    def __post_init__(self) -> None:
        if not self.members:
            raise UserError("a front", "none yet", "wait for trials that meet the bounds")

    @property
    def spec(self) -> JobSpec:
        """The job's."""
        return self.job.spec

    @property
    def picked(self) -> Configuration:
        """The only one of a pick; of a front the cheapest."""
        return self.members[0]

    @cached_property
    def probe(self) -> Configuration:
        """The linear probe of the job's space."""
        from peftsearch.search.recipe_trials import probe
        from peftsearch.spaces.space.presets import make_space

        return probe(make_space(self.spec))

    def count(self, store: Store, plan: Plan, data: str) -> Counts:
        """Trainings that it takes.

        Args:
            data: SHA-256 of the test rows as they are now.
        """
        spec, further = self.spec, 2 * len(plan.further)
        if self.front:
            places = front_places(spec, plan, self.members)
            total = count_front(spec, plan, self.members)
            words = plan.tell_seeds(
                len(rates_of(spec, self.members)),
                f"{plural(len(set(self.members)), 'configuration')} of the front and tuned LoRA",
            )
        else:
            places = pick_places(spec, plan, self.picked, self.probe)
            total = plan.trainings
            words = plan.tell_trainings(find_kind(spec.task.kind).baseline)
            further -= count_kept(store, self.job, further_places(spec, plan, self.picked), data)
        left = total - count_kept(store, self.job, places, data)
        tuned = {x for x in places if x[2] == "validation"}
        left_tuned = len(tuned) - count_kept(store, self.job, tuned, data)
        return Counts(max(left, 0), total, max(further, 0), words, left_tuned)

    def foresee_widths(self, plan: Plan, rows: int, level: float) -> list[Width | None]:
        """How wide the interval of each is going to be.

        Args:
            rows: Of the test split.
            level: Chance with which intervals are to hold.
        """
        known = self.trials, self.preparation, plan, rows, level
        return [foresee_width(self.spec, x, *known) for x in self.members]

    def tell_widths(self, found: Sequence[Width | None]) -> list[str]:
        """The same in sentences; nothing where nothing tells."""
        if self.front:
            return tell_widths(found, self.spec)
        return [] if found[0] is None else tell_width(found[0], self.spec)
