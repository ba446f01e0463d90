"""The front matter of a card: what model hubs read of an adapter."""

from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial
from peftsearch.results.confirmations.tested_reports import OnTest
from peftsearch.spaces.configurations.forms import Form
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .public_names import base_id, hub_id
from .told_sources import tell_source

_LIBRARIES = {"peft": "peft", "adapter": "peftsearch", "merged": "transformers"}
_THIS = "this adapter"
_OPTIMISED = "which the search optimised"
_HALF_WIDTH = 1.959964
"""Standard errors from the middle of a normal 95 % interval to its end."""


def front_matter(
    spec: JobSpec,
    trial: Trial,
    form: Form,
    error: float | None,
    trained: Estimate[Trial],
    calibration: Mapping[str, Any] | None = None,
    confirmed: OnTest | None = None,
) -> str:
    """YAML between two lines of dashes.

    A base model is named where it is one of a hub, or a sample of one: hubs would take any other
    for one of theirs. Values of this adapter and means over trainings of its configuration are
    metrics of their own, each with its name.

    Args:
        error: Standard error of the quality by the validation rows; None where unknown.
        trained: All trainings of the configuration, whose mean is told.
        calibration: As the export's report has it.
        confirmed: What the test rows said of the configuration; None where it was not confirmed.
    """
    kind, techniques = find_kind(spec.task.kind), sorted(trial.configuration.techniques)
    data = ModelCardData(
        model_name=f"{spec.name}-trial-{trial.number}",
        base_model=base_id(spec.model.path),
        library_name=_LIBRARIES[form],
        pipeline_tag=kind.pipeline or None,
        tags=list(dict.fromkeys(["peftsearch", *techniques])),
        metrics=[spec.task.quality],
        datasets=hub_id(spec.task.train),
        eval_results=[
            *_tested(spec, trial, kind.pipeline or kind.name, confirmed),
            *_validated(spec, trial, kind.pipeline or kind.name, error, trained),
            *_calibration(spec, kind.pipeline or kind.name, calibration),
        ],
    )
    return f"---\n{data.to_yaml()}\n---\n"


def _validated(
    spec: JobSpec, trial: Trial, task: str, error: float | None, trained: Estimate[Trial]
) -> Sequence[EvalResult]:
    """The quality that the search optimised: the mean of all trainings first, since the exported
    one may be the luckiest of them, then that of this adapter."""
    name, count = spec.task.quality, len(trained.trials)
    known = {} if trial.validation_rows is None else {"rows": trial.validation_rows}
    own = trial.measurements[name]
    told: list[tuple[float, str, dict[str, int]]] = [(own, f"{_THIS}, {_OPTIMISED}", {})]
    if count > 1:
        mean = trained.values[name]
        several = {"trainings": count}
        told = [(mean, f"mean of {count} trainings, {_OPTIMISED}", several), told[0]]
    return [
        _metric(
            (spec, task, "validation"),
            (name, value, which),
            (({} if error is None else _interval(name, value, error)) | more | known) or None,
        )
        for value, which, more in told
    ]


def _tested(spec: JobSpec, trial: Trial, task: str, found: OnTest | None) -> Sequence[EvalResult]:
    """The same quality on the test rows, which chose nothing: this adapter's own, where it was
    scored there, then the mean of new trainings of the configuration with its interval."""
    if found is None:
        return ()
    name, place = spec.task.quality, (spec, task, "test")
    known: dict[str, Any] = {"rows": found.rows}
    if found.reading is not None:
        known["reading_of_the_split"] = found.reading
    told = []
    if (own := found.adapters.get(trial.number)) is not None:
        told.append(_metric(place, (name, own, _THIS), known))
    mean = {"trainings": len(found.values)} | known
    if found.interval is not None:
        mean |= {"interval": [round(x, 6) for x in found.interval], "level": found.level}
    which = f"mean of {len(found.values)} new trainings"
    return [*told, _metric(place, (name, found.mean, which), mean)]


def _metric(
    place: tuple[JobSpec, str, str], told: tuple[str, float, str], known: dict[str, Any] | None
) -> EvalResult:
    """A value of the quality.

    Args:
        place: The job, its task as a hub calls it, and the split.
        told: The metric, its value, and what it is of.
        known: What else is known of it.
    """
    (spec, task, split), (name, value, which) = place, told
    source = (spec.task.test if split == "test" else None) or spec.task.train
    return EvalResult(
        task_type=task,
        dataset_type=hub_id(source) or "local",
        dataset_name=tell_source(source),
        dataset_config=spec.task.subset,
        dataset_split=split,
        metric_type=name,
        metric_name=f"{objective(name).label} ({which})",
        metric_value=value,
        metric_args=known,
    )


def _calibration(spec: JobSpec, task: str, told: Mapping[str, Any] | None) -> Sequence[EvalResult]:
    """The calibration error as shipped, with what a temperature makes of it."""
    if told is None:
        return ()
    before, after = told["before"], told["after"]
    known = {
        "rows": told["rows"],
        "bins": told["bins"],
        "by_chance": round(before["chance"], 6),
        "temperature": round(told["temperature"], 6),
        "with_temperature": round(after["value"], 6),
    }
    return [
        EvalResult(
            task_type=task,
            dataset_type=hub_id(spec.task.train) or "local",
            dataset_name=tell_source(spec.task.train),
            dataset_config=spec.task.subset,
            dataset_split="validation",
            metric_type="ece",
            metric_name="expected calibration error, bins of equal numbers of rows",
            metric_value=before["value"],
            metric_args=known,
        )
    ]


def _interval(name: str, value: float, error: float) -> dict[str, Any]:
    """Which ends at the best value that there is."""
    goal, half = objective(name), _HALF_WIDTH * error
    low, high = value - half, value + half
    low, high = (low, min(high, goal.best)) if goal.maximise else (max(low, goal.best), high)
    return {"standard_error": round(error, 6), "interval_95": [round(low, 6), round(high, 6)]}
