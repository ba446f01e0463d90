"""Who may propose, and how proposals become queued trials.

The suggestion lease keeps two workers from proposing at once; its holder renews it while it
computes. Each holder gets a higher token (Kleppmann's fencing token), and an insert with a token
that is not the newest is refused: a holder that stalled past its lease cannot add a batch that
knows nothing of its successor's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from peftsearch.errors import StaleLeaseError
from peftsearch.records.job import JobState
from peftsearch.records.trial import PROPOSED, Proposal, Trial, TrialState

from .budget import Budgets
from .clock import has_run_out, now
from .identities import fresh_id
from .rows import add_values, check_finite, get_job, get_trials
from .schema import jobs, trials
from .session import write

Costs = Mapping[str, float]


class Suggestions(Budgets):
    """The way of proposals into a job."""

    @write
    def take_suggestion_lease(self, job_id: int, worker: str, seconds: float) -> int | None:
        """A fencing token, higher than all before; None while another worker holds the lease."""
        free = or_(
            jobs.c.suggestion_worker.is_(None),
            jobs.c.suggestion_worker == worker,
            has_run_out(jobs.c.suggestion_until),
        )
        statement = jobs.update().where(jobs.c.id == job_id, free)
        taken = statement.values(
            suggestion_token=jobs.c.suggestion_token + 1,
            suggestion_worker=worker,
            suggestion_until=now() + seconds,
        )
        return self._connection.execute(taken.returning(jobs.c.suggestion_token)).scalar()

    @write
    def renew_suggestion_lease(self, job_id: int, token: int, seconds: float) -> bool:
        """Whether the token is still the newest; if so its lease lasts `seconds` from now."""
        mine = jobs.update().where(
            jobs.c.id == job_id,
            jobs.c.suggestion_token == token,
            jobs.c.suggestion_worker.is_not(None),
        )
        renewed = mine.values(suggestion_until=now() + seconds)
        return self._connection.execute(renewed).rowcount == 1

    @write
    def release_suggestion_lease(self, job_id: int, token: int) -> None:
        """Let others propose; nothing happens if the lease is already another's."""
        mine = jobs.update().where(jobs.c.id == job_id, jobs.c.suggestion_token == token)
        self._connection.execute(mine.values(suggestion_worker=None, suggestion_until=None))

    @write
    def insert(
        self,
        job_id: int,
        token: int,
        proposals: Sequence[Proposal],
        costs: Sequence[Costs],
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
        for values in costs:
            check_finite(values)
        pairs = list(zip(proposals, costs, strict=True))
        # The job's row stays locked, so that no other insert counts or numbers meanwhile.
        job = get_job(self._connection, job_id, lock=True)
        _check_token(self._connection, job_id, token)
        if job.state is not JobState.RUNNING:
            return []
        left = self.remaining_trials(job_id, job.spec.budget)
        first = self.next_number(job_id)
        new = _keep_new(self._connection, job_id, pairs)[:left]
        for number, (proposal, values) in enumerate(new, first):
            trial_id = _insert_one(self._connection, job_id, number, proposal)
            add_values(self._connection, trial_id, proposal.fidelity, values)
        mine = trials.c.job_id == job_id
        return get_trials(self._connection, mine & (trials.c.number >= first))


def _check_token(connection: Connection, job_id: int, token: int) -> None:
    lease = select(jobs.c.suggestion_token, jobs.c.suggestion_worker).where(jobs.c.id == job_id)
    newest, worker = connection.execute(lease).one()
    if token != newest or worker is None:
        held = f"{worker} holds {newest}" if worker else f"{newest} was released"
        raise StaleLeaseError(f"token {token} may no longer propose: {held}")


def _keep_new(
    connection: Connection, job_id: int, pairs: list[tuple[Proposal, Costs]]
) -> list[tuple[Proposal, Costs]]:
    proposed = {proposal.configuration.key for proposal, _ in pairs}
    mine = and_(trials.c.job_id == job_id, trials.c.key.in_(proposed))
    known = select(trials.c.key, trials.c.seed).where(mine)
    seen = {(key, seed) for key, seed in connection.execute(known)}
    kept = []
    for proposal, values in pairs:
        identity = proposal.configuration.key, proposal.seed
        if identity not in seen:
            seen.add(identity)
            kept.append((proposal, values))
    return kept


def _tell_reasons(proposal: Proposal) -> dict[str, Any]:
    return {} if proposal.reasons is None else {PROPOSED: asdict(proposal.reasons)}


def _insert_one(connection: Connection, job_id: int, number: int, proposal: Proposal) -> int:
    statement = trials.insert().values(
        job_id=job_id,
        number=number,
        key=proposal.configuration.key,
        seed=proposal.seed,
        configuration=proposal.configuration.to_json(),
        origin=proposal.origin,
        fidelity=proposal.fidelity,
        state=TrialState.QUEUED,
        attempt=0,
        provenance=_tell_reasons(proposal),
        **fresh_id(connection, trials),
    )
    trial_id: int = connection.execute(statement.returning(trials.c.id)).scalar_one()
    return trial_id
