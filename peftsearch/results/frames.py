"""Trials and fronts as data frames of `pandas`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial
from peftsearch.records.trial_note import TrialNote
from peftsearch.spaces.jobspec.spec import JobSpec

from .views import front_json, trial_json
from .wording import describe

if TYPE_CHECKING:
    from pandas import DataFrame

_OF_A_ROW = (
    "standard_error",
    "proposed",
    "knee",
    "seeds",
    "trials",
    "names",
    "key",
    "description",
    "configuration",
)
_OF_A_TRIAL = (
    "state",
    "origin",
    "seed",
    "attempt",
    "failure",
    "message",
    "name",
    "note",
    "key",
    "adapter",
)


def frame_trials(
    trials: Sequence[Trial], spec: JobSpec, notes: Mapping[int, TrialNote]
) -> "DataFrame":
    """A row for each trial, by its number: what it measured by objective, how it ended, what
    people wrote on it, and its configuration in words and as plain data."""
    rows = [_trial_row(trial, spec, notes) for trial in trials]
    return _frame([trial.number for trial in trials], rows, "trial")


def frame_front(
    members: Sequence[Estimate[Trial]], spec: JobSpec, notes: Mapping[int, TrialNote]
) -> "DataFrame":
    """A row for each point of the front, by its number as `pick` takes it, ascending by cost."""
    rows = [_front_row(x) for x in front_json(members, spec, notes)]
    return _frame(list(range(1, len(rows) + 1)), rows, "row")


def _frame(numbers: Sequence[int], rows: Sequence[Mapping[str, Any]], name: str) -> "DataFrame":
    import pandas

    columns = list(dict.fromkeys(x for row in rows for x in row))
    index = pandas.Index(numbers, name=name, dtype="int64")
    return pandas.DataFrame.from_records(list(rows), columns=columns, index=index)


def _trial_row(trial: Trial, spec: JobSpec, notes: Mapping[int, TrialNote]) -> dict[str, Any]:
    known = trial_json(trial, notes)
    words = describe(trial.configuration, spec.anatomy)
    quality = spec.task.quality
    return {
        quality: trial.measurements.get(quality),
        **trial.measurements,
        **{name: known[name] for name in _OF_A_TRIAL},
        "description": words,
        "configuration": known["configuration"],
    }


def _front_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row["values"], **{name: row[name] for name in _OF_A_ROW}}
