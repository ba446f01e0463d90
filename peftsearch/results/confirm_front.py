"""Confirms all of a front at once, in one reading of the test split."""

from dataclasses import dataclass

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.kinds.kind_table import find_kind

from .arm_values import Judge
from .confirm import Confirmer
from .confirm_counts import count_front, front_places, uniform_lora
from .confirm_plan import RATES
from .confirmation import TUNED, Arm
from .front_confirmation import (
    FrontConfirmation,
    check_members,
    claim_together,
    compare_front,
)
from .spending import level_of, spend


@dataclass
class FrontConfirmer(Confirmer):
    """Trains each configuration of a front, and compares each with the floor and tuned LoRA.

    Attributes:
        members: Of the front, in its order.
        probe: What stands in where the job has no floors.
    """

    members: tuple[Configuration, ...] = ()
    probe: Configuration | None = None

    def __post_init__(self) -> None:
        """Refuse a front of nothing.

        Raises:
            UserError: There are no members.
        """
        check_members(self.members)

    @property
    def total(self) -> int:
        """Trainings that are foreseen, kept ones among them; LoRA is tuned for each of the
        trainings that members have, since it is trained for as long."""
        return count_front(self.job.spec, self.plan, self.members)

    def count_kept(self) -> int:
        """Trainings that need not be made."""
        return self._count_kept(front_places(self.job.spec, self.plan, self.members))

    def confirm_front(self) -> FrontConfirmation:
        """Compare all members with the best floor and with tuned uniform LoRA."""
        reading, earlier = self._enter(self.plan.subject(self.members))
        floor = self._find_floor()
        arms = tuple(self._train("front", x, self.plan.seeds) for x in self.members)
        tuned = {self._like(x): x for x in self.members}
        loras = {
            key: self._train(TUNED, self._tune_lora(x), self.plan.seeds)
            for key, x in tuned.items()
        }
        self.report("computing intervals of the differences")
        judge, level = Judge.of(self.runner, self.job.spec.task.quality), level_of(reading)
        known = {key: judge.values(arm) for key, arm in loras.items()}
        fixed, keys = judge.values(floor), [self._like(x) for x in self.members]
        beside = [(fixed, known[key]) for key in keys]
        values = [judge.values(x) for x in arms]
        told = compare_front(judge, values, beside, level)
        own = tuple(judge.interval(x, level) for x in values)
        references = [(floor, loras[key]) for key in keys]
        found = [list(zip(*row, strict=True)) for row in zip(references, told, strict=True)]
        comparisons = claim_together(found, judge.metric, spend(reading.number))
        return FrontConfirmation(arms, comparisons, judge.metric, reading, earlier, own)

    def _like(self, member: Configuration) -> str:
        """The same for members whose LoRA is tuned alike."""
        return uniform_lora(self.job.spec, RATES[0], member).key

    def _find_floor(self) -> Arm:
        floors = self._score_floors()
        if floors:
            return floors[0]
        assert self.probe is not None
        base = find_kind(self.job.spec.task.kind).baseline
        return self._train(base, self.probe, self.plan.seeds)
