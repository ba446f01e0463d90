"""A job's records as they stand, and what can be had of them: a pick, an export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.estimates import Estimate
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.records.trial_note import by_trial
from peftsearch.storage.store import Store
from peftsearch.workers.processes.liveness import count_all_live

from .by_now import by_now
from .confirmations.tested_reports import (
    CONFIRM,
    FRONT,
    OnTest,
    find_tested,
    read_tested,
)
from .frames import frame_trials
from .picks.pick import size_limit
from .picks.rules import ONE_SE
from .result_text import tell_begin, tell_failed, tell_result
from .shown_front import Front
from .standing.beside import read_circle
from .told_result import ToldResult
from .wording import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from .beliefs.slice_rows import Pair, Slices
    from .calibrations.wishes import Wish
    from .confirmations.confirmed import Confirmed
    from .confirmations.confirming import Wanted
    from .exports.export_report import ExportReport


@dataclass(frozen=True, repr=False)
class SearchResult(ToldResult):
    """A job's records at one moment. Printed, it is its front, its floors and what can be done; in
    a notebook the same with a picture.
    """

    def __repr__(self) -> str:
        known = f"{plural(len(self.trials), 'trial')}, {len(self.front)} on the front"
        parent = self.circle.parent
        beside = "" if parent is None else f" beside the job {parent!r}"
        return f"<SearchResult of job {self.job.name!r}{beside}, {self.state}: {known}>"

    def __str__(self) -> str:
        told = [*self.floor_lines, *self.warnings]
        told += self.beside
        told += [f"{self.state}: {self.summary}"]
        lead, proposed = self.lead, self.proposed
        return tell_result(self.job.spec, self.members, told, lead, proposed, self.notes)

    def _repr_html_(self) -> str:
        from .html_result import show_result

        spec, members = self.job.spec, self.members
        told = [f"{self.state}: {self.summary}"]
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


def _say_nothing(line: str) -> None:
    """In place of `print`."""


def load_result(store: Store, job: Job, root: Path) -> SearchResult:
    """The records of a job as they stand.

    Raises:
        UserError: Its spec cannot be read here.
    """
    _ = job.spec  # its trials would only say what they lack
    trials, front, preparation, hours, circle, notes, tested, live, fruitless = store.at_once(
        lambda: (
            store.trials(job.id),
            store.front(job.id),
            store.preparation(job.id),
            store.used_hours(job.id),
            read_circle(store, job),
            by_trial(store.trial_notes(job.id)),
            read_tests(job, store),
            count_all_live(store.workers(job.id)),
            store.fruitless_seconds(job.id),
        )
    )
    points = Front.of(front, lambda: result.members, job.spec, notes)
    known = (preparation, hours, store.url, circle, notes, *tested, live, fruitless)
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
