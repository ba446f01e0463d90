"""Differences of trainings by their answers to the same validation rows: kept adapters answer
again, nothing is trained, and what the rows say of each difference is kept beside the job."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peftsearch.errors import PeftsearchError
from peftsearch.records.job import Job
from peftsearch.records.preparation import HeadChoice, Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.differences import Components
from peftsearch.results.comparisons.versus import PAIR_ERRORS, Group, Kept, Versus, name_side
from peftsearch.results.wording import plural
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.adapters import adapter_folder
from peftsearch.workers.files.adapter_files import load_trained
from peftsearch.workers.files.ownership import check_trained_on
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.preparation.prepare import Prepared
from peftsearch.workers.training.foreign_techniques import check_same
from peftsearch.workers.training.trial_runner import TrialRunner

from .arm_values import Judge

_SAME = 0.01
"""Of the quality, by which an adapter that answers again may differ from its trial: on another
device numbers are rounded otherwise."""


@dataclass
class Pairing:
    """Scores kept adapters on the validation rows, each once.

    Attributes:
        root: Folder of the jobs' files.
        report: Told before the first adapter is scored.
    """

    store: Store
    job: Job
    root: Path
    runner: TrialRunner
    report: Callable[[str], None]
    _answers: dict[int, Evaluation | None] = field(default_factory=dict)

    def pair(self, differences: Sequence[Versus], kept: Kept) -> int:
        """Find and keep what is not kept of some differences; how many were found. One whose
        adapters are not there, or answer otherwise than their trials did, stays as it is, as all
        do where each row was held out in a fold of its own."""
        sides = {(name_side(x.left), name_side(x.right)): x for x in differences}
        new = {key: x for key, x in sides.items() if key not in kept}
        trials = {
            t.id for x in new.values() for g in (x.left, x.right) for e in g for t in e.trials
        }
        if not new or self.runner.data.others:
            return 0
        self.report(f"{plural(len(trials), 'adapter')} answer the validation rows again")
        pairs = []
        for (left, right), versus in new.items():
            found = self._compare(versus.left, versus.right)
            if found is not None:
                parts = {"rows": found.rows, "seeds": found.seeds}
                pairs.append({"left": list(left), "right": list(right), **parts})
        if pairs:
            self.store.save_report(self.job.id, PAIR_ERRORS, {"pairs": pairs})
        return len(pairs)

    def _compare(self, left: Group, right: Group) -> Components | None:
        answers = [[self._answer(t) for x in group for t in x.trials] for group in (left, right)]
        if any(x is None for side in answers for x in side):
            return None
        first = answers[0][0]
        assert first is not None
        judge = Judge.of(self.runner, self.job.spec.task.quality)
        judge = judge.on(first.predictions, first.references)
        values = [
            judge.layout([x.predictions for x in side if x], side[0].references)  # type: ignore[union-attr]
            for side in answers
        ]
        return judge.compare(*values)

    def _answer(self, trial: Trial) -> Evaluation | None:
        if trial.id not in self._answers:
            self._answers[trial.id] = self._score(trial)
        return self._answers[trial.id]

    def _score(self, trial: Trial) -> Evaluation | None:
        """None where no adapter is kept, or what is there is not what the trial measured."""
        if trial.adapter is None:
            return None
        try:
            check_same(trial.configuration, trial.provenance)
            check_trained_on(trial, self.runner.data.fingerprint)
            with adapter_folder(self.root, trial) as folder:
                files = load_trained(folder, self.runner.backbone)
            head = HeadChoice(files.pooling, "random")
            self.runner.adopt(Prepared(Preparation(head=head)))
            found = self.runner.score(files.configuration, files.tensors, "validation")
        except (PeftsearchError, OSError) as error:
            self.report(f"trial {trial.number} is left out of it: {error}")
            return None
        quality = objective(self.job.spec.task.quality).name
        off = abs(found.measurements[quality] - trial.measurements[quality])
        return found if off <= _SAME * max(1.0, abs(trial.measurements[quality])) else None


def pair_differences(
    store: Store,
    job: Job,
    root: Path,
    device: str,
    report: Callable[[str], None],
    differences: Sequence[Versus],
    kept: Kept,
) -> int:
    """As `Pairing.pair`, opening the job's model only where something is to be found."""
    sides: list[tuple[Any, Any]] = [(name_side(x.left), name_side(x.right)) for x in differences]
    if all(x in kept for x in sides):
        return 0
    pairing = Pairing(store, job, root, TrialRunner.open(job.spec, device), report)
    return pairing.pair(differences, kept)
