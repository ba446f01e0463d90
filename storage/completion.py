"""The end of a trial, its measurements and the front's change: one transaction each.

It begins by raising the job's event. That locks the job's row, so that events are in the order of
the commits and a completion sees all those before it when it computes the front.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select, true

from peftsearch.errors import NotFoundError, StaleLeaseError, UserError
from peftsearch.records.trial import PROPOSED, TRAINING_LOSS, FailureKind, TrialState
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.stored import parse_stored

from .clock import now
from .front import update_front
from .rows import add_values, check_finite, to_plain, to_text
from .schema import jobs, measurements, trials
from .session import Session, write_once
from .wholeness import check_whole


class Completion(Session):
    """How trials end."""

    @write_once
    def complete(
        self,
        trial_id: int,
        attempt: int,
        measurements: Mapping[str, float],
        provenance: Mapping[str, Any],
        adapter: str | None,
        curve: Mapping[float, float] = MappingProxyType({}),
        adapter_sha256: str | None = None,
        claimed: float | None = None,
    ) -> int:
        """Record a result and the front's change, even if late; the job's new event.

        Args:
            adapter: The folder of the trained adapter, relative to that of the jobs' files, or a
                URL below which it is kept (`workers.artefacts`).
            curve: Training loss by share of the trial's training, between 0 and 1; recorded as
                measurements named `TRAINING_LOSS`.
            adapter_sha256: Hash of the adapter's tensors, by which its files are known again.
            claimed: When the trial was claimed, as `claim` told it. A database that was restored
                gives numbers, attempts and perhaps ids again, and this moment never; None asks
                for the attempt alone.

        Raises:
            NotFoundError: No trial has that id.
            StaleLeaseError: The trial was claimed again, or at another moment, or has ended.
            TypeError: The provenance is no plain data.
            UserError: An objective of the front, or what a bound is on, was not measured.
            ValueError: A measurement, or a number of the provenance or the curve, is not finite,
                or a share of the curve is not between 0 and 1.
        """
        check_finite(measurements)
        _check_curve(curve)
        connection = self._connection
        job_id, event, spec = _raise_event(connection, trial_id)
        changes = {
            "provenance": to_plain(provenance) | _proposed(connection, trial_id),
            "adapter": adapter,
            "adapter_sha256": adapter_sha256,
        }
        held = trial_id, attempt, claimed
        key, fidelity = _end(connection, *held, event, TrialState.COMPLETED, changes)
        add_values(connection, trial_id, fidelity, measurements)
        _add_curve(connection, trial_id, fidelity, curve)
        _check_objectives(connection, trial_id, fidelity, spec)
        if fidelity == 1.0:
            update_front(connection, job_id, spec, event, key)
        return event

    @write_once
    def fail(
        self,
        trial_id: int,
        attempt: int,
        kind: FailureKind,
        message: str,
        claimed: float | None = None,
    ) -> int:
        """Record why a trial failed; the job's new event.

        Args:
            claimed: As of `complete`.

        Raises:
            NotFoundError: No trial has that id.
            StaleLeaseError: As `complete`.
        """
        _, event, _ = _raise_event(self._connection, trial_id)
        changes = {"failure": kind, "message": to_text(message)}
        held = trial_id, attempt, claimed
        _end(self._connection, *held, event, TrialState.FAILED, changes)
        return event


def _raise_event(connection: Connection, trial_id: int) -> tuple[int, int, JobSpec]:
    check_whole(connection)
    owner = select(trials.c.job_id).where(trials.c.id == trial_id).scalar_subquery()
    raised = jobs.update().where(jobs.c.id == owner).values(event=jobs.c.event + 1)
    row = connection.execute(raised.returning(jobs.c.id, jobs.c.event, jobs.c.spec)).one_or_none()
    if row is None:
        raise NotFoundError("a trial of this database", f"id {trial_id}", "check the id")
    return row.id, row.event, parse_stored(row.spec)


def _end(
    connection: Connection,
    trial_id: int,
    attempt: int,
    claimed: float | None,
    event: int,
    state: TrialState,
    changes: Mapping[str, Any],
) -> tuple[str, float]:
    open_states = (TrialState.QUEUED, TrialState.RUNNING)
    current = trials.update().where(
        trials.c.id == trial_id,
        trials.c.attempt == attempt,
        trials.c.attempt > 0,
        trials.c.state.in_(open_states),
        true() if claimed is None else trials.c.claimed_at == claimed,
    )
    ended = current.values(state=state, ended_at=now(), ended_event=event, **changes)
    row = connection.execute(ended.returning(trials.c.key, trials.c.fidelity)).one_or_none()
    if row is None:
        raise StaleLeaseError(_explain(connection, trial_id, attempt))
    return row.key, row.fidelity


def _explain(connection: Connection, trial_id: int, attempt: int) -> str:
    query = select(trials.c.number, trials.c.attempt, trials.c.state).where(
        trials.c.id == trial_id
    )
    number, current, state = connection.execute(query).one()
    told = f"attempt {attempt} may not end trial {number}: it is {state} in attempt {current}"
    open_still = state in (TrialState.QUEUED, TrialState.RUNNING)
    return f"{told}, claimed at another moment" if open_still and current == attempt else told


def _check_curve(curve: Mapping[float, float]) -> None:
    check_finite({f"{TRAINING_LOSS} at {share}": loss for share, loss in curve.items()})
    # At 1 it would be taken for an objective of the trial.
    if wrong := [share for share in curve if not 0 < share < 1]:
        raise ValueError(f"expected shares of the training between 0 and 1; got {wrong}")


def _add_curve(
    connection: Connection, trial_id: int, fidelity: float, curve: Mapping[float, float]
) -> None:
    row = {"trial_id": trial_id, "name": TRAINING_LOSS}
    points = [
        row | {"fidelity": share * fidelity, "value": float(loss)} for share, loss in curve.items()
    ]
    if points:
        connection.execute(measurements.insert(), points)


def _proposed(connection: Connection, trial_id: int) -> dict[str, Any]:
    """What a trial's provenance has said since it was proposed."""
    query = select(trials.c.provenance).where(trials.c.id == trial_id)
    said = connection.execute(query).scalar_one()
    return {name: x for name, x in said.items() if name == PROPOSED}


def _check_objectives(
    connection: Connection, trial_id: int, fidelity: float, spec: JobSpec
) -> None:
    query = select(measurements.c.name).where(
        measurements.c.trial_id == trial_id, measurements.c.fidelity == fidelity
    )
    names = set(connection.scalars(query))
    for name in (*spec.goals, *spec.measured):
        if name not in names:
            raise UserError(
                f"a measurement of {name}",
                f"only {', '.join(sorted(names)) or 'none'}",
                "return it from the training function",
            )
