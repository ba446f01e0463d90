"""Does a configuration carry over: its trained adapters on other labelled data, without training.

Adapters are those that the search has kept. The job's floors are scored there too; each reading is
entered in the ledger under the hash of these data.
"""

from dataclasses import dataclass
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.records.estimates import Estimate, mean
from peftsearch.records.preparation import HeadChoice, Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.wording import cell, plural
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.artefacts.adapters import adapter_folder
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.files.adapter_files import load_trained
from peftsearch.workers.preparation.prepare import Prepared
from peftsearch.workers.training.foreign_techniques import check_same

from .arm_values import Judge
from .confirmation import Arm, Confirmation, Run, lines
from .kept_runs import KeptRuns
from .spending import level_of, tell_reading


@dataclass
class Carrier(KeptRuns):
    """Scores kept adapters on other rows.

    Attributes:
        root: Folder of the jobs' files.
    """

    root: Path = Path()

    def carry(self, picked: Estimate[Trial], other: Split) -> Confirmation:
        """The picked configuration beside the floors, all on the other rows.

        Raises:
            UserError: No adapter of it is kept, or its files are not what a worker saved.
        """
        kept = [trial for trial in picked.trials if trial.adapter is not None]
        if not kept:
            hint = "pick another, or run a job that keeps it"
            raise UserError("a configuration with a kept adapter", "none is kept", hint)
        self.runner.take_test(other)
        reading, earlier = self._enter(f"{picked.key}: {len(kept)} adapters")
        self.rows = f"data {reading.data[:16]}"
        floors = self._score_floors()
        runs = tuple(self._score(trial) for trial in kept)
        arms = (Arm("picked", picked.configuration, runs), *floors)
        judge = Judge.of(self.runner, self.job.spec.task.quality).on_arm(arms[0])
        level, values = level_of(reading), [judge.values(arm) for arm in arms]
        differences = tuple(judge.compare(values[0], x).interval(level) for x in values[1:])
        own = tuple(judge.interval(x, level) for x in values)
        return Confirmation(arms, differences, judge.metric, reading, earlier, intervals=own)

    def _score(self, trial: Trial) -> Run:
        place = {"key": trial.key, "seed": trial.seed, "split": self.rows}
        if (known := self._recall(place)) is not None:
            return known
        self.report(f"scoring on {self._place}: the adapter of trial {trial.number}")
        check_same(trial.configuration, trial.provenance)
        with adapter_folder(self.root, trial) as folder:
            files = load_trained(folder, self.runner.backbone)
        self.runner.adopt(Prepared(Preparation(head=HeadChoice(files.pooling, "random"))))
        return self._keep(place, self.runner.score(files.configuration, files.tensors, "test"))


def carry_lines(found: Confirmation, spec: JobSpec, data: str, known: float) -> list[str]:
    """What the terminal prints.

    Args:
        data: The other rows' source.
        known: The metric on the validation rows.
    """
    head, *text = lines(found, spec)
    goal, adapters = objective(found.metric), plural(len(found.arms[0].runs), "kept adapter")
    rows = head.partition(",")[0].replace("test rows", f"rows of {data}")
    here = cell(goal.name, mean(found.arms[0].values(goal.name)))
    told = [f"{rows}, {adapters} of the search, nothing trained", *text]
    told.append(f"{goal.label} {here} there, {cell(goal.name, known)} on the validation rows")
    if len(found.arms[0].runs) == 1:
        told.append("intervals are of this one adapter; other seeds of it may differ more")
    assert found.reading is not None  # a carrier enters one
    return [*told, tell_reading(found.reading, found.earlier, "these data")]
