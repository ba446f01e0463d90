"""Runs in Trackio: a project for a job, in its local database."""

from collections.abc import Mapping
from typing import Any

import trackio
from trackio.sqlite_storage import SQLiteStorage

from .run import Experiment, Run

_MARK = "peftsearch_mark"


class TrackioRuns:
    """`peftsearch.tracking.tracker.Tracker` by Trackio's client.

    Its folder, or the Space in its place, is what its own variables say; the project has the
    job's name and the beginning of its id, since a later job may have that name.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._job = experiment
        self._project = f"{experiment.name}-{experiment.uid[:8]}"
        self._open: dict[str, Any] = {}

    @property
    def place(self) -> str:
        """See `Tracker.place`."""
        return f"{trackio.TRACKIO_DIR}: `trackio show --project {self._project}`"

    def marks(self) -> Mapping[str, str]:
        """See `Tracker.marks`."""
        names = SQLiteStorage.get_runs(self._project)
        return {name: self._mark_of(name) for name in names if name.startswith(self._job.uid[:16])}

    def begin(self, run: Run) -> None:
        """See `Tracker.begin`."""
        name = run.id(self._job)
        if name in self._open:
            return
        told = {"words": run.words, "run": run.name, "peftsearch_job": self._job.uid}
        self._open[name] = trackio.init(
            project=self._project,
            name=name,
            group=self._job.name,
            config={**run.parameters, **told},
            resume="allow",
            embed=False,
            auto_log_gpu=False,
            auto_log_cpu=False,
        )
        if not self._rows(name):  # a run is there from its first row on
            self._open[name].log({"progress": 0.0, **run.metrics})

    def advance(self, run: Run, share: float) -> None:
        """See `Tracker.advance`."""
        self._open[run.id(self._job)].log({"progress": share})

    def end(self, run: Run) -> None:
        """See `Tracker.end`."""
        name = run.id(self._job)
        self.begin(run)
        live = self._open[name]
        there = {row.get("step") for row in self._rows(name) if "training_loss" in row}
        for step, loss in run.curve:
            if step not in there:
                live.log({"training_loss": loss}, step=step)
        last = max((step for step, _ in run.curve), default=0)
        told: dict[str, Any] = {**run.parameters, **run.metrics, **run.tags, "words": run.words}
        if run.failure:
            told["failure"] = run.failure
        live.log({**told, _MARK: run.mark}, step=last)
        live.finish()
        del self._open[name]

    def close(self) -> None:
        """See `Tracker.close`."""
        for live in self._open.values():
            live.finish()

    def _mark_of(self, name: str) -> str:
        marks = [row[_MARK] for row in self._rows(name) if _MARK in row]
        return str(marks[-1]) if marks else ""

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return list(SQLiteStorage.get_logs(self._project, name))
