"""A confirmation as a whole: configurations trained, compared, and what was found recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peftsearch.records.job import Job
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.presence import at_work
from peftsearch.workers.runtime.busy import tell_load

from .confirmed import Confirmed, ConfirmedFront
from .pending import Pending, tell_forecast
from .plan import Plan, check_enough
from .spending import level_of
from .subject import Subject
from .tested_reports import CONFIRM, FRONT, TEST_FILE

if TYPE_CHECKING:
    # They take seconds to load, in which others may delete the job: within `at_work`.
    from peftsearch.workers.training.trial_runner import TrialRunner

    from .kept_runs import KeptRuns
    from .tested_calibration import Kept


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
    store: Store, subject: Subject, wanted: Wanted, kept: "Kept | None" = None
) -> Confirmed:
    """Train the picked configuration and what it is compared with, score all on the test split,
    and record it. Finished trainings are kept.

    Args:
        kept: The adapter that an export takes home, to be calibrated; None where none is kept.

    Raises:
        Conflict: It would be another reading than the plan agrees to.
        NotFoundError: The job was deleted.
        UserError: There are no test rows, or no such column.
    """
    job, spec = subject.job, subject.spec
    with at_work(store, job, "confirm", wanted.device):
        from .confirmer import Confirmer
        from .groups import tell_groups
        from .tested_calibration import calibrate_on_test

        values = _check(spec, wanted)
        runner = _open(store, job, wanted.device)
        confirmer = Confirmer(store, job, runner, wanted.report, wanted.plan)
        _foretell(confirmer, subject)
        found = confirmer.confirm(subject.picked, subject.probe)
        grouped, by = tell_groups(runner, found, wanted.by, values)
        level = level_of(found.reading)
        told, known = ([], {}) if kept is None else calibrate_on_test(runner, kept, level)
        data = {**by, **known}
        confirmed = Confirmed(found, spec, subject.preparation, grouped, data, told)
        _record(store, job, CONFIRM, confirmed.to_json())
    return confirmed


def confirm_front(store: Store, subject: Subject, wanted: Wanted) -> ConfirmedFront:
    """Train all configurations of the front and what they are compared with, score them on the
    test split, and record it. Finished trainings are kept.

    Raises:
        Conflict: It would be another reading than the plan agrees to.
        NotFoundError: The job was deleted.
        UserError: There are no test rows.
    """
    job, spec = subject.job, subject.spec
    with at_work(store, job, "confirm", wanted.device):
        from .front_confirmer import FrontConfirmer

        _check(spec, wanted)
        runner = _open(store, job, wanted.device)
        confirmer = FrontConfirmer(store, job, runner, wanted.report, wanted.plan)
        _foretell(confirmer, subject)
        found = confirmer.confirm_front(subject.members, subject.probe)
        confirmed = ConfirmedFront(found, spec)
        _record(store, job, FRONT, confirmed.to_json())
    return confirmed


def _record(store: Store, job: Job, kind: str, told: Mapping[str, Any]) -> None:
    """With the hash of the file of test rows."""
    from peftsearch.workers.data.task_data import hash_test_file

    store.save_report(job.id, kind, {**told, TEST_FILE: hash_test_file(job.spec.task)})


def _check(spec: JobSpec, wanted: Wanted) -> list[str]:
    """What is asked for, before anything is read for long; the values of the groups' column."""
    from peftsearch.results.calibrations.wishes import Wish, check_wish
    from peftsearch.workers.data.task_data import load_groups
    from peftsearch.workers.processes.kept_places import check_trainable

    from .groups import part_groups

    check_trainable(spec, test=True)
    check_wish(Wish(wanted.plan.precision), spec)
    if wanted.by is None:
        return []
    values = load_groups(spec, wanted.by)
    part_groups(wanted.by, values)
    return values


def _open(store: Store, job: Job, device: str) -> "TrialRunner":
    """The job's model and rows, which are still those that it was searched on."""
    from peftsearch.workers.processes.same_rows import check_inputs
    from peftsearch.workers.training.trial_runner import TrialRunner

    runner = TrialRunner.open(job.spec, device)
    check_inputs(store, job, runner.inputs)
    check_enough(len(runner.split("test").texts))
    return runner


def _foretell(confirmer: "KeptRuns", subject: Subject) -> None:
    """What is about to begin, and how wide intervals may be expected."""
    counts = confirmer.count(subject)
    rows, level = confirmer.foresee_reading(subject.members)
    confirmer.pending = Pending.of(subject.spec, subject.trials, counts, rows)
    confirmer.report(tell_forecast(confirmer.pending, counts.further))
    if confirmer.pending.left and (busy := tell_load()):
        confirmer.report(f"{busy}: the time holds as far as it was as busy for the job's trials")
    widths = subject.foresee_widths(confirmer.plan, rows, level)
    for line in subject.tell_widths(widths):
        confirmer.report(line)
