"""What a tracker is to us, and which there are."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol

from peftsearch.extensions import broken, load
from peftsearch.spaces.jobspec.tracker_names import GROUP

from .run import Experiment, Run


class Tracker(Protocol):
    """Keeps runs. Each method may raise anything and take any time: it costs the search nothing,
    and is called again later."""

    @property
    def place(self) -> str:
        """Where the runs are, or how to look at them, on one line and without a password."""

    def marks(self) -> Mapping[str, str]:
        """Of each run of the experiment that the tracker holds, by `Run.id`, the last mark that it
        was told whole; empty of one that was only begun."""

    def begin(self, run: Run) -> None:
        """Make a run, or take up the one of its id: words, parameters, known costs."""

    def advance(self, run: Run, share: float) -> None:
        """A run that was begun has done so much of its steps, of 1."""

    def end(self, run: Run) -> None:
        """All of a run that was begun, its mark last, so that half of it counts as none. It may be
        told a second time, whole or with another mark: nothing stands there twice then."""

    def close(self) -> None:
        """Let go of runs that have not ended, which others take up."""


Factory = Callable[[Experiment], Tracker]
"""Makes a tracker of a job; what an entry point of `peftsearch.trackers` leads to."""
_CLASSES: Mapping[str, str] = {
    "mlflow": "mlflow_runs:MlflowRuns",
    "wandb": "wandb_runs:WandbRuns",
    "tensorboard": "tensorboard_runs:TensorboardRuns",
    "trackio": "trackio_runs:TrackioRuns",
}
"""One row for each name in `tracker_names.CLIENTS`; the modules import the clients."""


def make_tracker(name: str, experiment: Experiment) -> Tracker:
    """The tracker of a name.

    Raises:
        UserError: It is another package's, which cannot be imported or is none.
    """
    if name in _CLASSES:
        module, _, kind = _CLASSES[name].partition(":")
        factory = getattr(import_module(f"peftsearch.tracking.{module}"), kind)
    else:
        factory = load(GROUP, name)
    tracker: Tracker = factory(experiment)
    for method in ("marks", "begin", "advance", "end", "close"):
        if not callable(getattr(tracker, method, None)):
            raise broken(GROUP, name, "the methods of a tracker", f"no {method}")
    return tracker
