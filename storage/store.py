"""`Store`: everything that the service keeps, over one connection to one database.

**Threads and processes.** A store owns one connection and is not thread-safe: open one for each
worker, thread and process, and never carry one across a fork.

**Atomicity.** Each method is one transaction. If the connection breaks before its commit, the
method is run once more over a new one; if that fails too, or the commit itself breaks where
repeating could record twice (`create_job`, `complete`, `fail`, `save_report`) or find nothing any
more (`delete_job`), it raises StoreUnavailable and may be called again later. A trial whose
`complete` was recorded although its commit broke then answers StaleLeaseError: the result is
there, once.

**Records.** What is returned is immutable and is not changed by later writes.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy.exc import IntegrityError

from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import FailureKind, Proposal, Trial
from peftsearch.spaces.jobspec.spec import JobSpec

from . import (
    catalogue,
    completion,
    deletion,
    leases,
    registry,
    suggestions,
)
from .reader import Reader
from .transactions import write


class Store(Reader):
    """See the module's docstring for threads, lost connections and records.

    Every method raises StoreUnavailable where the database does not answer.
    """

    def create_job(self, spec: JobSpec) -> Job:
        """A new running job without trials.

        Raises:
            UserError: A job of that name exists.
        """
        try:
            return write(
                self._connection, lambda c: catalogue.create_job(c, spec), repeatable=False
            )
        except IntegrityError as error:
            raise catalogue.name_taken(spec.name) from error

    def set_state(self, job_id: int, state: JobState) -> None:
        """Start, finish or stop a job. Only a RUNNING job takes proposals or hands out trials.

        Raises:
            NotFoundError: No job has that id.
        """
        write(self._connection, lambda c: catalogue.set_state(c, job_id, state))

    def change_budget(self, job_id: int, spec: JobSpec) -> Job:
        """Replace the job's spec, of which only the budget may differ, and let the job run.

        Raises:
            NotFoundError: No job has that id.
            UserError: The spec differs by more than its budget.
        """
        return write(self._connection, lambda c: catalogue.change_budget(c, job_id, spec))

    def delete_job(self, job_id: int) -> None:
        """Delete a job with its trials, front, workers and reports.

        What its workers do afterwards is refused: they find neither job nor trial. The files of
        its adapters stay.

        Raises:
            NotFoundError: No job has that id.
        """
        write(self._connection, lambda c: deletion.delete_job(c, job_id), repeatable=False)

    def take_suggestion_lease(self, job_id: int, worker: str, seconds: float) -> int | None:
        """A fencing token, higher than all before; None while another worker holds the lease."""
        return write(
            self._connection, lambda c: suggestions.take_lease(c, job_id, worker, seconds)
        )

    def release_suggestion_lease(self, job_id: int, token: int) -> None:
        """Let others propose; nothing happens if the lease is already another's."""
        write(self._connection, lambda c: suggestions.release_lease(c, job_id, token))

    def insert(
        self,
        job_id: int,
        token: int,
        proposals: Sequence[Proposal],
        costs: Sequence[Mapping[str, float]],
    ) -> list[Trial]:
        """Queue proposals, numbered in their order, at most what the budget leaves.

        A proposal whose (key, seed) the job has already is skipped, and does not use the budget.

        Args:
            proposals: `q` proposals.
            costs: `q` known costs, each by objective name; recorded as measurements.

        Returns:
            The new trials; none once the budget is spent or where the job is not RUNNING.

        Raises:
            NotFoundError: No job has that id.
            StaleLeaseError: The token is not the newest, or was released.
            ValueError: A cost is not finite, or the lengths differ.
        """
        return write(
            self._connection,
            lambda c: suggestions.insert(c, job_id, token, proposals, costs),
        )

    def claim(self, job_id: int, worker: str, seconds: float) -> Trial | None:
        """Take the queued trial of the lowest number and raise its attempt.

        Args:
            seconds: Length of the lease; renew it before it runs out.

        Returns:
            The trial, now RUNNING; None if none is queued or the job is not RUNNING.
        """
        return write(self._connection, lambda c: leases.claim(c, job_id, worker, seconds))

    def renew(self, trial_id: int, attempt: int, seconds: float) -> bool:
        """Whether the attempt is still current; if so its lease lasts `seconds` from now.

        A trial that was requeued after its lease ran out is taken back if nobody claimed it.
        """
        return write(self._connection, lambda c: leases.renew(c, trial_id, attempt, seconds))

    def give_back(self, trial_id: int, attempt: int) -> None:
        """Queue a running trial again; nothing happens if the attempt no longer runs."""
        write(self._connection, lambda c: leases.give_back(c, trial_id, attempt))

    def requeue_expired(self, job_id: int, max_attempts: int = 3) -> list[int]:
        """Queue the running trials whose lease ran out; their numbers.

        One that already had `max_attempts` fails as LOST_WORKER instead and is not returned.
        """
        return write(self._connection, lambda c: leases.requeue_expired(c, job_id, max_attempts))

    def complete(
        self,
        trial_id: int,
        attempt: int,
        measurements: Mapping[str, float],
        provenance: Mapping[str, Any],
        adapter: str | None,
        curve: Mapping[float, float] = MappingProxyType({}),
    ) -> int:
        """Record a result and the front's change, even if late; the job's new event.

        Args:
            curve: Training loss by share of the trial's training, between 0 and 1; recorded as
                measurements named `TRAINING_LOSS`.

        Raises:
            NotFoundError: No trial has that id.
            StaleLeaseError: The trial was claimed again or has ended.
            TypeError: The provenance is no plain data.
            UserError: The task's quality or the front's cost was not measured.
            ValueError: A measurement, or a number of the provenance or the curve, is not finite.
        """
        return write(
            self._connection,
            lambda c: completion.complete(
                c, trial_id, attempt, measurements, provenance, adapter, curve
            ),
            repeatable=False,
        )

    def fail(self, trial_id: int, attempt: int, kind: FailureKind, message: str) -> int:
        """Record why a trial failed; the job's new event.

        Raises:
            NotFoundError: No trial has that id.
            StaleLeaseError: The trial was claimed again or has ended.
        """
        return write(
            self._connection,
            lambda c: completion.fail(c, trial_id, attempt, kind, message),
            repeatable=False,
        )

    def register_worker(self, job_id: int, name: str, host: str, pid: int, device: str) -> None:
        """Announce a worker; one of the same name is replaced.

        Raises:
            NotFoundError: No job has that id.
        """
        write(
            self._connection,
            lambda c: registry.register_worker(c, job_id, name, host, pid, device),
        )

    def heartbeat(
        self, name: str, steps_done: int | None = None, steps_total: int | None = None
    ) -> None:
        """Note that the worker lives, and how far the trial is that it holds; None if it rests.

        Raises:
            NotFoundError: It never registered, or its job was deleted.
        """
        write(self._connection, lambda c: registry.heartbeat(c, name, steps_done, steps_total))

    def save_report(self, job_id: int, kind: str, content: Mapping[str, Any]) -> None:
        """Keep a report beside the job; earlier ones of its kind stay.

        Raises:
            NotFoundError: No job has that id.
            TypeError: The content is no plain data.
            ValueError: It holds a number that is not finite.
        """
        write(
            self._connection,
            lambda c: registry.save_report(c, job_id, kind, content),
            repeatable=False,
        )
