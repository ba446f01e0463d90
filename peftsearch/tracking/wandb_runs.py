"""Runs in Weights & Biases: a group for a job."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import wandb

from .run import Experiment, Run

_MARK = "peftsearch.json"
_PROJECT = "peftsearch"


class WandbRuns:
    """`peftsearch.tracking.tracker.Tracker` by W&B's client.

    Project, entity, mode and key are what its own variables, files and login say. Without a login
    runs stay offline, for `wandb sync`. They lie in `WANDB_DIR`, or else among the jobs' files.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._job = experiment
        self._folder = Path(os.environ.get("WANDB_DIR") or experiment.folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._mode = os.environ.get("WANDB_MODE") or ("online" if _is_known() else "offline")
        self._open: dict[str, Any] = {}

    @property
    def place(self) -> str:
        """See `Tracker.place`."""
        runs = self._folder / "wandb"
        if self._mode == "offline":
            return f"{runs}, offline: `wandb sync {runs}/offline-run-*` sends it"
        return f"{self._mode}, by way of {runs}"

    def marks(self) -> Mapping[str, str]:
        """See `Tracker.marks`. As this machine knows them: of runs that another told, a server
        takes what comes again for the same."""
        logs = (self._folder / "wandb").glob(f"*run-*/run-{self._job.uid[:16]}-*.wandb")
        found: dict[str, str] = {}
        for log in sorted(logs, key=lambda log: log.stat().st_mtime_ns):
            name, mark = log.stem.removeprefix("run-"), log.parent / _MARK
            told = json.loads(mark.read_text())["mark"] if mark.is_file() else ""
            found[name] = told or found.get(name, "")
        return found

    def begin(self, run: Run) -> None:
        """See `Tracker.begin`."""
        name = run.id(self._job)
        if name in self._open:
            return
        self._open[name] = wandb.init(
            id=name,
            name=run.name,
            group=self._job.name,
            job_type="job" if run.number is None else "trial",
            project=os.environ.get("WANDB_PROJECT") or _PROJECT,
            dir=str(self._folder),
            mode=self._mode,
            resume="allow",
            reinit="create_new",
            notes=run.words,
            config={**run.parameters, "peftsearch_job": self._job.uid},
            settings=wandb.Settings(
                console="off",
                silent=True,
                disable_git=True,
                disable_code=True,
                x_disable_stats=True,
                x_disable_meta=True,
                x_save_requirements=False,
            ),
        )
        self._open[name].define_metric("training_loss", step_metric="step")
        self._open[name].summary.update(dict(run.metrics))

    def advance(self, run: Run, share: float) -> None:
        """See `Tracker.advance`."""
        self._open[run.id(self._job)].log({"progress": share})

    def end(self, run: Run) -> None:
        """See `Tracker.end`."""
        name = run.id(self._job)
        told = self.marks().get(name, "")
        self.begin(run)
        live = self._open[name]
        live.config.update(dict(run.parameters), allow_val_change=True)
        if not told:  # else its curve is there
            for step, loss in run.curve:
                live.log({"step": step, "training_loss": loss})
        live.summary.update({**run.metrics, **run.tags, "failure": run.failure})
        if run.number is None:
            live.summary.update({"found": run.words})
        if run.ended is None:
            return
        folder = Path(live.dir).parent
        live.finish(exit_code=1 if run.failure else 0)
        del self._open[name]
        (folder / _MARK).write_text(json.dumps({"mark": run.mark}))

    def close(self) -> None:
        """See `Tracker.close`."""
        for live in self._open.values():
            live.finish()
        wandb.teardown()  # waits until its service has written all


def _is_known() -> bool:
    """Whether there is a login, asked without a prompt and without the network."""
    return bool(wandb.api.api_key)
