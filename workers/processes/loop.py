"""The worker loop: propose when the queue runs low, claim, train, record, repeat.

There is no coordinator. Any worker may propose, under the job's short suggestion lease; the
lease's token fences the insert, so that a worker that slept through its lease cannot add a batch.
"""

import contextlib
import os
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from peftsearch.errors import (
    ANYTHING,
    NotFoundError,
    PeftsearchError,
    StoreDamaged,
    StoreFault,
    StoreFull,
    StoreUnavailable,
    UserError,
)
from peftsearch.message_text import one_line
from peftsearch.records.failing import PATIENCE, find_hopeless
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.worker import AWAITING_STORE
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.spaces.space.feasibility import check_bounds
from peftsearch.spaces.space.presets import make_space
from peftsearch.storage.hours_left import HoursLeft
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.collection import sweep_objects
from peftsearch.workers.artefacts.keeping import Keeper
from peftsearch.workers.artefacts.places import ArtefactsAway
from peftsearch.workers.artefacts.rungs import Rung, sweep_all_rungs
from peftsearch.workers.files.job_folder import adapter_name, job_folder
from peftsearch.workers.files.spool import Result, flush, spool
from peftsearch.workers.files.sweeping import sweep_attempts
from peftsearch.workers.runtime.machine_faults import (
    MachineFault,
    machine_reason,
    system_reason,
)
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.trial_failures import classify
from peftsearch.workers.training.trial_runner import TrialRunner

from .held_folder import HeldFolder, JobGone
from .lease_times import LEASE_SECONDS
from .monitor import Cancelled, Monitor
from .preparing import take_up
from .replenishing import Replenisher
from .shared_cpus import count_shared_threads
from .standstill import Standstill
from .waiting import Waiting

POLL_SECONDS = 0.5


@dataclass
class WorkerLoop:
    """One process, one device, one backbone.

    Attributes:
        root: Folder of the job's files (`workers.files`).
    """

    name: str
    store: Store
    job: Job
    runner: TrialRunner
    root: Path
    monitor: Monitor

    def __post_init__(self) -> None:
        self._queue = Replenisher(self.store, self.job, self.name, self._describe)
        self._hours = HoursLeft(self.store, self.job.id)
        self._waiting = Waiting(self.store, self.job.id, self.name)
        self._standstill = Standstill()
        self._folder = HeldFolder(self.root / job_folder(self.job))
        self._most_threads = torch.get_num_threads()
        self._hopeful = False

    def run(self) -> None:
        """Work until the job has ended or was deleted, or the monitor says to stop.

        However it ends, the store no longer counts the worker then.

        Raises:
            JobGone: The job's record is gone, and nobody deleted the job.
        """
        try:
            self._take_turns()
        finally:
            with contextlib.suppress(StoreUnavailable, UserError):
                self._queue.leave()
                self.store.unregister_worker(self.name)
                self._look()  # what is left of a job that is gone may be of a restored one
                sweep_all_rungs(self.root, self.store, self.job)
                sweep_attempts(self.root, self.store, self.job)
                sweep_objects(self.store, self.job)
            self._folder.close()

    def _take_turns(self) -> None:
        self.monitor.step(0, 0)
        while not self.monitor.stopping():
            try:
                if not self._turn():
                    return
            except NotFoundError as error:
                if self._folder.is_removed():
                    return
                raise JobGone(self.job.name, self._folder.path) from error
            except StoreDamaged:
                raise
            except StoreFull as error:
                doing = f"write the database {error.database}"
                raise MachineFault(doing, error.reason, self.job.name) from error
            except StoreUnavailable:
                self.monitor.step(0, 0)
                time.sleep(POLL_SECONDS)

    def _turn(self) -> bool:
        """One preparation, one claim and trial, or one wait. False when the job has ended."""
        in_vain = self._waiting.in_vain()
        stood_still = self._standstill.lasts()
        if in_vain:
            return self._rest()
        self._announce()
        flush(self.root, self.store, self.job)
        if not stood_still:
            self.store.requeue_expired(self.job.id)
        job = self._look()
        if job.state is not JobState.RUNNING:
            return False
        self._check_hope()
        if not self._is_prepared():
            return self._wait()
        late = self._hours.used_up(job.spec.budget)
        open_ended = not late and self._replenish(job.spec.budget)
        busy = late or self._queue.stays or not self._queue.offers
        trial = None if busy else self.store.claim(self.job.id, self.name, LEASE_SECONDS)
        if trial is not None:
            self._work(trial)
            return True
        if not open_ended and self.store.together(lambda: self._finish(job.spec.budget, late)):
            return False
        return self._wait(late)

    def _announce(self) -> None:
        """Let others know that it lives, also in a database that was restored since it came."""
        try:
            self.store.heartbeat(self.name)
        except NotFoundError:
            self._look()
            known = socket.gethostname(), os.getpid(), str(self.runner.device)
            self.store.register_worker(self.job.id, self.name, *known)

    def _wait(self, late: bool = False) -> bool:
        if not self._queue.stays:
            self._waiting.found_nothing(late)
        return self._rest()

    def _rest(self) -> bool:
        self.monitor.step(0, 0)
        time.sleep(POLL_SECONDS)
        return True

    def _is_prepared(self) -> bool:
        if self.runner.prepared is not None:
            return True
        return take_up(self.store, self.job, self.runner, self.name, self.monitor)

    def _look(self) -> Job:
        """The job as it is now.

        Raises:
            NotFoundError: It was deleted, or the database was made anew and has another job by
                its id.
        """
        job = self.store.job(self.job.id)
        if job.uid != self.job.uid:
            raise NotFoundError(f"job {self.job.name!r}", "another one", "launch it again")
        return job

    def _check_hope(self) -> None:
        """Stop the job when its first trials all failed alike, for a person to see why.

        Raises:
            TrialsFailed: They did.
        """
        if self._hopeful:
            return
        counts = self.store.counts(self.job.id)
        self._hopeful = counts[TrialState.COMPLETED] > 0
        if self._hopeful or counts[TrialState.FAILED] < PATIENCE:
            return
        if failed := find_hopeless(self.store.trials(self.job.id), self.job.event):
            self._stop(failed)
            raise failed

    def _finish(self, budget: BudgetSpec, late: bool) -> bool:
        """Finish the job if nothing is left to do.

        It takes one transaction: a person may have stopped the job or raised its budget since.
        """
        job = self.store.lock_job(self.job.id)
        unchanged = job.state is JobState.RUNNING and job.spec.budget == budget
        if unchanged and self._idle(late):
            self.store.set_state(job.id, JobState.FINISHED)
            return True
        return False

    def _idle(self, late: bool) -> bool:
        """Whether nothing runs and nothing will: out of hours, queued trials wait for more."""
        counts = self.store.counts(self.job.id)
        return (late or not counts[TrialState.QUEUED]) and not counts[TrialState.RUNNING]

    def _replenish(self, budget: BudgetSpec) -> bool:
        """See `Replenisher.replenish`."""
        try:
            return self._queue.replenish(budget)
        except (NotFoundError, StoreUnavailable, StoreDamaged):
            raise
        except ANYTHING as error:  # as any worker would find: the job waits for a person
            self._stop(error)
            raise

    def _stop(self, error: BaseException) -> None:
        own = isinstance(error, PeftsearchError)
        told = str(error) if own else f"{type(error).__name__}: {error}"

        def stop() -> None:
            job = self.store.lock_job(self.job.id)
            if job.state is JobState.RUNNING:
                self.store.set_state(job.id, JobState.STOPPED, one_line(told))

        self.store.together(stop)

    def _describe(self, spec: JobSpec) -> JobSpec:
        """The spec with its head and its workload, which the first worker that proposes writes
        down.

        Raises:
            CostError: With them, nothing that a search would begin with is within the bounds.
        """
        if spec.anatomy.head is None or spec.anatomy.workload is None:
            spec = self.store.describe(self.job.id, self.runner.describe()).spec
            check_bounds(make_space(spec))
        return spec

    def _work(self, trial: Trial) -> None:
        self.monitor.claimed(trial)
        with contextlib.suppress(StoreUnavailable):  # then as many as before
            torch.set_num_threads(count_shared_threads(self.store, self.name, self._most_threads))
        rung = Rung.of(self.root, self.job, trial, self._beat)
        self.store.rest()
        try:
            if self._record(self._train(trial, rung)):
                rung.remove()  # else it may be another worker's by now
        except Cancelled:
            self.store.give_back(trial.id, trial.attempt, self.name)
        except (KeyboardInterrupt, MachineFault):
            with contextlib.suppress(StoreUnavailable):  # then its lease runs out
                self.store.give_back(trial.id, trial.attempt, self.name)
            raise
        except NotFoundError:
            if self._folder.is_removed():
                rung.remove()
                self._folder.clear(self.root / adapter_name(self.job, trial))
            raise
        finally:
            self.monitor.claimed(None)

    def _train(self, trial: Trial, rung: Rung) -> Result:
        try:
            # A repeat tells how noisy a configuration is: its bad seeds count too.
            watched = trial.origin != "repeat"
            asked = trial.configuration, trial.seed, self.monitor.step
            outcome = self.runner.evaluate(*asked, watched=watched, keeper=rung)
            adapter, sha256 = self._save(trial, outcome)
        except (Cancelled, MachineFault):
            raise
        except ANYTHING as error:
            if reason := machine_reason(error):
                raise MachineFault("train", reason, self.job.name) from error
            failure = classify(error)
            end = Result(self.job.uid, trial.id, trial.attempt, {}, {}, claimed=trial.claimed)
            return replace(end, failure=failure.kind.value, message=failure.message)
        return Result(
            self.job.uid,
            trial.id,
            trial.attempt,
            {**outcome.measurements, **trial.measurements},  # its costs are those it was chosen by
            outcome.provenance,
            adapter,
            sha256,
            curve=outcome.curve,
            claimed=trial.claimed,
        )

    def _save(self, trial: Trial, outcome: Outcome) -> tuple[str | None, str | None]:
        """What names the adapter, and its hash; nothing where there is none.

        Whatever the system says against writing there, it says it to the next trial too."""
        if not outcome.kept:
            return None, None
        keeper = Keeper(self.root, self.job, self._beat)
        try:
            return keeper.keep(trial, outcome.tensors, outcome.provenance)
        except Exception as error:
            if self._is_over(trial):  # another worker has it, and swept up what this one began
                raise Cancelled from error
            told = error.got if isinstance(error, ArtefactsAway) else None
            if reason := told or system_reason(error):
                doing = f"write an adapter to {keeper.where}"
                raise MachineFault(doing, reason, self.job.name) from error
            raise

    def _beat(self) -> None:
        self.monitor.step(*AWAITING_STORE)

    def _is_over(self, trial: Trial) -> bool:
        """Whether this attempt is no longer the trial's; no, as far as is known."""
        with contextlib.suppress(StoreUnavailable):
            return self.store.trial(self.job.id, trial.number).attempt != trial.attempt
        return False

    def _record(self, result: Result) -> bool:
        """Record, or keep as a file and go on; the next turn sends it again. False where it comes
        too late to count.

        Raises:
            NotFoundError: The job is gone; where nobody deleted it, the result is kept.
        """
        try:
            self._look()
            return result.record(self.store)
        except StoreUnavailable:
            self._keep(result)
        except NotFoundError:  # of a database that lost it, or that was restored to before it was
            if not self._folder.is_removed():
                self._keep(result)
            self._look()
        except StoreFault:
            self._keep(result)
            raise
        return True

    def _keep(self, result: Result) -> None:
        try:
            spool(self.root, self.job, result)
        except OSError as error:
            doing = f"keep a result in {self.root}, which the database did not take"
            reason = error.strerror or str(error)
            raise MachineFault(doing, reason, self.job.name) from error
