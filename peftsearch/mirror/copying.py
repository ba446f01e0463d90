"""A job as an Optuna study, for `optuna-dashboard` and Optuna's plots."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from peftsearch.insight.domains import Category, Domain, domains
from peftsearch.insight.parameters import parameters
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.wording import describe
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .studies import add_new, open_storage, open_study

NUMBER = "number"
"""User attribute of each Optuna trial: its number in the job."""


def copy_job(job: Job, trials: Sequence[Trial], url: str) -> tuple[int, int]:
    """How many trials the study had, and how many were added.

    Trials that ended are copied in the order of their numbers, so that a job that has ended keeps
    its numbers; one that is copied while it runs has those of its early ends first.

    Args:
        url: Database of the study.

    Raises:
        UserError: It is no database for Optuna, or has another study of that name.
    """
    spec = job.spec
    metrics = {name: objective(name).maximise for name in spec.goals}
    storage = open_storage(url)
    try:
        open_study(
            storage, job.name, metrics, {"peftsearch_job": job.name, "created": job.created}
        )
        make = _Converter(spec)
        ended = [trial for trial in trials if trial.ended is not None]
        there = add_new(
            storage,
            job.name,
            NUMBER,
            lambda numbers: [make(trial) for trial in ended if trial.number not in numbers],
        )
        return there, len(ended) - there
    finally:
        storage.engine.dispose()


class _Converter:
    """Makes a job's trials Optuna's."""

    def __init__(self, spec: JobSpec) -> None:
        self._spec = spec
        self._domains = domains(spec)
        self._metrics = spec.goals

    def __call__(self, trial: Trial) -> FrozenTrial:
        row = parameters(trial.configuration, self._spec.anatomy)
        found = {
            name: (row[name], distribution)
            for name, domain in self._domains.items()
            if (distribution := _distribution(domain, row[name])) is not None
        }
        done = trial.state is TrialState.COMPLETED
        whole = done and trial.fidelity == 1.0
        made = create_trial(
            state=OptunaState.COMPLETE
            if whole
            else OptunaState.PRUNED
            if done
            else OptunaState.FAIL,
            values=[trial.measurements[name] for name in self._metrics] if whole else None,
            params={name: value for name, (value, _) in found.items()},
            distributions={name: distribution for name, (_, distribution) in found.items()},
            user_attrs=self._attributes(trial),
            constraints=self._constraints(trial),
        )
        made.datetime_start, made.datetime_complete = _times(trial)
        return made

    def _attributes(self, trial: Trial) -> dict[str, Any]:
        told: dict[str, Any] = {
            NUMBER: trial.number,
            "description": describe(trial.configuration, self._spec.anatomy),
            "key": trial.key,
            "seed": trial.seed,
            "origin": trial.origin,
            "adapter": trial.adapter,
            "failure": trial.failure and trial.failure.value,
            "message": trial.message,
        }
        kept = {name: value for name, value in told.items() if value is not None}
        return {**trial.measurements, **kept}

    def _constraints(self, trial: Trial) -> dict[str, float]:
        """By how much each bound is missed; 0 or less where it holds."""
        values, spec = trial.measurements, self._spec
        bounds = [bound for bound in (*spec.bounds, *spec.limits) if bound.name in values]
        return {str(bound): bound.missed_by(values[bound.name]) for bound in bounds}


def _times(trial: Trial) -> tuple[datetime, datetime]:
    """Start and end in local time, as Optuna keeps them."""
    assert trial.ended is not None
    started = trial.ended if trial.claimed is None else trial.claimed
    return datetime.fromtimestamp(started), datetime.fromtimestamp(trial.ended)


def _distribution(domain: Domain, value: float | str) -> BaseDistribution | None:
    """Of a value that the job's space can hold, the same for all of its trials.

    A number outside, which an older release may have allowed, has one that is wider; a category
    outside has none, since Optuna wants the same choices everywhere.
    """
    if isinstance(domain, Category):
        return _make(domain) if value in domain.choices else None
    number = float(value)
    if domain.low <= number <= domain.high:
        return _make(domain)
    return _make(replace(domain, low=min(domain.low, number), high=max(domain.high, number)))


@cache
def _make(domain: Domain) -> BaseDistribution:
    if isinstance(domain, Category):
        return CategoricalDistribution(domain.choices)
    if domain.whole:
        return IntDistribution(int(domain.low), int(domain.high), log=domain.log)
    return FloatDistribution(domain.low, domain.high, log=domain.log)
