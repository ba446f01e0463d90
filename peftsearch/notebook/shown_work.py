"""A worker in the caller's process whose steps are shown."""

import contextlib
from dataclasses import dataclass, field

from peftsearch.errors import NotFoundError, StoreUnavailable
from peftsearch.jobs.inline import InlineMonitor
from peftsearch.live.crew import CrewView
from peftsearch.records.trial import Trial
from peftsearch.workers.engines.engine import Crew, SeenMember


@dataclass
class InlineCrew:
    """That worker alone; nobody once the job has ended."""

    children: list[SeenMember] = field(default_factory=lambda: [SeenMember()])


@dataclass
class ShownMonitor(InlineMonitor):
    """Renews the leases of its worker, and shows what it does."""

    view: CrewView = field(kw_only=True)
    crew: InlineCrew = field(default_factory=InlineCrew)

    def claimed(self, trial: Trial | None) -> None:
        """Show which trial is held."""
        super().claimed(trial)
        held = None if trial is None else (trial.id, trial.attempt)
        number = -1 if trial is None else trial.number
        self.crew.children = [SeenMember(trial=held, number=number)]
        look(self.view, self.crew)

    def step(self, done: int, total: int) -> None:
        """Show how far it is."""
        super().step(done, total)
        self.crew.children[0].batches = (done, total)
        look(self.view, self.crew)


def look(view: CrewView, crew: Crew) -> None:
    """Let a view show the crew. What goes wrong there ends no trial: a database that is away, a
    job that was deleted, a pipe that nobody reads."""
    with contextlib.suppress(StoreUnavailable, NotFoundError, OSError):
        view.update(crew)
