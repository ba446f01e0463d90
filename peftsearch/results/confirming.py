"""The confirmation of a picked configuration, as a whole: trained, compared and recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from peftsearch.records.job import Job
from peftsearch.records.preparation import Floor
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.presence import at_work

from .confirmation import Confirmation, lines
from .floor_words import floor_json


@dataclass(frozen=True, repr=False)
class Confirmed:
    """A confirmation of a job; printed, it is its table."""

    confirmation: Confirmation
    spec: JobSpec

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    @property
    def lines(self) -> Sequence[str]:
        """What people read of it."""
        return lines(self.confirmation, self.spec)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return self.confirmation.to_json(self.spec)


def confirm_pick(
    store: Store,
    job: Job,
    picked: Configuration,
    trials: Sequence[Trial],
    floors: Sequence[Floor],
    device: str,
    report: Callable[[str], None],
) -> Confirmed:
    """Train the picked configuration and what it is compared with, score all on the test split,
    and record it. Finished trainings are kept.

    Args:
        trials: All of the job's, which tell how long a training takes.
        floors: Its baselines without adapters, the best first.
        report: Told before each training, in one line.

    Raises:
        NotFoundError: The job was deleted.
        UserError: There are no test rows.
    """
    spec = job.spec
    with at_work(store, job, "confirm", device):
        # They take seconds, in which others may delete the job.
        from peftsearch.search.recipe_trials import probe
        from peftsearch.spaces.space.presets import make_space
        from peftsearch.workers.processes.function_runner import check_built_in
        from peftsearch.workers.training.trial_runner import TrialRunner

        from .confirm import Confirmer, tell_forecast

        check_built_in(spec)
        arms = picked, probe(make_space(spec))
        confirmer = Confirmer(store, job, TrialRunner.open(spec, device), report)
        report(tell_forecast(confirmer.count_left(*arms), trials))
        confirmed = Confirmed(confirmer.confirm(*arms), spec)
        told = confirmed.to_json() | {"floors": [floor_json(floor, spec) for floor in floors]}
        store.save_report(job.id, "confirm", told)
    return confirmed
