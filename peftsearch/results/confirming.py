"""The confirmation of a picked configuration, as a whole: trained, compared and recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from peftsearch.records.job import Job
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.presence import at_work

from .confirm_plan import Pending, Plan, check_enough, tell_forecast
from .confirm_width import foresee_width, tell_width
from .confirmation import Confirmation, lines
from .floor_words import floor_json, tell_apart, tell_floors
from .floors import sort_floors
from .spending import level_of
from .tested_reports import CONFIRM
from .verdict import tell_end, tell_verdict

if TYPE_CHECKING:
    from .confirm import Confirmer
    from .tested_calibration import Kept


@dataclass(frozen=True, repr=False)
class Confirmed:
    """A confirmation of a job; printed, it is its table.

    Attributes:
        grouped: Lines of the groups of the test rows, where they were asked for.
        by: The same as plain data.
        calibrated: Lines of how far the probabilities of the kept adapter can be trusted.
    """

    confirmation: Confirmation
    spec: JobSpec
    preparation: Preparation | None = None
    grouped: Sequence[str] = ()
    by: Mapping[str, Any] = field(default_factory=dict)
    calibrated: Sequence[str] = ()

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    @property
    def verdict(self) -> str:
        """One plain sentence."""
        return tell_verdict(self.confirmation)

    @property
    def lines(self) -> Sequence[str]:
        """What people read of it, the verdict last."""
        found, spec = self.confirmation, self.spec
        floors = [f"  {x} (on the validation rows)" for x in tell_floors(self.preparation, spec)]
        return [
            *lines(found, spec),
            *floors,
            *(f"  {x}" for x in tell_apart(self.preparation, spec)),
            *self.grouped,
            *self.calibrated,
            *tell_end(found),
            self.verdict,
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        floors = [floor_json(x, self.spec) for x in sort_floors(self.preparation, self.spec)]
        sentence = tell_verdict(self.confirmation, ends=True)
        more = {"floors": floors, **self.by, "verdict": self.verdict, "sentence": sentence}
        return self.confirmation.to_json(self.spec) | more


def _foresee(
    confirmer: "Confirmer",
    picked: Configuration,
    trials: Sequence[Trial],
    preparation: Preparation | None,
) -> list[str]:
    """How wide an interval may be expected; nothing where nothing tells."""
    spec, (rows, level) = confirmer.job.spec, confirmer.foresee_reading([picked])
    given = picked, trials, preparation, confirmer.plan
    width = foresee_width(spec, *given, rows, level)
    return [] if width is None else tell_width(width, spec)


@dataclass(frozen=True)
class Wanted:
    """What is asked of a confirmation.

    Attributes:
        report: Told before each training, in one line.
        plan: How many seeds.
        by: Column by which the test rows are grouped; None groups none.
        sweep: Whether the best of the job's LoRA sweep is an arm as well.
    """

    device: str
    report: Callable[[str], None]
    plan: Plan = Plan()
    by: str | None = None
    sweep: bool = False


def confirm_pick(
    store: Store,
    job: Job,
    picked: Configuration,
    trials: Sequence[Trial],
    preparation: Preparation | None,
    wanted: Wanted,
    kept: "Kept | None" = None,
) -> Confirmed:
    """Train the picked configuration and what it is compared with, score all on the test split,
    and record it. Finished trainings are kept.

    Args:
        trials: All of the job's, which tell how long a training takes.
        preparation: The job's, with its baselines without adapters; None of a job without.
        kept: The adapter that an export takes home, to be calibrated; None where none is kept.

    Raises:
        NotFoundError: The job was deleted.
        UserError: There are no test rows, or no such column.
    """
    spec, plan = job.spec, wanted.plan
    with at_work(store, job, "confirm", wanted.device):
        # They take seconds, in which others may delete the job.
        from peftsearch.search.recipe_trials import probe
        from peftsearch.spaces.space.presets import make_space
        from peftsearch.workers.data.task_data import load_groups
        from peftsearch.workers.processes.built_in import check_built_in
        from peftsearch.workers.processes.same_rows import check_rows
        from peftsearch.workers.training.trial_runner import TrialRunner

        from .confirm import Confirmer
        from .groups import part_groups, tell_groups
        from .tested_calibration import calibrate_on_test
        from .wishes import Wish, check_wish

        check_built_in(spec)
        check_wish(Wish(plan.precision), spec)
        values = [] if wanted.by is None else load_groups(spec, wanted.by)
        if wanted.by is not None:
            part_groups(wanted.by, values)
        runner, arms = TrialRunner.open(spec, wanted.device), (picked, probe(make_space(spec)))
        check_rows(store, job, runner.data.fingerprint)
        check_enough(len(runner.split("test").texts))
        confirmer = Confirmer(store, job, runner, wanted.report, plan)
        left, further = confirmer.count_left(*arms), confirmer.count_further(picked)
        confirmer.pending = Pending.of(spec, trials, left)
        wanted.report(tell_forecast(confirmer.pending, plan.trainings, further))
        for line in _foresee(confirmer, picked, trials, preparation):
            wanted.report(line)
        found = confirmer.confirm(*arms)
        grouped, by = tell_groups(runner, found, wanted.by, values)
        level = level_of(found.reading)
        told, known = ([], {}) if kept is None else calibrate_on_test(runner, kept, level)
        confirmed = Confirmed(found, spec, preparation, grouped, {**by, **known}, told)
        store.save_report(job.id, CONFIRM, confirmed.to_json())
    return confirmed
