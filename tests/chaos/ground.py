"""One real job on one database: its folder, its command, and what others see of it."""

import contextlib
import itertools
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from peftsearch.errors import PeftsearchError
from peftsearch.records.job import JobState
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.worker import Worker
from peftsearch.storage.store import Store
from tests.end_to_end.conftest import write_job
from tests.end_to_end.programs import environment
from tests.end_to_end.watching import find_processes
from tests.waiting import LIMIT

from .program import FINISHED, TOKENS

ROOT = Path(__file__).parents[2]
_tokens = itertools.count()


@dataclass
class Ground:
    """A job that runs.

    Attributes:
        folder: Its own, in which all its processes work.
        files: That of its adapters.
        trials: Its budget.
        process: The command that works on it.
        said: What commands that ended had printed to standard error.
        engine: Options for what the workers run on.
        elsewhere: Processes of workers that do not work in its folder.
        seed: Of its search.
    """

    folder: Path
    url: str
    workshop: Path
    trials: int
    files: Path
    rng: random.Random
    process: "subprocess.Popen[str] | None" = None
    said: list[str] = field(default_factory=list)
    engine: tuple[str, ...] = ()
    elsewhere: Callable[[], list[int]] = list
    seed: int = field(init=False)

    def __post_init__(self) -> None:
        self.seed = self.rng.randrange(1000)
        self.tokens.mkdir(parents=True, exist_ok=True)
        self.finished.touch()
        self.write_job()

    @property
    def tokens(self) -> Path:
        """Folder of the tokens."""
        return self.folder / "tokens"

    @property
    def finished(self) -> Path:
        """Where workers write which trainings are finished."""
        return self.folder / "finished"

    @property
    def options(self) -> list[str]:
        """Of all commands."""
        return ["--storage", self.url, "--files", str(self.files)]

    def write_job(self) -> None:
        """Write the job file with the budget as it is now."""
        path = write_job(self.folder, self.workshop, epochs=3)
        text = path.read_text().replace("trials = 8", f"trials = {self.trials}")
        path.write_text(f"seed = {self.seed}\n{text}")

    def start(self, *command: str, **variables: str) -> "subprocess.Popen[str]":
        """Start a program of ours, in a process group of its own."""
        known = {TOKENS: str(self.tokens), FINISHED: str(self.finished)}
        path = {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.program", *command],
            cwd=self.folder,
            env=environment() | known | path | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def begin(self) -> None:
        """Let a command with two workers work on the job, unless one does."""
        if self.process is not None and self.process.poll() is not None:
            self.end()
        if self.process is None:
            command = ("run", "job.toml", "--workers", "2", *self.engine, *self.options)
            self.process = self.start(*command)

    def end(self) -> int:
        """Wait for the command; its exit code."""
        assert self.process is not None
        _, said = self.process.communicate(timeout=LIMIT)
        self.said.append(said)
        code, self.process = self.process.returncode, None
        return code

    def wait(self, seconds: float) -> None:
        """Wait until the command ends by itself, for so long at most."""
        assert self.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def put_token(self, kind: str) -> Path:
        """Have a worker killed when it comes to a moment."""
        token = self.tokens / f"{kind}-{next(_tokens)}"
        token.touch()
        return token

    def look(self) -> tuple[JobState | None, list[Trial], list[Worker]]:
        """The job's state, trials and workers; nothing while there is none, or no database."""
        try:
            with Store.open(self.url) as store:
                job = store.find_job("small")
                return job.state, store.trials(job.id), store.workers(job.id)
        except PeftsearchError:
            return None, [], []

    def running(self) -> list[int]:
        """Processes of workers that train."""
        _, trials, workers = self.look()
        held = {x.worker for x in trials if x.state is TrialState.RUNNING}
        return [x.pid for x in workers if x.name in held]

    @property
    def over(self) -> bool:
        """Whether the job has ended."""
        return self.look()[0] in (JobState.FINISHED, JobState.STOPPED)

    def processes(self) -> list[int]:
        """All that were started for this job and are still there."""
        return find_processes(self.folder) + self.elsewhere()
