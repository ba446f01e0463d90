"""The honest comparison: a picked point against the linear probe and a tuned uniform LoRA.

Each arm is trained with three seeds that the search did not use and scored on the test split,
which nothing else reads. LoRA gets r=8 on query and value in every layer, at the best of five
rates by validation. Differences are printed whoever wins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from peftsearch.records.estimates import mean, standard_error
from peftsearch.records.job import Job
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.configurations.recipes import BASELINE, RANK, recipe
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.techniques.table import NOMINAL_RATE
from peftsearch.storage.store import Store
from peftsearch.workers.training.metrics import measure
from peftsearch.workers.training.trial_runner import TrialRunner

from .intervals import Difference, paired_difference
from .wording import cell, describe

SEEDS = (900_001, 900_002, 900_003)
RATES = tuple(NOMINAL_RATE * 10**step for step in (-0.75, -0.5, -0.25, 0.0, 0.25))
_RUN = "confirm-run"
_RUNS = len(RATES) + 3 * len(SEEDS)
Report = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One training of one arm, scored on one split; predictions and references as of `Outcome`."""

    measurements: Mapping[str, float]
    predictions: list[float] | list[list[float]]
    references: list[float]


@dataclass(frozen=True)
class Arm:
    """A configuration with its runs on the test split, one per seed."""

    name: str
    configuration: Configuration
    runs: tuple[Run, ...]

    def values(self, metric: str) -> list[float]:
        """The metric of each seed."""
        return [run.measurements[metric] for run in self.runs]


@dataclass(frozen=True)
class Confirmation:
    """The picked arm first, then what it is compared with; a difference for each of those."""

    arms: tuple[Arm, ...]
    differences: tuple[Difference, ...]
    metric: str

    def to_json(self, spec: JobSpec) -> dict[str, Any]:
        """Plain data for `--json` and the store."""
        return {
            "metric": self.metric,
            "seeds": list(SEEDS),
            "test_rows": len(self.arms[0].runs[0].references),
            "arms": [_arm_json(arm, self.metric, spec) for arm in self.arms],
            "differences": [
                {"versus": arm.name, "mean": x.mean, "low": x.low, "high": x.high}
                for arm, x in zip(self.arms[1:], self.differences, strict=True)
            ],
        }


def _arm_json(arm: Arm, metric: str, spec: JobSpec) -> dict[str, Any]:
    return {
        "name": arm.name,
        "values": arm.values(metric),
        "mean": mean(arm.values(metric)),
        "standard_error": standard_error(arm.values(metric)),
        "trainable_parameters": trainable_parameters(arm.configuration, spec.anatomy),
        "description": describe(arm.configuration, spec.anatomy),
        "configuration": arm.configuration.to_json(),
    }


def uniform_lora(spec: JobSpec, rate: float, like: Configuration) -> Configuration:
    """LoRA r=8 on query and value in every layer; of what else of the training is searched with
    the values of another configuration."""
    training = like.training.fill(spec.training.searched)
    return replace(recipe(BASELINE, spec.anatomy, RANK, rate), training=training)


@dataclass
class Confirmer:
    """Trains and scores, and keeps every finished run in the store, so that nothing is lost."""

    store: Store
    job: Job
    runner: TrialRunner
    report: Report
    count: int = 0

    def confirm(self, picked: Configuration, probe: Configuration) -> Confirmation:
        """Compare the picked configuration with the probe and with tuned uniform LoRA."""
        lora = self._tune_lora(picked)
        base = find_kind(self.job.spec.task.kind).baseline
        named = [("picked", picked), (base, probe), (f"uniform LoRA r={RANK}", lora)]
        arms = tuple(
            Arm(name, configuration, tuple(self._run(configuration, s, "test") for s in SEEDS))
            for name, configuration in named
        )
        metric = self.job.spec.task.quality
        differences = tuple(self._difference(arms[0], arm, metric) for arm in arms[1:])
        return Confirmation(arms, differences, metric)

    def _tune_lora(self, picked: Configuration) -> Configuration:
        """At the best of the rates; where they tie, at that of the smallest loss. It is trained
        for as long as the picked one."""
        goal = objective(self.job.spec.task.quality)
        candidates = [uniform_lora(self.job.spec, rate, picked) for rate in RATES]

        def merit(candidate: Configuration) -> tuple[float, float]:
            found = self._run(candidate, SEEDS[0], "validation").measurements
            return goal.signed(found[goal.name]), -found["loss"]

        return max(candidates, key=merit)

    def _run(self, configuration: Configuration, seed: int, split: str) -> Run:
        self.count += 1
        for known in self.store.reports(self.job.id, _RUN):
            if (known["key"], known["seed"], known["split"]) == (configuration.key, seed, split):
                return Run(known["measurements"], known["predictions"], known["references"])
        words = describe(configuration, self.job.spec.anatomy)
        self.report(f"{self.count} of {_RUNS}: training for the {split} split: {words}")
        outcome = self.runner.evaluate(configuration, seed, lambda done, total: None, split=split)
        run = Run(
            dict(outcome.measurements),
            outcome.predictions.astype(float).tolist(),
            outcome.references.astype(float).tolist(),
        )
        place = {"key": configuration.key, "seed": seed, "split": split}
        self.store.save_report(self.job.id, _RUN, place | vars(run))
        return run

    def _difference(self, left: Arm, right: Arm, metric: str) -> Difference:
        kind = find_kind(self.job.spec.task.kind)
        classes, positive = len(self.runner.data.label_names), self.runner.positive

        def metric_of(predictions: Any, references: Any) -> float:
            exact = predictions if predictions.ndim == 2 else predictions.astype(kind.label)
            truth = references.astype(kind.label)
            return measure(metric, kind.name, exact, truth, classes, positive)

        return paired_difference(
            [np.asarray(run.predictions) for run in left.runs],
            [np.asarray(run.predictions) for run in right.runs],
            np.asarray(left.runs[0].references),
            metric_of,
        )


def lines(confirmation: Confirmation, spec: JobSpec) -> Sequence[str]:
    """What the terminal prints."""
    rows = len(confirmation.arms[0].runs[0].references)
    goal = objective(confirmation.metric)
    text = [f"{goal.label} on {rows:,} test rows, {len(SEEDS)} seeds each"]
    for arm in confirmation.arms:
        values = arm.values(confirmation.metric)
        centre = cell(goal.name, mean(values))
        each = " ".join(cell(goal.name, value) for value in values)
        parameters = trainable_parameters(arm.configuration, spec.anatomy)
        text.append(
            f"  {arm.name:17} {centre}  ({each})  {parameters:>9,} parameters  "
            f"{describe(arm.configuration, spec.anatomy)}"
        )
    for arm, difference in zip(confirmation.arms[1:], confirmation.differences, strict=True):
        verdict = _verdict(difference, arm.name, goal)
        text.append(
            f"  picked - {arm.name}: {difference.mean:+.4f}, "
            f"95 % interval [{difference.low:+.4f}, {difference.high:+.4f}]: {verdict}"
        )
    return text


def _verdict(difference: Difference, name: str, goal: Objective) -> str:
    if not difference.resolved:
        return "not resolved by these rows and seeds"
    return (
        "the picked point is better"
        if goal.signed(difference.mean) > 0
        else f"the {name} is better"
    )
