"""Runs in MLflow: one experiment for a job, its trials below the run of the job as a whole."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from peftsearch.message_text import as_line

from .run import Experiment, Run

_ID, _MARK = "peftsearch.run", "peftsearch.mark"
_CHUNK = 90
"""A server takes 100 parameters and tags at once."""
_LONGEST = 490
"""Letters of a parameter that any server takes."""
_PAGE = 1000


class MlflowRuns:
    """`peftsearch.tracking.tracker.Tracker` by MLflow's client.

    The server is that of `MLFLOW_TRACKING_URI`, or else `mlflow.db` among the jobs' files; the
    experiment has the job's name unless `MLFLOW_EXPERIMENT_NAME` says another.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._job = experiment
        self._uri = os.environ.get("MLFLOW_TRACKING_URI") or (
            f"sqlite:///{experiment.folder / 'mlflow.db'}"
        )
        self._client = MlflowClient(tracking_uri=self._uri)
        self._experiment = self._find_experiment(
            os.environ.get("MLFLOW_EXPERIMENT_NAME") or experiment.name
        )
        self._runs: dict[str, str] = {}
        self._open: set[str] = set()

    @property
    def place(self) -> str:
        """See `Tracker.place`."""
        return as_line(self._uri)

    def marks(self) -> Mapping[str, str]:
        """See `Tracker.marks`."""
        found: dict[str, str] = {}
        for run in self._search():
            name = run.data.tags[_ID]
            self._runs.setdefault(name, run.info.run_id)
            found[name] = run.data.tags.get(_MARK, "")
        return found

    def begin(self, run: Run) -> None:
        """See `Tracker.begin`."""
        name = run.id(self._job)
        if name not in self._runs:
            self._runs[name] = self._create(name, run)
        self._client.update_run(self._runs[name], status="RUNNING")
        self._open.add(name)
        self._log(name, run)

    def advance(self, run: Run, share: float) -> None:
        """See `Tracker.advance`."""
        self._client.log_metric(self._runs[run.id(self._job)], "progress", share)

    def end(self, run: Run) -> None:
        """See `Tracker.end`."""
        name = run.id(self._job)
        self._log(name, run)
        self._log_curve(name, run)
        status = "FAILED" if run.failure else "FINISHED" if run.ended else "RUNNING"
        ended = None if run.ended is None else int(1000 * run.ended)
        if ended is not None:
            self._client.set_terminated(self._runs[name], status, ended)
            self._open.discard(name)
        self._client.set_tag(self._runs[name], _MARK, run.mark)

    def close(self) -> None:
        """See `Tracker.close`."""
        for name in self._open:
            self._client.update_run(self._runs[name], status="SCHEDULED")

    def _log(self, name: str, run: Run) -> None:
        """Parameters and metrics that are not there with that value, and tags."""
        data = self._client.get_run(self._runs[name]).data
        known = data.metrics
        given = {x: str(y)[:_LONGEST] for x, y in run.parameters.items() if x not in data.params}
        for part in _chunks([Param(key, value) for key, value in given.items()]):
            self._client.log_batch(self._runs[name], params=part)
        stamp = int(1000 * (run.ended or run.started or 0))
        new = {key: value for key, value in run.metrics.items() if known.get(key) != value}
        metrics = [Metric(key, value, stamp, 0) for key, value in new.items()]
        told = {"mlflow.note.content": run.words, **run.tags}
        tags = [RunTag(key, value) for key, value in told.items()]
        self._client.log_batch(self._runs[name], metrics=metrics, tags=tags)

    def _log_curve(self, name: str, run: Run) -> None:
        """A second time only what a first time did not come to."""
        if not run.curve:
            return
        key = "training_loss"
        there = {x.step for x in self._client.get_metric_history(self._runs[name], key)}
        begin, end = run.started or 0.0, run.ended or 0.0
        last = max(step for step, _ in run.curve)
        points = [
            Metric(key, loss, int(1000 * (begin + (end - begin) * step / last)), step)
            for step, loss in run.curve
            if step not in there
        ]
        self._client.log_batch(self._runs[name], metrics=points)

    def _create(self, name: str, run: Run) -> str:
        tags = {_ID: name, "peftsearch.job": self._job.uid}
        whole = f"{name.rpartition('-')[0]}-job"
        if run.number is not None and whole in self._runs:
            tags["mlflow.parentRunId"] = self._runs[whole]
        started = None if run.started is None else int(1000 * run.started)
        made = self._client.create_run(
            self._experiment, run_name=run.name, tags=tags, start_time=started
        )
        return str(made.info.run_id)

    def _find_experiment(self, name: str) -> str:
        """Whoever comes first makes it."""
        for _ in range(2):
            found = self._client.get_experiment_by_name(name)
            if found is not None:
                return str(found.experiment_id)
            try:
                return str(self._client.create_experiment(name))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
        raise MlflowException(f"experiment {name} is neither there nor can be made")

    def _search(self) -> Iterable[Any]:
        token, mine = None, f"tags.`peftsearch.job` = '{self._job.uid}'"
        while True:
            page = self._client.search_runs(
                [self._experiment], mine, max_results=_PAGE, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return


def _chunks(given: list[Any]) -> Iterable[list[Any]]:
    return (given[i : i + _CHUNK] for i in range(0, len(given), _CHUNK))
