"""What an arm's front is worth on the test split, at any second of its time."""

from collections.abc import Sequence
from typing import Any

import moocore
import numpy as np

from benchmarks.search.problem import reported
from peftsearch.records.axes import cost_of
from peftsearch.records.estimates import estimate_each
from peftsearch.records.trial import Trial
from peftsearch.search.goals.reference_point import cost_range
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.workers.files.adapter_files import load_adapter_files
from peftsearch.workers.preparation.prepare import make_again
from peftsearch.workers.training.trial_runner import TrialRunner

from .arms import Run


def find_front(spec: JobSpec, trials: Sequence[Trial]) -> list[Trial]:
    """Of each configuration that no other beats by its mean validation accuracy and its bytes the
    trial that an export would take, the best; ascending by bytes."""
    found = estimate_each(trials)
    costs = np.array([cost_of(spec, x.configuration) for x in found])
    quality = np.array([x.values["accuracy"] for x in found])
    kept = [found[i] for i in (reported(costs, quality) if found else [])]
    return [max(x.trials, key=lambda trial: trial.measurements["accuracy"]) for x in kept]


def score_floor(spec: JobSpec) -> float:
    """Test accuracy of the best floor by validation rows, of the same model without adapters."""
    runner = TrialRunner.open(spec, "cpu")
    prepared = runner.prepare()
    best = prepared.preparation.best("accuracy")
    made = None if best is None else make_again(runner, prepared, best)
    found = None if made is None else made.score("test", lambda: None)
    assert found is not None, "a classification has floors"
    return float(found.measurements["accuracy"])


class Scorer:
    """Scores adapters as they were trained on the test split, each once.

    Attributes:
        floor: Test accuracy of the best floor: with twice the space's largest adapter it is the
            corner of the hypervolume, the same for all arms.
    """

    def __init__(self, run: Run, floor: float) -> None:
        self.floor = floor
        self._run = run
        self._known: dict[int, float] = {}

    def score(self, trial: Trial) -> float:
        """Test accuracy of a trial's adapter."""
        if trial.number not in self._known:
            runner = self._run.runner
            files = load_adapter_files(self._run.root / str(trial.adapter))
            rows = runner.encoded("test")
            answers = runner.predict(files.configuration, files.tensors, rows).argmax(-1)
            self._known[trial.number] = float((answers == rows.labels).float().mean())
        return self._known[trial.number]

    def volume(self, until: float) -> tuple[float, int]:
        """Hypervolume in decades of bytes times accuracy, and how many members hold it."""
        spec = self._run.runner.spec
        cheapest, dearest = cost_range(spec, make_space(spec))
        front = find_front(spec, self._run.until(until))
        axis = [max(cost_of(spec, x.configuration), cheapest) for x in front]
        return hypervolume(axis, [self.score(x) for x in front], dearest, self.floor), len(front)


def hypervolume(
    costs: Sequence[float], scores: Sequence[float], dearest: float, floor: float
) -> float:
    """Of points by bytes and accuracy, above a floor and below a greatest cost."""
    points = np.column_stack([np.log10(costs), -np.asarray(scores)]).reshape(-1, 2)
    if not len(points):
        return 0.0
    return float(moocore.hypervolume(points, ref=[np.log10(dearest), -floor]))


def tell_curve(run: Run, looks: Sequence[float], floor: float) -> dict[str, Any]:
    """Hypervolume at each end of a trial, and at the looks, in seconds."""
    scorer = Scorer(run, floor)
    times = sorted(run.ended[x.number] for x in run.trials)
    curve = [[round(at, 1), round(scorer.volume(at)[0], 5)] for at in times]
    at_looks = [scorer.volume(x) for x in looks]
    best = max((scorer.score(x) for x in find_front(run.runner.spec, run.trials)), default=floor)
    return {
        "volumes": [round(x, 5) for x, _ in at_looks],
        "members": [n for _, n in at_looks],
        "trials": [sum(at <= look for at in times) for look in looks],
        "best_test": best,
        "curve": curve,
    }
