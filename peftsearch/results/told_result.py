"""What is said of a job's records: how it ended, what beats what, what to try next."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial, TrialState
from peftsearch.search.no_gain import expects_no_gain, tell_no_gain
from peftsearch.workers.processes.liveness import tell_state

from .beliefs.hidden import tell_hidden
from .confirmations.tested_reports import (
    tell_moved,
    tell_tested,
)
from .known_result import KnownResult
from .picks.proposal import tell_caveat, tell_proposal
from .result_text import tell_counts
from .standing.baseline_words import baselines_json, tell_baselines, tell_beside
from .standing.endings import tell_ending
from .standing.floor_words import tell_apart, tell_floors, tell_nothing_beats
from .standing.floors import find_best
from .views import budget_text

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, repr=False)
class ToldResult(KnownResult):
    """A job's records in sentences."""

    @property
    def state(self) -> str:
        """The job's: of one that runs with nobody who works on it, that it waits or is spent."""
        counts = self._counts
        ended = counts[TrialState.COMPLETED] + counts[TrialState.FAILED]
        spent = self.job.spec.budget.is_spent(ended, self.hours)
        return tell_state(self.job.state, self.live, spent)

    @property
    def _counts(self) -> Counter[TrialState]:
        return Counter(trial.state for trial in self.trials)

    @property
    def summary(self) -> str:
        """How many trials there are, and which limit ended the job, or its budget."""
        if self.ending is None:
            return f"{tell_counts(self.trials)}, budget {budget_text(self.job.spec)}"
        return f"{tell_counts(self.trials)}; {self.ending}"

    @property
    def ending(self) -> str | None:
        """Which of its limits ended the job; None while it runs."""
        known = self.hours, lambda: self.trials, self.preparation
        return tell_ending(self.job, self._counts, *known)

    @property
    def floor_lines(self) -> list[str]:
        """The same as lines, and what the probe among the trials is beside them."""
        preparation, spec = self.preparation, self.job.spec
        return [*tell_floors(preparation, spec), *tell_apart(preparation, spec)]

    @property
    def beside(self) -> list[str]:
        """How the front stands beside the baselines, in sentences, or how they are had; of a job
        that stands beside another, that it does."""
        if self.circle.parent is not None:
            return [tell_beside(self.circle.parent)]
        return tell_baselines(self.baselines, self.job.name)

    @property
    def beside_data(self) -> dict[str, Any]:
        """The same as plain data, with the numbers."""
        return baselines_json(self.baselines, self.job.name, self.circle.parent)

    @property
    def warnings(self) -> list[str]:
        """That nothing on the front beats the floor by more than noise, and what to try, or that
        what is proposed does not; what luck keeps off the front; that the confirmation is of
        another configuration; that the model expects no gain from more trials; nothing where none
        of it is so."""
        return self._warn(self._beaten)

    def warnings_beside(self, picked: Estimate[Trial]) -> list[str]:
        """The same beside a pick of which it is told how it stands."""
        return self._warn(self._beaten_beside(picked))

    def _warn(self, beaten: list[str]) -> list[str]:
        spec = self.job.spec
        proposal = tell_proposal(self.members, spec, self.preparation, self.tried)
        hidden = tell_hidden(self._members, self._estimates, self.expected, spec)
        return [
            *beaten,
            *proposal,
            *hidden,
            *self._moved,
            *tell_no_gain(spec, self.trials, self.preparation),
        ]

    @property
    def _moved(self) -> list[str]:
        """That the test rows know another configuration than what is proposed by now."""
        if not (self.confirmed and self.members):
            return []
        return self._tell_moved(self.pick(self.proposed), "proposed")

    def doubts(self, picked: Estimate[Trial]) -> list[str]:
        """The warnings beside a pick of which it is told how it stands: without that of what is
        proposed, and without how the best stands where it is the best."""
        return [
            *self._beaten_beside(picked),
            *tell_no_gain(self.job.spec, self.trials, self.preparation),
        ]

    @property
    def lead(self) -> str:
        """How a line begins that offers the proposed pick, below what stands beside the floor:
        where nothing beats that, what follows from it first."""
        caveat = tell_caveat(self._members, self.job.spec, self.preparation, self.tried)
        return "next: " if caveat is None else "next: the floor needs no adapter; all the same: "

    def _beaten_beside(self, picked: Estimate[Trial]) -> list[str]:
        """Without how the best stands where it is what was picked."""
        beaten, best = self._beaten, find_best(self._members, self.job.spec)
        told = best is not None and best.key == picked.key
        return beaten[1 if told else 0 :]

    @property
    def _beaten(self) -> list[str]:
        spec, members = self.job.spec, self._members
        hopeful = not expects_no_gain(self.trials)
        return tell_nothing_beats(members, self._estimates, spec, self.preparation, hopeful)

    def tell_tested(self, picked: Estimate[Trial]) -> list[str]:
        """What the test rows said of a pick, or that they said it of others alone; nothing of a
        job that was not confirmed."""
        found = self.confirmed.get(picked.key)
        if found is not None:
            return tell_tested(found, self.job.spec)
        return self._tell_moved(picked, "picked")

    def _tell_moved(self, picked: Estimate[Trial], how: str) -> list[str]:
        trained, spec = self.trained(picked), self.job.spec
        return tell_moved(self.confirmed, self._estimates, trained, spec, how)
