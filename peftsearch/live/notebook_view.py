"""Progress of a job in a notebook: one output that is changed in its place."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jinja2 import Environment

from peftsearch.records.job import Job
from peftsearch.records.preparation import Preparation
from peftsearch.results.standing.floor_words import tell_floors
from peftsearch.results.wording import plural
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.engines.engine import Crew

from .progress import Progress, measure_progress, read_again, steps_of, tell_best, tell_left
from .stages import tell_stage

Show = Callable[[str], None]
"""Puts HTML in the place of what was shown before."""

_REFRESH_SECONDS = 1.0
_TEMPLATE = Environment(autoescape=True).from_string(
    '<div style="font-size:90%">'
    "{% if share is not none %}"
    '<progress value="{{ share }}" max="1" style="width:24em"></progress> '
    "{% endif %}"
    "{% for line in lines %}<div>{{ line }}</div>{% endfor %}"
    "</div>"
)


def render(lines: list[str], share: float | None = None) -> str:
    """HTML of some lines.

    Args:
        share: Of the budget that is used, as a bar; None draws none.
    """
    return _TEMPLATE.render(lines=lines, share=None if share is None else f"{share:.3f}")


@dataclass
class NotebookView:
    """A view of the workers of one job."""

    store: Store
    job: Job
    show: Show
    preparation: Preparation | None = None
    refreshed: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def update(self, crew: Crew) -> None:
        """Show how far the job is, at most once a second."""
        if crew.children and time.monotonic() - self.refreshed < _REFRESH_SECONDS:
            return
        self.refreshed = time.monotonic()
        self.preparation = self.preparation or self.store.preparation(self.job.id)
        self.job = read_again(self.store, self.job)
        spec, trials = self.job.spec, self.store.trials(self.job.id)
        hours = self.store.used_hours(self.job.id)
        known = len(crew.children), self.preparation, steps_of(crew)
        now = measure_progress(spec, trials, hours, *known)
        seconds = self.refreshed - self.started
        stage = tell_stage(crew, spec, self.preparation, seconds) if crew.children else "done"
        floors = tell_floors(self.preparation, spec)[:1]
        notes = self.preparation.notes if self.preparation and crew.children else ()
        lines = [tell_progress(now, spec), *floors, stage, *(f"note: {x}" for x in notes)]
        self.show(render(lines, share_used(now, spec, hours)))


def tell_progress(now: Progress, spec: JobSpec) -> str:
    """How many trials are done, the best so far, and the time left, in one line."""
    total = spec.budget.trials
    done = (
        plural(now.done, "trial") if total is None else f"{now.done} of {plural(total, 'trial')}"
    )
    quality = spec.task.quality
    told = [f"{spec.name}: {done} done", *([f"{now.failed} failed"] if now.failed else [])]
    if now.best is not None:
        told.append(f"best {quality} so far {tell_best(now, spec)}")
    if now.left and now.left.high:
        told.append(f"{tell_left(now.left)} left")
    return ", ".join(told)


def share_used(now: Progress, spec: JobSpec, hours: float) -> float:
    """The share of the budget that is used, of its limits the one that is nearest."""
    ended, budget = now.done + now.failed, spec.budget
    shares = [ended / budget.trials if budget.trials else 0.0]
    shares.append(hours / budget.hours if budget.hours else 0.0)
    return min(max(shares), 1.0)
