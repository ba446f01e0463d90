"""Confirms all of a front at once, in one reading of the test split."""

from collections.abc import Sequence
from dataclasses import dataclass

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.kinds.kind_table import find_kind

from .arm_values import Judge
from .confirmation import TUNED, Arm
from .confirmer import Confirmer
from .counts import uniform_lora
from .front_confirmation import FrontConfirmation, claim_together, compare_front
from .plan import RATES
from .spending import level_of, spend


@dataclass
class FrontConfirmer(Confirmer):
    """Trains each configuration of a front, and compares each with the floor and tuned LoRA."""

    def confirm_front(
        self, members: Sequence[Configuration], probe: Configuration
    ) -> FrontConfirmation:
        """Compare all members with the best floor and with tuned uniform LoRA, which is tuned for
        each of the trainings that members have, since it is trained for as long.

        Args:
            members: Of the front, in its order.
            probe: What stands in where the job has no floors.
        """
        reading, earlier = self._enter(self.plan.subject(members))
        floor = self._find_floor(probe)
        arms = tuple(self._train("front", x, self.plan.seeds) for x in members)
        tuned = {self._like(x): x for x in members}
        loras = {
            key: self._train(TUNED, self._tune_lora(x), self.plan.seeds)
            for key, x in tuned.items()
        }
        self.report("computing intervals of the differences")
        level = level_of(reading)
        judge = Judge.of(self.runner, self.job.spec.task.quality).on_arm(floor)
        known = {key: judge.values(arm) for key, arm in loras.items()}
        fixed, keys = judge.values(floor), [self._like(x) for x in members]
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

    def _find_floor(self, probe: Configuration) -> Arm:
        floors = self._score_floors()
        if floors:
            return floors[0]
        base = find_kind(self.job.spec.task.kind).baseline
        return self._train(base, probe, self.plan.seeds)
