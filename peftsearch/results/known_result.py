"""What follows from a job's records at one moment: its front, its floors, a pick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from peftsearch.errors import UserError
from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.records.expectation import Expectation
from peftsearch.records.job import Job
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import Trial
from peftsearch.records.trial_note import TrialNote
from peftsearch.spaces.configurations.configuration import Configuration

from .beliefs.expected import find_belief, find_expected
from .confirmations.tested_reports import (
    OnTest,
)
from .note_taking import read_notes
from .picks.pick import select
from .picks.proposal import find_row
from .picks.rules import ONE_SE, find_rule
from .shown_front import Front
from .standing.ablation import Ablated, find_ablation
from .standing.baselines import Baselines, find_baselines
from .standing.beside import Circle
from .standing.floors import Standing, compare, sort_floors
from .trial_names import is_taken, read_pick
from .views import front_members

if TYPE_CHECKING:
    from peftsearch.search.belief import Belief

    from .beliefs.believed import Believed
    from .confirmations.subject import Subject


@dataclass(frozen=True, repr=False)
class KnownResult:
    """A job's records at one moment.

    Attributes:
        front: Ascending by cost; `front.to_frame()` has all that is known of it.
        root: Folder of the jobs' files.
        preparation: What the job found out before its first trial; None of a job without.
        hours: That the job has used.
        storage: URL of the database that it came from; None where `confirm` has none.
        circle: The jobs beside it, with its baselines and ablations.
        notes: What people wrote on trials, by their numbers.
        tested: What confirmations told of the probabilities of adapters, by the numbers of their
            trials.
        confirmed: What confirmations found of the quality of configurations, by key.
        live: How many workers it had.
        fruitless: Seconds of attempts without a result: interrupted ones, and what runs.
    """

    job: Job
    trials: tuple[Trial, ...]
    front: Front
    root: Path
    preparation: Preparation | None = None
    hours: float = 0.0
    storage: str | None = None
    circle: Circle = Circle()
    notes: Mapping[int, TrialNote] = field(default_factory=dict)
    tested: Mapping[int, Sequence[str]] = field(default_factory=dict)
    confirmed: Mapping[str, OnTest] = field(default_factory=dict)
    live: int = 0
    fruitless: float = 0.0

    @cached_property
    def expected(self) -> Mapping[str, Expectation]:
        """What further trainings of configurations are expected to show, by key: their quality
        without the luck of those that were made. Empty where too little is known."""
        return find_expected(self.belief)

    @cached_property
    def belief(self) -> "Belief | None":
        """What the search's model says of any configuration; None where too little is known."""
        return find_belief(self.job.spec, self.trials, self.preparation)

    @cached_property
    def predicted_front(self) -> "list[Believed] | None":
        """The front that the search's model expects over the job's space, with 95 % intervals, in
        ascending cost; most of it was not trained. None where too little is known, and of a job
        with several costs."""
        from .beliefs.believed import believed_front

        return believed_front(self.belief)

    @cached_property
    def members(self) -> list[Estimate[Trial]]:
        """The front's configurations with all that is known of them."""
        found = self.expected
        return [replace(x, expected=found.get(x.key)) for x in self._members]

    @property
    def floors(self) -> list[Floor]:
        """The job's baselines without adapters, the best first."""
        return sort_floors(self.preparation, self.job.spec)

    @cached_property
    def baselines(self) -> Baselines | None:
        """The front beside a sweep of LoRA, full fine-tuning, and the chosen modules at other
        places; None where `peftsearch baselines` has trained none."""
        trials, members = self.trials, self._members
        return find_baselines(self.job.spec, trials, members, self.preparation, self.circle)

    def find_swept(self) -> Configuration:
        """The best of the LoRA sweep by validation.

        Raises:
            UserError: None of it has a result.
        """
        best = None if self.baselines is None else self.baselines.best
        if best is None or best.found is None:
            hint = f"train them: `peftsearch baselines {self.job.name}`"
            raise UserError("a LoRA sweep that has a result", "none", hint, "sweep")
        return best.found.configuration

    def ablation(self, key: str) -> list[Ablated]:
        """A configuration without each of its parts in turn; none where `peftsearch ablate` has
        not trained them.

        Args:
            key: Of the whole configuration.
        """
        return find_ablation(self.job.spec, self.trials, self.circle, key)

    @property
    def proposed(self) -> str:
        """The pick to begin with: `1se`, or where only others beat the floor by more than noise
        the row of the cheapest of them."""
        row = find_row(self.members, self.job.spec, self.preparation, self.tried)
        return ONE_SE if row is None else f"{row}"

    @property
    def tried(self) -> int:
        """How many configurations have a result."""
        return len(self._estimates)

    @cached_property
    def _members(self) -> list[Estimate[Trial]]:
        return front_members(self.front, self.trials)

    @cached_property
    def _estimates(self) -> list[Estimate[Trial]]:
        """Of all configurations that have a result."""
        return estimate_each(self.trials)

    def trained(self, picked: Estimate[Trial]) -> Estimate[Trial]:
        """All full trainings of a picked configuration; what was picked, where it is none."""
        number = picked.first.number
        return next((x for x in self._estimates if number in x.numbers), picked)

    def standing_of(self, picked: Estimate[Trial]) -> Standing | None:
        """The mean of all its trainings beside the best floor: that the one that goes home was the
        best of them is luck. None of a job without floors."""
        return compare(self.trained(picked), self.job.spec, self.preparation, self.tried)

    def standing(self, pick: str = "best") -> Standing | None:
        """The picked configuration beside the best floor, at the mean of all its trainings, of
        which `trial 17` names one; None of a job without floors.

        Args:
            pick: As `pick` takes it.

        Raises:
            UserError: Nothing fits.
        """
        return self.standing_of(self.pick(pick))

    def pick(self, text: str = ONE_SE) -> Estimate[Trial]:
        """The configuration that `text` means (`peftsearch.results.picks.pick.select`).

        Args:
            text: `1se`, the cheapest within one standard error of the best, `knee`, `best`, a row
                of the front, `trial 17`, what a trial is called by now, or a sentence such as
                `accuracy where size <= 200 KB`.

        Raises:
            UserError: Nothing fits.
        """
        expected = self.expected if find_rule(text) == ONE_SE else None
        meant = read_pick(text, self._find_names(text).values())
        return select(meant, self.job.spec, self.front, self.trials, expected)

    def _find_names(self, text: str) -> Mapping[int, TrialNote]:
        """As trials are called now: they may have been named since these records were read."""
        if is_taken(text):
            return self.notes
        return read_notes(self.storage, self.job, self.notes)

    def subject(self, pick: str | None) -> "Subject":
        """What a confirmation is of, with the records that tell what it takes.

        Args:
            pick: As `pick` takes it; None for the whole front.

        Raises:
            UserError: Nothing fits, or the front is empty.
        """
        from .confirmations.subject import Subject

        chosen = self.members if pick is None else [self.pick(pick)]
        members = tuple(x.configuration for x in chosen)
        return Subject(self.job, members, self.trials, self.preparation, front=pick is None)
