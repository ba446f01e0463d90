"""Results that were measured elsewhere, as a finished job: its front can be looked at, later jobs
learn from it, and `resume` goes on from it."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Proposal
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.hyperparameters import HYPERPARAMETERS
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.sampler_names import IMPORTED
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.storage.store import Store

from . import life
from .result_files import Row, read_rows

MOST = 5_000
"""Results of one job."""
_LEASE_SECONDS = 600.0
WRITTEN = ("configuration", "recipe", "rank", "learning_rate", *HYPERPARAMETERS)
"""Keys that say what was trained, as a job file's `[[try]]` does."""
_TOLD = ("seed", "validation_rows")


@dataclass(frozen=True)
class Result:
    """One training that somebody ran.

    Attributes:
        measurements: Value by objective.
        known: What else was said of it, for its provenance.
        source: Where it comes from, if not from where all come from.
    """

    configuration: Configuration
    seed: int
    measurements: Mapping[str, float]
    known: Mapping[str, Any]
    source: str = ""


def read_results(path: Path, spec: JobSpec) -> list[Result]:
    """The results of a file: CSV with a header, JSON lines, or what `peftsearch show JOB --json`
    prints, of which the completed trials count.

    A row has what a `[[try]]` of a job file has, `recipe` with `rank` and `learning_rate` or a
    whole `configuration`, and a value for each objective that was measured; `seed` and
    `validation_rows` where they are known. Rows of a configuration without a seed count as seeds.

    Raises:
        UserError: The file cannot be read, or a row is no result of this job.
    """
    found: dict[tuple[str, int], Result] = {}
    for place, row in read_rows(path):
        try:
            result = read_result(row, spec, found)
        except UserError as error:
            raise UserError(f"{error.expected} in {place}", error.got, error.hint) from error
        found[result.configuration.key, result.seed] = result
    if not 0 < len(found) <= MOST:
        got = f"{len(found):,} in {path}"
        raise UserError(f"between 1 and {MOST:,} completed results", got, "correct the file")
    return [*found.values()]


def import_results(
    store: Store, spec: JobSpec, results: Sequence[Result], source: str, priced: JobSpec
) -> Job:
    """A finished job of these results; all of them are recorded or none.

    Args:
        spec: Complete; its budget becomes the number of results.
        source: Where they come from, for their provenance.
        priced: The spec with a head, by which known costs are counted.

    Raises:
        Conflict: The name is taken.
        UserError: A result lacks what the front trades off.
    """
    spec = spec.model_copy(update={"budget": BudgetSpec(trials=len(results))})
    proposals = [Proposal(x.configuration, x.seed, IMPORTED) for x in results]
    costs = [priced.count_costs(x.configuration) for x in results]

    def write() -> Job:
        job = life.create(store, spec)
        token = store.take_suggestion_lease(job.id, IMPORTED, _LEASE_SECONDS)
        assert token is not None, "nobody else has seen the job"
        store.insert(job.id, token, proposals, costs)
        store.release_suggestion_lease(job.id, token)
        _complete(store, job, results, source)
        store.set_state(job.id, JobState.FINISHED)
        return store.job(job.id)

    return store.together(write)


def _complete(store: Store, job: Job, results: Sequence[Result], source: str) -> None:
    told = {(x.configuration.key, x.seed): x for x in results}
    while (trial := store.claim(job.id, IMPORTED, _LEASE_SECONDS)) is not None:
        result = told[trial.key, trial.seed]
        values = {**result.measurements, **trial.measurements}
        provenance = {IMPORTED: result.source or source, **result.known}
        store.complete(trial.id, trial.attempt, values, provenance, None)


def read_result(row: Row, spec: JobSpec, known: Collection[tuple[str, int]]) -> Result:
    """The result that a row tells.

    Args:
        known: Key and seed of those before it, by which a row without a seed is given one.

    Raises:
        UserError: It is none of this job.
    """
    configuration = _read_configuration(row, spec)
    check_configuration(configuration, spec.anatomy)
    values = {k: v for k, v in row.items() if k not in (*WRITTEN, *_TOLD)}
    measured = {name: _number(name, x) for name, x in values.items() if x not in (None, "")}
    for name in measured:
        objective(name)
    if spec.task.quality not in measured:
        raise UserError(f"a value of {spec.task.quality}", "none", "add it: it is the quality")
    numbers = {k: _whole(k, row[k]) for k in _TOLD if row.get(k) not in (None, "")}
    free = next(i for i in count() if (configuration.key, i) not in known)
    seed = numbers.pop("seed", free)
    if (configuration.key, seed) in known:
        got = f"seed {seed} of one configuration twice"
        raise UserError("another seed for each of its trainings", got, "leave seeds out")
    kept = {name: x for name, x in measured.items() if name not in spec.known_costs}
    return Result(configuration, seed, kept, numbers)


def _read_configuration(row: Row, spec: JobSpec) -> Configuration:
    written = row.get("configuration")
    if isinstance(written, str) and written:
        try:
            written = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise UserError("a configuration as JSON", show(written), "correct it") from error
    if not written:
        written = {k: read_cell(row[k]) for k in WRITTEN[1:] if row.get(k) not in (None, "")}
    if not isinstance(written, Mapping) or not written:
        raise UserError("a recipe or a configuration", "neither", "add a column for it")
    return spec.read_configuration(written)


def read_cell(value: Any) -> Any:
    """A cell of a CSV file as the number that it says, if it says one."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"a finite number for {name}", show(value), "correct it")
    return number


def _whole(name: str, value: Any) -> int:
    number = _number(name, value)
    if number != int(number) or not 0 <= number < 2**31:
        raise UserError(f"a whole number from 0 on for {name}", show(value), "correct it")
    return int(number)
