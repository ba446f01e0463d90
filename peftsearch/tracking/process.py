"""The life of a process that tells a tracker: its turn, its failures, its end."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from peftsearch.errors import ANYTHING, NotFoundError, StoreUnavailable
from peftsearch.message_text import one_line
from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from peftsearch.workers.processes.liveness import tell_process

from .follower import Follower, NotTold
from .run import Experiment
from .tracker import make_tracker
from .turns import Turn, standing_in

_POLL_SECONDS = 2.0
_LONGEST_PAUSE = 60.0
_SECRET = ("KEY", "TOKEN", "PASS", "SECRET")
_SHORTEST_SECRET = 6
_LIMITS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "WANDB_SILENT": "true",
}
"""Of clients that would try again for minutes: we come again ourselves."""


@dataclass
class Process:
    """Tells a tracker of a job.

    Attributes:
        uid: That the job of this id must have.
        say: Given lines for people.
    """

    tracker: str
    storage: str = field(repr=False)
    job: int
    uid: str
    root: Path
    say: Callable[[str], None]
    warned: bool = False
    pause: float = 0.0
    failing: bool = False
    follower: Follower | None = None

    def follow(self, asked: threading.Event) -> bool:
        """Tell it what is new until asked to end, and then the rest.

        Returns:
            Whether it knows all, or another process tells it.
        """
        for name, value in _LIMITS.items():
            os.environ.setdefault(name, value)
        with Store.open(self.storage) as store:
            try:
                job = store.job(self.job)
                if job.uid != self.uid:
                    return True
                with standing_in(store, job, self.tracker) as turn:
                    return self._take_turns(turn, asked)
            except NotFoundError:  # it was deleted
                return True

    def warn(self, error: BaseException) -> None:
        """One line on the first failure, without what the environment keeps secret."""
        if self.warned:
            return
        self.warned = True
        text = one_line(hide_secrets(f"{type(error).__name__}: {error}"))
        self.say(f"{self.tracker} was not told ({text}); the search goes on without it")

    def _take_turns(self, turn: Turn, asked: threading.Event) -> bool:
        resting = 0.0
        while True:
            last = asked.wait(_POLL_SECONDS)
            resting -= _POLL_SECONDS
            if resting <= 0 or last:
                self._try(turn, last)
                resting = self.pause
            if last:
                if self.follower is not None:
                    self.follower.close()
                return not self.failing

    def _try(self, turn: Turn, last: bool) -> None:
        """One telling; after each failure the next one is twice as far."""
        try:
            if before := turn.first():
                self.follower = None
                if last:
                    self.say(f"{self.tracker} is told by {tell_process(before)}")
                return
            if self.follower is None:
                self.follower = self._make(turn.store, turn.job)
            self.follower.tell(last)
            self.pause, self.failing = 0.0, False
        except StoreUnavailable:
            self.failing = True
        except NotFoundError:
            raise
        except ANYTHING as error:
            cause = error.__cause__ if isinstance(error, NotTold) else error
            self.warn(cause or error)
            self.failing = True
            self.pause = min(_LONGEST_PAUSE, max(_POLL_SECONDS, 2 * self.pause))

    def _make(self, store: Store, job: Job) -> Follower:
        tracker = make_tracker(self.tracker, Experiment(job.name, job.uid, self.root))
        self.say(f"tracked to {self.tracker}: {tracker.place}")
        return Follower(store, job, tracker, self.root)


def hide_secrets(text: str) -> str:
    """A text without the values of variables whose names say that they are secret."""
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST_SECRET and any(x in name.upper() for x in _SECRET):
            text = text.replace(value, "***")
    return text
