"""Reads a job again and again, and tells a tracker what is new."""

from collections.abc import Collection
from pathlib import Path

from peftsearch.errors import ANYTHING, NotFoundError, StoreUnavailable
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import TRAINING_LOSS, Trial, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.processes.known_trials import KnownTrials

from .run import Experiment, Run
from .told_runs import ENDED, TrialRuns, make_job_run, mark_of, stage, strip_place
from .tracker import Tracker

_FAILURES = 3
"""Runs that a tracker refuses before the others wait for the next time."""
_NOTICED = 0.02
"""The least share of a training that is news."""


class Follower:
    """Tells one tracker of one job. What is told already is known from the tracker itself, so that
    another process goes on where this one ends, wherever that is."""

    def __init__(self, store: Store, job: Job, tracker: Tracker, root: Path) -> None:
        self._store, self._job, self._tracker = store, job, tracker
        self._experiment = Experiment(job.name, job.uid, root)
        self._make = TrialRuns(job.spec, root)
        self._known = KnownTrials(store, job.id)
        self._marks = dict(tracker.marks())
        self._begun: set[str] = set()
        self._shares: dict[int, float] = {}

    def tell(self, last: bool) -> None:
        """Tell what is new; the job's end and who is on its front only the last time.

        Raises:
            NotTold: The tracker did not take it.
            NotFoundError: The job was deleted.
            StoreUnavailable: The database does not answer.
        """
        job, trials = self._store.job(self._job.id), self._known.read()
        if job.uid != self._job.uid:
            raise NotFoundError(f"job {self._job.name!r}", "another one", "launch it again")
        over = last and job.state is not JobState.RUNNING
        points = self._store.front(job.id)
        front = {number for x in points for number in x.trials} if over else None
        ended = max((x.ended for x in trials if x.ended is not None), default=job.created)
        whole = make_job_run(job, trials, points, self._store.used_hours(job.id), ended)
        self._begin(whole)
        failed, error = 0, None
        for trial in trials:
            try:
                self._tell_trial(trial, front)
            except (StoreUnavailable, NotFoundError):
                raise
            except ANYTHING as refused:
                failed, error = failed + 1, refused
                if failed == _FAILURES:
                    break
        if error is not None:
            raise NotTold(error) from error
        if over and self._marks.get(whole.id(self._experiment)) != whole.mark:
            self._end(whole)

    def close(self) -> None:
        """Let go of what has not ended."""
        self._tracker.close()

    def _tell_trial(self, trial: Trial, front: Collection[int] | None) -> None:
        if trial.state in ENDED:
            told = self._marks.get(self._id(trial.number), "")
            same = strip_place(told) == stage(trial)
            if same and (front is None or told == mark_of(trial, front)):
                return
            run = self._run(trial, front or ())
            self._begin(run)
            if trial.state is TrialState.COMPLETED and trial.number in self._shares:
                self._tracker.advance(run, 1.0)
            self._end(run)
        elif trial.state is TrialState.RUNNING:
            self._begin(self._run(trial, ()))
            self._advance(trial)

    def _run(self, trial: Trial, front: Collection[int]) -> Run:
        losses = []
        if trial.state in ENDED:
            numbers = range(trial.number, trial.number + 1)
            losses = self._store.measurements(self._job.id, numbers, TRAINING_LOSS)
        losses = [x for x in losses if x.fidelity < trial.fidelity]
        return self._make.make(trial, losses, front)

    def _begin(self, run: Run) -> None:
        name = run.id(self._experiment)
        if name not in self._begun and (run.mark != self._marks.get(name)):
            self._tracker.begin(run)
            self._begun.add(name)

    def _end(self, run: Run) -> None:
        name = run.id(self._experiment)
        self._tracker.end(run)
        self._marks[name] = run.mark
        self._begun.discard(name)

    def _advance(self, trial: Trial) -> None:
        for worker in self._store.workers(self._job.id):
            done, total = worker.steps_done, worker.steps_total
            if worker.name == trial.worker and done is not None and total:
                share = done / total
                if abs(share - self._shares.get(trial.number, 0.0)) >= _NOTICED:
                    self._shares[trial.number] = share
                    self._tracker.advance(self._run(trial, ()), share)

    def _id(self, number: int) -> str:
        return f"{self._job.uid[:16]}-{number:06d}"


class NotTold(Exception):
    """What a tracker raised as it was told."""
