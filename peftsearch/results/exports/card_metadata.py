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

from .public_names import hub_id, public_name

_LIBRARIES = {"peft": "peft", "adapter": "peftsearch", "merged": "transformers"}
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

    A base model is named where it is one of a hub: hubs would take any other for one of theirs.

    Args:
        error: Standard error of the quality by the validation rows; None where unknown.
        trained: All trainings of the configuration, whose mean is told.
        calibration: As the export's report has it.
        confirmed: What the test rows said of the configuration; None where it was not confirmed.
    """
    kind, techniques = find_kind(spec.task.kind), sorted(trial.configuration.techniques)
    data = ModelCardData(
        model_name=f"{spec.name}-trial-{trial.number}",
        base_model=hub_id(spec.model.path),
        library_name=_LIBRARIES[form],
        pipeline_tag=kind.pipeline or None,
        tags=list(dict.fromkeys(["peftsearch", *techniques])),
        metrics=[spec.task.quality],
        datasets=hub_id(spec.task.train),
        eval_results=[
            *_tested(spec, kind.pipeline or kind.name, confirmed),
            _result(spec, trial, kind.pipeline or kind.name, error, trained),
            *_calibration(spec, kind.pipeline or kind.name, calibration),
        ],
    )
    return f"---\n{data.to_yaml()}\n---\n"


def _result(
    spec: JobSpec, trial: Trial, task: str, error: float | None, trained: Estimate[Trial]
) -> EvalResult:
    """The quality that the search optimised, at the mean of all trainings, with its interval."""
    name = spec.task.quality
    value = trained.values[name]
    known: dict[str, Any] = {} if error is None else _interval(name, value, error)
    if len(trained.trials) > 1:
        known |= {"trainings": len(trained.trials), "of_this_one": trial.measurements[name]}
    if trial.validation_rows is not None:
        known["rows"] = trial.validation_rows
    dataset = public_name(spec.task.train)
    return EvalResult(
        task_type=task,
        dataset_type=hub_id(spec.task.train) or "local",
        dataset_name=dataset,
        dataset_config=spec.task.subset,
        dataset_split="validation",
        metric_type=name,
        metric_name=f"{objective(name).label}, which the search optimised",
        metric_value=value,
        metric_args=known or None,
    )


def _tested(spec: JobSpec, task: str, found: OnTest | None) -> Sequence[EvalResult]:
    """The same quality on the test rows, which the search did not see."""
    if found is None:
        return ()
    name, source = spec.task.quality, spec.task.test or spec.task.train
    known: dict[str, Any] = {"trainings": len(found.values), "rows": found.rows}
    if found.interval is not None:
        known |= {"interval": [round(x, 6) for x in found.interval], "level": found.level}
    if found.reading is not None:
        known["reading_of_the_split"] = found.reading
    return [
        EvalResult(
            task_type=task,
            dataset_type=hub_id(source) or "local",
            dataset_name=public_name(source),
            dataset_config=spec.task.subset,
            dataset_split="test",
            metric_type=name,
            metric_name=f"{objective(name).label}, mean of new trainings of the configuration",
            metric_value=found.mean,
            metric_args=known,
        )
    ]


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
            dataset_name=public_name(spec.task.train),
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
