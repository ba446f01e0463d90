"""The companions of a job as its results see them: all trainings that are known of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from peftsearch.records.companion import Companion, Purpose
from peftsearch.records.estimates import Estimate, counts, estimate_each
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.versus import PAIR_ERRORS, Kept, read_kept
from peftsearch.storage.store import Store
from peftsearch.workers.processes.companions import find_companions, find_parent


@dataclass(frozen=True)
class Beside:
    """A companion with its trials."""

    companion: Companion
    job: Job
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Circle:
    """What stands beside a job.

    Attributes:
        companions: Oldest first.
        kept: What predictions on the same rows say of differences.
        parent: Name of the job that this one stands beside; None of one that searched.
    """

    companions: tuple[Beside, ...] = ()
    kept: Kept = field(default_factory=dict)
    parent: str | None = None

    def latest(self, purpose: Purpose, picked: str | None = None) -> Beside | None:
        """The companion that was asked for last; None without.

        Args:
            picked: Key of the configuration that it is to be about; None takes any.
        """
        found = [
            x
            for x in self.companions
            if x.companion.purpose == purpose and picked in (None, x.companion.picked)
        ]
        return found[-1] if found else None

    def pool(self, trials: Iterable[Trial], *purposes: Purpose) -> list[Estimate[Trial]]:
        """All configurations with a result, at the mean of their seeds: of equal seeds the job's
        own, since the other is the same training.

        Args:
            trials: Of the job.
            purposes: Of the companions that count. An ablation trains what the job has trained
                already, by which the mean that the front shows would be another.
        """
        found: dict[tuple[str, int], Trial] = {}
        counted = (x for x in self.companions if x.companion.purpose in purposes)
        for trial in (*trials, *(t for x in counted for t in x.trials)):
            if counts(trial):
                found.setdefault((trial.key, trial.seed), trial)
        return estimate_each(found.values())


def read_circle(store: Store, job: Job) -> Circle:
    """What stands beside a job.

    Raises:
        UserError: A newer peftsearch wrote what cannot be read here.
    """
    known: dict[int, tuple[Trial, ...]] = {}
    companions = []
    for companion, job_beside in find_companions(store, job):
        if job_beside.id not in known:
            known[job_beside.id] = tuple(store.trials(job_beside.id))
        companions.append(Beside(companion, job_beside, known[job_beside.id]))
    kept, parent = read_kept(store.reports(job.id, PAIR_ERRORS)), find_parent(store, job)
    return Circle(tuple(companions), kept, None if parent is None else parent["name"])
