"""Trainings of a confirmation and what floors scored on its test split, each kept in the store."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from peftsearch.errors import StoreFull, StoreUnavailable
from peftsearch.records.job import Job
from peftsearch.records.preparation import BASE, Floor
from peftsearch.records.ranges import NO_TIME
from peftsearch.records.reading import Reading
from peftsearch.results.standing.floor_words import short_name
from peftsearch.results.standing.floors import sort_floors
from peftsearch.results.wording import describe
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import hash_rows
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.preparation.prepare import Prepared, make_again
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.trial_runner import TrialRunner

from .confirmation import Arm, Run
from .counts import DATA, RUN, TEST, is_of
from .pending import Counts, Pending
from .plan import Plan
from .spending import foresee_reading, level_of
from .subject import Subject

Report = Callable[[str], None]
PAUSE_SECONDS = 1.0
"""Between two questions to a database that is away."""


@dataclass
class KeptRuns:
    """Trains and scores, and keeps every finished run in the store, so that nothing is lost."""

    store: Store
    job: Job
    runner: TrialRunner
    report: Report
    plan: Plan = Plan()
    made: int = 0
    pending: Pending = field(default_factory=Pending)
    rows: str = TEST
    """How what is kept of these rows is called."""

    @property
    def _place(self) -> str:
        return "the test split" if self.rows == TEST else "the other data"

    @cached_property
    def _data(self) -> str:
        return hash_rows(self.runner.split("test"), self.runner.data.label_names)

    def foresee_reading(self, members: Sequence[Configuration]) -> tuple[int, float]:
        """How many rows are going to be scored, and the chance with which intervals hold."""
        subject, known = self.plan.subject(members), self.store.readings(self._data)
        reading = foresee_reading(known, self.job, self._data, subject)
        return len(self.runner.split("test").texts), level_of(reading)

    def _enter(self, subject: str) -> tuple[Reading, tuple[Reading, ...]]:
        """The reading that is about to be made, and those of the same rows before it."""
        mine = self.store.record_reading(self.job.id, self._data, subject, self.plan.agreed)
        return mine, tuple(self.store.readings(self._data)[: mine.number - 1])

    def count(self, subject: Subject) -> Counts:
        """Trainings that it takes."""
        return subject.count(self.store, self.plan, self._data)

    def _score_floors(self) -> list[Arm]:
        """The job's floors on the test split; then its head is taken up, for all that is trained.
        A job without a preparation, as one of an earlier version, goes on without."""
        known = self.store.preparation(self.job.id)
        if known is None:
            return []
        prepared = Prepared(known, self.store.head_start(self.job.id))
        arms = [self._score_floor(prepared, x) for x in sort_floors(known, self.job.spec)]
        self.runner.adopt(prepared)
        self.pending.beside = NO_TIME
        return [arm for arm in arms if arm is not None]

    def _score_floor(self, prepared: Prepared, floor: Floor) -> Arm | None:
        """None of one that is among the arms anyway, or that cannot be made again."""
        if floor.name == BASE:
            return None
        place = {"key": f"floor {floor.name}", "seed": 0, "split": self.rows}
        run = self._recall(place)
        if run is None:
            self.report(f"scoring on {self._place}: {floor.label}")
            baseline = make_again(self.runner, prepared, floor)
            found = None if baseline is None else baseline.score("test", lambda: None)
            if found is None:
                return None
            run = self._keep(place, found)
        return Arm(short_name(floor), None, (run,), floor.label)

    def _run(self, configuration: Configuration, seed: int, split: str) -> Run:
        self.made += 1
        place = {"key": configuration.key, "seed": seed, "split": split}
        if (known := self._recall(place)) is not None:
            return known
        words = describe(configuration, self.job.spec.anatomy)
        total = max(self.made, self.pending.total)
        left = f"; {time_left} left" if (time_left := self.pending.tell()) else ""
        self.report(f"{self.made} of {total}: training for the {split} split: {words}{left}")
        started = time.monotonic()
        outcome = self.runner.evaluate(configuration, seed, lambda done, total: None, split=split)
        tuned = split == "validation"
        self.pending.note(configuration, time.monotonic() - started, tuned)
        return self._keep(place, outcome)

    def _recall(self, place: Mapping[str, Any]) -> Run | None:
        for known in self.store.reports(self.job.id, RUN):
            same = all(known[name] == value for name, value in place.items())
            if same and is_of(known, self._data):
                return Run(known["measurements"], known["predictions"], known["references"])
        return None

    def _keep(self, place: Mapping[str, Any], found: Outcome | Evaluation) -> Run:
        run = Run(
            dict(found.measurements),
            found.predictions.astype(float).tolist(),
            found.references.astype(float).tolist(),
        )
        rows = {DATA: self._data} if place["split"] == TEST else {}
        self._record(place, {**place, **vars(run), **rows})
        return run

    def _record(self, place: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """Wait with what is finished for a database that is away: it may have taken hours."""
        told = False

        def record() -> None:
            """Unless it is there: by a time that broke after its commit, or by another process."""
            self.store.lock_job(self.job.id)
            if self._recall(place) is None:
                self.store.save_report(self.job.id, RUN, content)

        while True:
            try:
                self.store.together(record)
                return
            except StoreFull:
                raise
            except StoreUnavailable as error:
                if not told:
                    self.report(f"what is finished waits to be recorded: {error}")
            told = True
            time.sleep(PAUSE_SECONDS)
