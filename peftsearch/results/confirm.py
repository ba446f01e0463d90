"""The honest comparison: a picked point against the floors, the linear probe and a tuned LoRA.

Each arm is trained with three seeds that the search did not use and scored on the test split,
which nothing else reads. LoRA gets r=8 on query and value in every layer, at the best of five
rates by validation. Floors are the models that the job has measured before its first trial, fitted
to training rows alone, without seeds. Differences are printed whoever wins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from peftsearch.records.estimates import mean
from peftsearch.records.job import Job
from peftsearch.records.preparation import BASE, Floor
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.recipes import BASELINE, RANK, recipe
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.techniques.table import NOMINAL_RATE
from peftsearch.storage.store import Store
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.preparation.prepare import Prepared, make_again
from peftsearch.workers.training.metrics import measure
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.trial_runner import TrialRunner

from .confirmation import SEEDS, Arm, Confirmation, Run
from .floor_words import short_name
from .floors import sort_floors
from .intervals import Difference, paired_difference
from .wording import describe, duration, plural

RATES = tuple(NOMINAL_RATE * 10**step for step in (-0.75, -0.5, -0.25, 0.0, 0.25))
_RUN = "confirm-run"
_RUNS = len(RATES) + 3 * len(SEEDS)
Report = Callable[[str], None]


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

    def count_left(self, picked: Configuration, probe: Configuration) -> int:
        """Trainings that `confirm` will take at most; those that are kept are not repeated."""
        rates = [uniform_lora(self.job.spec, rate, picked) for rate in RATES]
        tested = {x.key for x in (picked, probe, *rates)}
        wanted = {(x.key, SEEDS[0], "validation") for x in rates}
        wanted |= {(key, seed, "test") for key in tested for seed in SEEDS}
        kept = {(x["key"], x["seed"], x["split"]) for x in self.store.reports(self.job.id, _RUN)}
        return max(_RUNS - len(kept & wanted), 0)

    def confirm(self, picked: Configuration, probe: Configuration) -> Confirmation:
        """Compare the picked configuration with the floors, the probe and tuned uniform LoRA."""
        floors = self._score_floors()
        lora = self._tune_lora(picked)
        base = find_kind(self.job.spec.task.kind).baseline
        named = [("picked", picked), (base, probe), (f"uniform LoRA r={RANK}", lora)]
        trained = [
            Arm(name, configuration, tuple(self._run(configuration, s, "test") for s in SEEDS))
            for name, configuration in named
        ]
        arms = (*trained, *floors)
        metric = self.job.spec.task.quality
        self.report("computing intervals of the differences")
        differences = tuple(self._difference(arms[0], arm, metric) for arm in arms[1:])
        return Confirmation(arms, differences, metric)

    def _score_floors(self) -> list[Arm]:
        """The job's floors on the test split; then its head is taken up, for all that is trained.
        A job without a preparation, as one of an earlier version, goes on without."""
        known = self.store.preparation(self.job.id)
        if known is None:
            return []
        prepared = Prepared(known, self.store.head_start(self.job.id))
        arms = [self._score_floor(prepared, x) for x in sort_floors(known, self.job.spec)]
        self.runner.adopt(prepared)
        return [arm for arm in arms if arm is not None]

    def _score_floor(self, prepared: Prepared, floor: Floor) -> Arm | None:
        """None of one that is among the arms anyway, or that cannot be made again."""
        if floor.name == BASE:
            return None
        place = {"key": f"floor {floor.name}", "seed": 0, "split": "test"}
        run = self._recall(place)
        if run is None:
            self.report(f"scoring on the test split: {floor.label}")
            baseline = make_again(self.runner, prepared, floor)
            found = None if baseline is None else baseline.score("test", lambda: None)
            if found is None:
                return None
            run = self._keep(place, found)
        return Arm(short_name(floor), None, (run,), floor.label)

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
        place = {"key": configuration.key, "seed": seed, "split": split}
        if (known := self._recall(place)) is not None:
            return known
        words = describe(configuration, self.job.spec.anatomy)
        self.report(f"{self.count} of {_RUNS}: training for the {split} split: {words}")
        outcome = self.runner.evaluate(configuration, seed, lambda done, total: None, split=split)
        return self._keep(place, outcome)

    def _recall(self, place: Mapping[str, Any]) -> Run | None:
        for known in self.store.reports(self.job.id, _RUN):
            if all(known[name] == value for name, value in place.items()):
                return Run(known["measurements"], known["predictions"], known["references"])
        return None

    def _keep(self, place: Mapping[str, Any], found: Outcome | Evaluation) -> Run:
        run = Run(
            dict(found.measurements),
            found.predictions.astype(float).tolist(),
            found.references.astype(float).tolist(),
        )
        self.store.save_report(self.job.id, _RUN, {**place, **vars(run)})
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


def tell_forecast(left: int, trials: Sequence[Trial]) -> str:
    """What is about to begin: how many trainings, and how long by the trials of the job."""
    seconds = [x.running_seconds for x in trials if x.running_seconds and x.measurements]
    if not left:
        return f"all {_RUNS} trainings are kept from before"
    about = (
        f", about {duration(left * mean(seconds))} at the mean of its trials" if seconds else ""
    )
    done = f" of {_RUNS}, the others are kept" if left < _RUNS else ""
    return f"{plural(left, 'training')}{done}{about}; what is interrupted goes on where it was"
