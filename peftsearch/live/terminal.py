"""Live progress of a job: a panel on a terminal, a line per event elsewhere."""

import math
import time
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from peftsearch.jobs.time_left import UNKNOWN
from peftsearch.records.job import Job
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.standing.floor_words import tell_floors
from peftsearch.results.wording import amount, cell, count, describe, duration, plural, tell_origin
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.engines.engine import Crew, Engine

from .foretold import Foretold
from .progress import (
    Progress,
    measure_progress,
    read_again,
    steps_of,
    tell_best,
    tell_left,
    tell_volume,
)
from .stages import tell_batches, tell_stage, tell_stopping

_REFRESH_SECONDS = 1.0
_STAGE_SECONDS = 10.0
"""Between two lines on what goes on before the first trial."""
_TRAINING_SECONDS = 60.0
"""The longest silence while trials train."""
_ENDED = (TrialState.COMPLETED, TrialState.FAILED)


@dataclass
class PlainView:
    """One line whenever a trial ends, and how far those are that run long; for logs and pipes."""

    store: Store
    job: Job
    console: Console
    seen: set[int] = field(default_factory=set)
    preparation: Preparation | None = None
    refreshed: float = 0.0
    started: float = field(default_factory=time.monotonic)
    told: float = -math.inf
    begun: bool = False
    stopping: bool = False
    foretold: Foretold = field(default_factory=Foretold)

    def __post_init__(self) -> None:
        """What has ended before is told by its number: a job that is resumed has its trials."""
        ended = [x for x in self.store.trials(self.job.id) if x.state in _ENDED]
        self.seen.update(x.number for x in ended)
        if ended:
            line = f"{plural(len(ended), 'trial')} done before"
            self.console.print(line, highlight=False, soft_wrap=True)

    def update(self, crew: Crew) -> None:
        """Print what ended since the last call, and after a long silence what goes on."""
        if crew.children and time.monotonic() - self.refreshed < _REFRESH_SECONDS:
            return
        self.refreshed = time.monotonic()
        self._tell_preparation()
        trials = self.store.trials(self.job.id)
        if crew.children:
            self._tell_stage(crew)
        ended = [x for x in trials if x.state in _ENDED]
        fresh = [x for x in ended if x.number not in self.seen]
        if fresh:
            self.job = read_again(self.store, self.job)
            self.told = time.monotonic()
            hours = self.store.used_hours(self.job.id)
            now = measure_progress(
                self.job.spec, trials, hours, len(crew.children), self.preparation
            )
            self.foretold.note(now.left)
            for trial in fresh:
                line = _line(trial, self.job.spec, now)
                self.console.print(line, highlight=False, soft_wrap=True)
        self.seen.update(x.number for x in fresh)

    def say(self, line: str) -> None:
        """Print what happened to a worker."""
        self.console.print(line, highlight=False, soft_wrap=True)

    def stop(self, engine: Engine, seconds: float) -> None:
        """Print once what an interrupted engine waits for."""
        if not self.stopping:
            line = tell_stopping(engine, seconds)
            self.console.print(line, highlight=False, soft_wrap=True)
        self.stopping = True

    def _tell_stage(self, crew: Crew) -> None:
        """At once, and then now and then; between two trials nothing."""
        trains = any(child.trial for child in crew.children)
        loaded = any(child.loaded for child in crew.children)
        self.begun = self.begun or trains or (loaded and bool(self.seen))
        pause = _TRAINING_SECONDS if self.begun else _STAGE_SECONDS
        if time.monotonic() - self.told < pause or (self.begun and not trains):
            return
        self.told = time.monotonic()
        line = tell_stage(crew, self.job.spec, self.preparation, self.told - self.started)
        self.console.print(line, highlight=False, soft_wrap=True)

    def _tell_preparation(self) -> None:
        """The floors that trials must beat, as soon as they are known."""
        if self.preparation is not None:
            return
        self.preparation = self.store.preparation(self.job.id)
        _print_notes(self.preparation, self.console, soft_wrap=True)
        for line in tell_floors(self.preparation, self.job.spec):
            self.console.print(line, highlight=False, soft_wrap=True)


def _print_notes(preparation: Preparation | None, console: Console, soft_wrap: bool) -> None:
    """What was decided before the first trial, and which rows are cut.

    Args:
        soft_wrap: Leave long lines whole. Not above a panel: it is drawn anew with the options of
            what is printed.
    """
    for note in () if preparation is None else preparation.notes:
        console.print(Text(f"note: {note}", style="yellow"), soft_wrap=soft_wrap)


def _line(trial: Trial, spec: JobSpec, now: Progress) -> str:
    value = trial.measurements.get(spec.task.quality)
    result = (
        f"{spec.task.quality} {cell(spec.task.quality, value)}"
        if value is not None
        else f"failed: {trial.message}"
    )
    left = f"{tell_left(now.left)} left" if now.left and now.left.high else ""
    done = f"{now.done}/{spec.budget.trials or '?'} done"
    how_far = ", ".join(x for x in (done, tell_volume(now), left) if x)
    return (
        f"trial {trial.number} ({tell_origin(trial.origin, spec.search.sampler)}) {result}, "
        f"{_cost(trial, spec)}: "
        f"{describe(trial.configuration, spec.anatomy)}  [{how_far}]"
    )


def _cost(trial: Trial, spec: JobSpec) -> str:
    """What the trial costs, by the goal that tables are in the order of."""
    name = spec.objectives.cost
    if name == "trainable_parameters" or name not in trial.measurements:
        return f"{count(trial.measurements.get('trainable_parameters', 0))} parameters"
    return f"{objective(name).label} {amount(name, trial.measurements[name])}"


@dataclass
class LiveView:
    """A panel that stays in place; use it as a context manager."""

    store: Store
    job: Job
    console: Console
    live: Live = field(init=False)
    preparation: Preparation | None = None
    refreshed: float = 0.0
    started: float = field(default_factory=time.monotonic)
    foretold: Foretold = field(default_factory=Foretold)

    def __post_init__(self) -> None:
        self.live = Live(console=self.console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveView":
        self.live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.live.stop()

    def update(self, crew: Crew) -> None:
        """Draw how far the job is, at most once a second."""
        if time.monotonic() - self.refreshed < _REFRESH_SECONDS:
            return
        self.refreshed = time.monotonic()
        if self.preparation is None:
            self.preparation = self.store.preparation(self.job.id)
            _print_notes(self.preparation, self.live.console, soft_wrap=False)
        self.job = read_again(self.store, self.job)
        trials, hours = self.store.trials(self.job.id), self.store.used_hours(self.job.id)
        known = len(crew.children), self.preparation, steps_of(crew)
        now = measure_progress(self.job.spec, trials, hours, *known)
        self.foretold.note(now.left)
        self.live.update(self._panel(now, crew))

    def say(self, line: str) -> None:
        """Print what happened to a worker above the panel."""
        self.live.console.print(line, highlight=False, soft_wrap=True)

    def stop(self, engine: Engine, seconds: float) -> None:
        """Put what an interrupted engine waits for in the panel's place. Asks no database."""
        self.live.update(Text(tell_stopping(engine, seconds), style="yellow"))

    def _panel(self, now: Progress, crew: Crew) -> RenderableType:
        spec = self.job.spec
        seconds = time.monotonic() - self.started
        facts = Table.grid(padding=(0, 2))
        total = spec.budget.trials
        facts.add_row(
            Text(spec.name, style="bold"),
            f"{now.done} of {plural(total, 'trial')} done"
            if total
            else f"{plural(now.done, 'trial')} done",
            f"{len(now.running)} running",
            Text(f"{now.failed} failed", style="red" if now.failed else ""),
        )
        left = "-" if now.left is None else tell_left(now.left)
        facts.add_row(
            "",
            f"best {spec.task.quality} {tell_best(now, spec)}",
            tell_volume(now),
            f"{duration(seconds)} elapsed, {left} left",
        )
        floors = [
            Text(f"  {line}", style="dim") for line in tell_floors(self.preparation, spec)[:1]
        ]
        bar = Table.grid()
        bar.add_row(ProgressBar(total=total or 1, completed=now.done + now.failed, width=60))
        return Group(facts, *floors, bar, *self._running(now, crew, seconds))

    def _running(self, now: Progress, crew: Crew, seconds: float) -> list[Text]:
        if not now.running:
            stage = tell_stage(crew, self.job.spec, self.preparation, seconds)
            return [Text(stage, style="dim")]
        batches = {child.number: child.batches for child in crew.children}
        return [self._trial_line(trial, batches.get(trial.number)) for trial in now.running]

    def _trial_line(self, trial: Trial, batches: tuple[int, int] | None) -> Text:
        progress = tell_batches(batches or UNKNOWN)
        words = describe(trial.configuration, self.job.spec.anatomy)
        origin = tell_origin(trial.origin, self.job.spec.search.sampler)
        text = Text(f"  {trial.number} ({origin}){progress}: {words}", style="dim")
        text.truncate(max(self.console.width - 1, 20), overflow="ellipsis")
        return text
