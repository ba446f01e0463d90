"""A job's records as they stand, and what can be had of them: a pick, an export."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.records.expectation import Expectation
from peftsearch.records.job import Job
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.records.trial import Trial
from peftsearch.records.trial_note import TrialNote, by_trial
from peftsearch.search.no_gain import tell_no_gain
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.storage.store import Store

from .beliefs.expected import find_belief, find_expected
from .beliefs.hidden import tell_hidden
from .by_now import by_now
from .confirmations.tested_reports import (
    CONFIRM,
    FRONT,
    OnTest,
    find_tested,
    read_tested,
    tell_moved,
    tell_tested,
)
from .frames import frame_trials
from .note_taking import read_notes
from .picks.pick import select, size_limit
from .picks.proposal import find_row, tell_caveat, tell_proposal
from .picks.rules import ONE_SE, find_rule
from .result_text import tell_begin, tell_counts, tell_failed, tell_result
from .shown_front import Front
from .standing.ablation import Ablated, find_ablation
from .standing.baseline_words import baselines_json, tell_baselines, tell_beside
from .standing.baselines import Baselines, find_baselines
from .standing.beside import Circle, read_circle
from .standing.endings import tell_ending
from .standing.floor_words import tell_apart, tell_floors, tell_nothing_beats
from .standing.floors import Standing, compare, find_best, sort_floors
from .trial_names import is_taken, read_pick
from .views import budget_text, front_members
from .wording import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from peftsearch.search.belief import Belief

    from .beliefs.believed import Believed
    from .beliefs.slice_rows import Pair, Slices
    from .calibrations.wishes import Wish
    from .confirmations.confirmed import Confirmed
    from .confirmations.confirming import Wanted
    from .confirmations.subject import Subject
    from .exports.export_report import ExportReport


@dataclass(frozen=True, repr=False)
class SearchResult:
    """A job's records at one moment. Printed, it is its front, its floors and what can be done; in
    a notebook the same with a picture.

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

    def __repr__(self) -> str:
        known = f"{plural(len(self.trials), 'trial')}, {len(self.front)} on the front"
        parent = self.circle.parent
        beside = "" if parent is None else f" beside the job {parent!r}"
        return f"<SearchResult of job {self.job.name!r}{beside}, {self.job.state.value}: {known}>"

    def __str__(self) -> str:
        told = [*self.floor_lines, *self.warnings]
        told += self.beside
        told += [f"{self.job.state.value}: {self.summary}"]
        lead, proposed = self.lead, self.proposed
        return tell_result(self.job.spec, self.members, told, lead, proposed, self.notes)

    def _repr_html_(self) -> str:
        from .html_result import show_result

        spec, members = self.job.spec, self.members
        told = [f"{self.job.state.value}: {self.summary}"]
        if members:
            picked = self.pick(self.proposed)
            told += tell_begin(members, picked, self.proposed, spec, self.standing(self.proposed))
        below = [*self.floor_lines, *self.warnings, *self.beside, *tell_failed(self.trials)]
        return show_result(members, self.trials, spec, self.floors, told, below, self.notes)

    def to_frame(self) -> "DataFrame":
        """The trials as a `pandas.DataFrame`, a row for each by its number: measurements by
        objective, `state`, `origin`, `seed`, `failure` and `message`, `name` and `note`,
        `description`."""
        return frame_trials(self.trials, self.job.spec, self.notes)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The front as `front --picture` draws it.

        Args:
            ax: Axes of `matplotlib` to draw into; None makes a figure of `pyplot`.

        Returns:
            The axes; of more than two objectives the first panel's of its figure.

        Raises:
            UserError: The front is empty, or has more objectives than one panel shows.
        """
        from .pictures.plotting import plot_result

        return plot_result(self.members, self.trials, self.job.spec, self.floors, ax)

    @property
    def summary(self) -> str:
        """How many trials there are, and which limit ended the job, or its budget."""
        if self.ending is None:
            return f"{tell_counts(self.trials)}, budget {budget_text(self.job.spec)}"
        return f"{tell_counts(self.trials)}; {self.ending}"

    @property
    def ending(self) -> str | None:
        """Which of its limits ended the job; None while it runs."""
        counts = Counter(trial.state for trial in self.trials)
        return tell_ending(self.job, counts, self.hours, lambda: self.trials, self.preparation)

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

    def slices(self, pick: str = "best") -> "Slices | None":
        """What each parameter of a configuration does to its quality, as the search's model has
        it, with 95 % intervals; as plain data. None where too little is known.

        Args:
            pick: As `pick` takes it.

        Raises:
            UserError: Nothing fits.
        """
        from .beliefs.slices import slice_all

        picked = self.pick(pick).configuration
        return None if self.belief is None else slice_all(self.belief, picked)

    def pair(self, x: str, y: str, pick: str = "best") -> "Pair | None":
        """Two parameters of a configuration changed together, as `slices` has one.

        Args:
            x: Name of a slice.
            y: Name of another.
            pick: As `pick` takes it.

        Raises:
            UserError: Nothing fits, or there are no such slices.
        """
        from .beliefs.slices import cross_two

        picked = self.pick(pick).configuration
        return None if self.belief is None else cross_two(self.belief, picked, x, y)

    @cached_property
    def members(self) -> list[Estimate[Trial]]:
        """The front's configurations with all that is known of them."""
        found = self.expected
        return [replace(x, expected=found.get(x.key)) for x in self._members]

    @property
    def floors(self) -> list[Floor]:
        """The job's baselines without adapters, the best first."""
        return sort_floors(self.preparation, self.job.spec)

    @property
    def floor_lines(self) -> list[str]:
        """The same as lines, and what the probe among the trials is beside them."""
        preparation, spec = self.preparation, self.job.spec
        return [*tell_floors(preparation, spec), *tell_apart(preparation, spec)]

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
        spec = self.job.spec
        proposal = tell_proposal(self.members, spec, self.preparation, self.tried)
        hidden = tell_hidden(self._members, self._estimates, self.expected, spec)
        return [
            *self._beaten,
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
        beaten, best = self._beaten, find_best(self._members, self.job.spec)
        told = best is not None and best.key == picked.key
        return [
            *beaten[1 if told else 0 :],
            *tell_no_gain(self.job.spec, self.trials, self.preparation),
        ]

    @property
    def proposed(self) -> str:
        """The pick to begin with: `1se`, or where only others beat the floor by more than noise
        the row of the cheapest of them."""
        row = find_row(self.members, self.job.spec, self.preparation, self.tried)
        return ONE_SE if row is None else f"{row}"

    @property
    def lead(self) -> str:
        """How a line begins that offers the proposed pick: that nothing beats the floor first."""
        caveat = tell_caveat(self._members, self.job.spec, self.preparation, self.tried)
        return "next: " if caveat is None else f"next: {caveat}; all the same: "

    @property
    def tried(self) -> int:
        """How many configurations have a result."""
        return len(self._estimates)

    @cached_property
    def _members(self) -> list[Estimate[Trial]]:
        return front_members(self.front, self.trials)

    @property
    def _beaten(self) -> list[str]:
        spec, members = self.job.spec, self._members
        return tell_nothing_beats(members, self._estimates, spec, self.preparation)

    @cached_property
    def _estimates(self) -> list[Estimate[Trial]]:
        """Of all configurations that have a result."""
        return estimate_each(self.trials)

    def trained(self, picked: Estimate[Trial]) -> Estimate[Trial]:
        """All full trainings of a picked configuration; what was picked, where it is none."""
        number = picked.first.number
        return next((x for x in self._estimates if number in x.numbers), picked)

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

    def export(
        self,
        out: str | Path,
        pick: str = ONE_SE,
        form: str = "auto",
        precision: float | None = None,
        temperature: bool = False,
    ) -> "ExportReport":
        """Write the picked adapter to a folder and check it by loading it again. Its card tells
        what confirmations have found by now.

        Args:
            out: A folder that is empty or does not exist.
            pick: As `pick` takes it.
            form: `peft`, `adapter`, `merged`, or `auto`: the one that ships.
            precision: Of classes, for which thresholds are chosen.
            temperature: Whether probabilities of the card's program are calibrated.

        Raises:
            UserError: Nothing fits, the folder is not empty, or the task has no classes.
        """
        from .calibrations.wishes import Wish

        limit, wish = size_limit(pick, self.job.spec.task.quality), Wish(precision, temperature)
        return export_picked(self._tested_by_now(), self.pick(pick), Path(out), form, limit, wish)

    def _tested_by_now(self) -> "SearchResult":
        """With the confirmations since these records were read, `confirm`'s own among them."""
        known = self.tested, self.confirmed
        tested, confirmed = by_now(self.storage, self.job, partial(read_tests, self.job), known)
        return replace(self, tested=tested, confirmed=confirmed)

    def confirm(
        self,
        pick: str = ONE_SE,
        device: str = "auto",
        progress: bool = True,
        seeds: int | None = None,
        width: float | None = None,
        precision: float | None = None,
        sweep: bool = False,
    ) -> "Confirmed":
        """Train the picked configuration, the linear probe and a uniform LoRA with fresh seeds
        and score them, and the floors, on the test split, which nothing else reads. What was
        interrupted goes on where it was.

        Args:
            pick: As `pick` takes it.
            device: As `search` takes it.
            progress: Whether a line is printed before each training.
            seeds: Of each that is trained, 3 unless named; with a width the most.
            width: Of the interval of the picked minus tuned LoRA, in the metric's unit: seeds are
                added until it is as narrow.
            precision: Of classes, for which thresholds of the adapter are tried on the test split.
            sweep: Whether the best of the LoRA sweep that `peftsearch baselines` has trained is
                compared with, too.

        Returns:
            Its table when printed, differences with intervals of 95 %, wider where the test rows
            were read before; `to_json()` as plain data.

        Raises:
            NotFoundError: The job was deleted.
            UserError: Nothing fits, there are no test rows, or no baselines.
        """
        from .confirmations.confirming import Wanted
        from .confirmations.plan import Plan

        if self.storage is None:
            expected, got = "a result of a database", "one without"
            raise UserError(expected, got, "reopen it with peftsearch.load")
        with Store.open(self.storage) as store:
            report = print if progress else _say_nothing
            plan = Plan.of(seeds, width, precision)
            wanted = Wanted(device, report, plan, sweep=sweep)
            return self.confirm_in(store, pick, wanted)

    def confirm_in(self, store: Store, pick: str, wanted: "Wanted") -> "Confirmed":
        """As `confirm`, in a store that is open."""
        from .confirmations.confirming import confirm_pick
        from .confirmations.tested_calibration import Kept

        trial = self.pick(pick).best(self.job.spec.task.quality)
        kept = None if trial.adapter is None else Kept(trial, self.root, wanted.plan.precision)
        if wanted.sweep:
            wanted = replace(wanted, plan=replace(wanted.plan, swept=self.find_swept()))
        return confirm_pick(store, self.subject(pick), wanted, kept)

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


def _say_nothing(line: str) -> None:
    """In place of `print`."""


def load_result(store: Store, job: Job, root: Path) -> SearchResult:
    """The records of a job as they stand.

    Raises:
        UserError: Its spec cannot be read here.
    """
    _ = job.spec  # its trials would only say what they lack
    trials, front, preparation, hours, circle, notes, tested = store.at_once(
        lambda: (
            store.trials(job.id),
            store.front(job.id),
            store.preparation(job.id),
            store.used_hours(job.id),
            read_circle(store, job),
            by_trial(store.trial_notes(job.id)),
            read_tests(job, store),
        )
    )
    points = Front.of(front, lambda: result.members, job.spec, notes)
    known = (preparation, hours, store.url, circle, notes, *tested)
    result = SearchResult(job, tuple(trials), points, root, *known)
    return result


def read_tests(job: Job, store: Store) -> tuple[Mapping[int, Sequence[str]], Mapping[str, OnTest]]:
    """What confirmations told of adapters, and what they found of configurations."""
    single, fronts = store.reports(job.id, CONFIRM), store.reports(job.id, FRONT)
    return read_tested(single), find_tested(single, fronts, job.spec)


def export_picked(
    result: SearchResult,
    picked: Estimate[Trial],
    out: Path,
    form: str,
    limit: float | None = None,
    wish: "Wish | None" = None,
) -> "ExportReport":
    """Export, of the seeds of a configuration, the one of the best validation quality.

    Args:
        limit: Bytes that the files of weights may have.
        wish: Of probabilities; None wishes nothing.
    """
    from peftsearch.workers.artefacts.adapters import adapter_folder

    from .calibrations.wishes import NO_WISH
    from .exports.export import export

    spec = result.job.spec
    trial = picked.best(spec.task.quality)
    if trial.adapter is None:
        got, hint = f"trial {trial.number} without one", "pick another, or train it here"
        raise NotFoundError("a trial whose adapter was kept", got, hint)
    trained, standing = result.trained(picked), result.standing_of(picked)
    asked, tested = NO_WISH if wish is None else wish, result.tested.get(trial.number, ())
    expected = result.expected.get(picked.key)
    with adapter_folder(result.root, trial) as folder:
        known = standing, limit, expected, asked, tested, trained
        return export(spec, trial, folder, out, form, *known, result.confirmed.get(picked.key))
