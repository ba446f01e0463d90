"""From the records of a job to the runs that trackers are told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from peftsearch.insight.parameters import parameters
from peftsearch.message_text import one_line
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Measurement, Trial, TrialState
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.results.exports.public_names import find_places, name_paths, public_name
from peftsearch.results.exports.told_sources import tell_source
from peftsearch.results.wording import describe
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .run import Run, Value

ENDED = (TrialState.COMPLETED, TrialState.FAILED)
_FRONT = " front"
_TRAINED = ("epochs", "batch_size", "dropout")
_PERCENT = 100
"""In place of the steps of a training that did not tell how many it had."""


def stage(trial: Trial) -> str:
    """What a trial has come to: equal as long as nothing is to be told but its place."""
    return f"{trial.attempt} {trial.state.value}"


def mark_of(trial: Trial, front: Collection[int]) -> str:
    """Its stage, and whether it is on the front."""
    return stage(trial) + _FRONT * (trial.number in front)


def strip_place(mark: str) -> str:
    """The stage within a mark."""
    return mark.removesuffix(_FRONT)


@dataclass(frozen=True)
class TrialRuns:
    """Makes the runs of a job's trials.

    Attributes:
        root: Folder of the jobs' files.
    """

    spec: JobSpec
    root: Path

    def make(self, trial: Trial, losses: Sequence[Measurement], front: Collection[int]) -> Run:
        """A trial as it is.

        Args:
            losses: Its learning curve.
            front: Numbers of the trials on the front, as far as that is to be told.
        """
        message = trial.message and one_line(
            name_paths(trial.message, find_places(self.spec, self.root))
        )
        return Run(
            number=trial.number,
            name=f"trial {trial.number}",
            words=describe(trial.configuration, self.spec.anatomy),
            parameters=self._parameters(trial),
            metrics=self._metrics(trial),
            mark=mark_of(trial, front),
            curve=_curve(trial, losses),
            tags={"state": trial.state.value, "front": "yes" if trial.number in front else "no"},
            failure=f"{trial.failure}: {message}" if trial.failure else None,
            started=trial.claimed,
            ended=trial.ended,
        )

    def _parameters(self, trial: Trial) -> Mapping[str, Value]:
        """Epochs, batch size and dropout are those that it was trained with, once that is known:
        charts have a constant for what the job does not search."""
        configuration, known = trial.configuration, trial.provenance
        found = parameters(configuration, self.spec.anatomy)
        trained = {x: known[x] for x in _TRAINED if isinstance(known.get(x), int | float)}
        said = {x: value for x, value in configuration.training.said.items() if x in _TRAINED}
        return {
            **{name: value for name, value in found.items() if name not in _TRAINED},
            **trained,
            **said,
            "origin": trial.origin,
            "seed": trial.seed,
            "key": trial.key,
        }

    def _metrics(self, trial: Trial) -> Mapping[str, float]:
        """What was measured, and the standard error of the quality by the rows."""
        values, quality = dict(trial.measurements), self.spec.task.quality
        rows, told = trial.validation_rows, trial.quality_error
        if quality in values:
            error = sampling_error(self.spec, values, rows, told)
            values |= {} if error is None else {f"{quality}_standard_error": error}
        return {name: float(value) for name, value in values.items()}


def make_job_run(
    job: Job,
    trials: Sequence[Trial],
    front: Sequence[FrontPoint],
    hours: float,
    ended: float | None,
) -> Run:
    """The job as a whole: what is searched, how far it is and what was found.

    Args:
        ended: When it ended; None while it runs.
    """
    spec = job.spec
    done = [trial for trial in trials if trial.state is TrialState.COMPLETED]
    failed = sum(trial.state is TrialState.FAILED for trial in trials)
    return Run(
        number=None,
        name=job.name,
        words=_tell_front(front, spec),
        parameters=_job_parameters(spec),
        metrics={
            "trials_completed": float(len(done)),
            "trials_failed": float(failed),
            "hours": hours,
            **_best(front, spec),
        },
        mark=f"{job.event} {job.state.value}",
        tags={"state": job.state.value},
        failure=None if job.fault is None else one_line(job.fault),
        started=job.created,
        ended=None if job.state is JobState.RUNNING else ended,
    )


def _job_parameters(spec: JobSpec) -> dict[str, str]:
    told = {
        "model": public_name(spec.model.path),
        "data": tell_source(spec.task.train),
        "kind": spec.task.kind,
        "goals": ", ".join(spec.goals),
        "bounds": ", ".join(map(str, (*spec.bounds, *spec.limits))),
        "sampler": spec.search.sampler,
        "seed": str(spec.seed),
    }
    return {name: text for name, text in told.items() if text}


def _best(front: Sequence[FrontPoint], spec: JobSpec) -> dict[str, float]:
    """Of each goal the best value on the front, and how many are on it."""
    values = {
        f"best_{name}": max((x.values[name] for x in front), key=objective(name).signed)
        for name in spec.goals
        if front
    }
    return {"front_size": float(len(front)), **values}


def _tell_front(front: Sequence[FrontPoint], spec: JobSpec) -> str:
    """A table in Markdown."""
    if not front:
        return "Nothing is on the front yet."
    head = ["trials", *spec.goals, "configuration"]
    lines = [head, ["---"] * len(head)]
    for point in front:
        numbers = " ".join(map(str, point.trials))
        values = [f"{point.values[name]:.6g}" for name in spec.goals]
        words = describe(point.configuration, spec.anatomy).replace("|", "/")
        lines.append([numbers, *values, words])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _curve(trial: Trial, losses: Sequence[Measurement]) -> tuple[tuple[int, float], ...]:
    told = trial.provenance.get("steps")
    steps = told if isinstance(told, int) and told > 0 else _PERCENT
    found = {round(steps * x.fidelity / trial.fidelity): x.value for x in losses}
    return tuple(sorted(found.items()))
