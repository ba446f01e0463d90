"""The honest comparison: a picked point against the floors, the linear probe and a tuned LoRA.

Where it is asked for, the best of the job's LoRA sweep (`baselines`) is an arm as well.

Each arm is trained with seeds that the search did not use and scored on the test split, which
nothing else reads; a reading is entered in the store's ledger before it begins. LoRA gets r=8 on
query and value in every layer, at the best of five rates by validation. Floors are the models that
the job has measured before its first trial, fitted to training rows alone, without seeds.
Differences are printed whoever wins.
"""

from dataclasses import dataclass, replace

from peftsearch.results.comparisons.differences import LEVEL, Difference
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.kinds.kind_table import find_kind

from .arm_values import Judge
from .confirmation import SWEPT, TUNED, Arm, Confirmation
from .counts import uniform_lora
from .kept_runs import KeptRuns
from .plan import FIRST, RATES, first_seeds
from .spending import level_of


@dataclass
class Confirmer(KeptRuns):
    """Trains what is not kept yet, and compares."""

    def confirm(self, picked: Configuration, probe: Configuration) -> Confirmation:
        """Compare the picked configuration with the floors, the probe and tuned uniform LoRA."""
        reading, earlier = self._enter(self.plan.subject([picked]))
        floors = self._score_floors()
        lora = self._tune_lora(picked)
        base = find_kind(self.job.spec.task.kind).baseline
        named = [("picked", picked), (base, probe), (TUNED, lora)]
        named += [] if self.plan.swept is None else [(SWEPT, self.plan.swept)]
        trained = [self._train(name, x, self.plan.seeds) for name, x in named]
        trained = self._narrow(trained, level_of(reading))
        arms = (*trained, *floors)
        metric = self.job.spec.task.quality
        self.report("computing intervals of the differences")
        judge, level = Judge.of(self.runner, metric).on_arm(arms[0]), level_of(reading)
        values = [judge.values(arm) for arm in arms]
        differences = tuple(judge.compare(values[0], x).interval(level) for x in values[1:])
        own = tuple(judge.interval(x, level) for x in values)
        return Confirmation(arms, differences, metric, reading, earlier, self.plan.width, own)

    def _train(self, name: str, configuration: Configuration, seeds: int) -> Arm:
        runs = tuple(self._run(configuration, seed, "test") for seed in first_seeds(seeds))
        return Arm(name, configuration, runs)

    def _narrow(self, arms: list[Arm], level: float) -> list[Arm]:
        """With further seeds of the picked arm and of tuned LoRA until their difference has an
        interval as narrow as the plan asks for, or there are as many seeds as it allows."""
        picked, base, lora, *rest = arms
        metric, width = self.job.spec.task.quality, self.plan.width
        for number in range(self.plan.seeds, self.plan.limit):
            found = self._difference(picked, lora, metric, level)
            if width is None or found.width <= width:
                break
            self.report(f"the interval is {found.width:.4g} wide: a further seed, {number + 1}")
            picked, lora = (self._add_seed(arm, FIRST + number) for arm in (picked, lora))
        return [picked, base, lora, *rest]

    def _add_seed(self, arm: Arm, seed: int) -> Arm:
        assert arm.configuration is not None  # floors have no seeds
        return replace(arm, runs=(*arm.runs, self._run(arm.configuration, seed, "test")))

    def _tune_lora(self, picked: Configuration) -> Configuration:
        """At the best of the rates; where they tie, at that of the smallest loss. It is trained
        for as long as the picked one."""
        goal = objective(self.job.spec.task.quality)
        candidates = [uniform_lora(self.job.spec, rate, picked) for rate in RATES]

        def merit(candidate: Configuration) -> tuple[float, float]:
            found = self._run(candidate, FIRST, "validation").measurements
            return goal.signed(found[goal.name]), -found["loss"]

        return max(candidates, key=merit)

    def _difference(self, left: Arm, right: Arm, metric: str, level: float = LEVEL) -> Difference:
        judge = Judge.of(self.runner, metric).on_arm(left)
        return judge.compare(judge.values(left), judge.values(right)).interval(level)
