"""A large job written straight into a database, as thousands of completed trials would leave it.

Configurations come from the default space of a 12-layer encoder, their costs from the formulas.
The quality is made up: it grows with the cost, so that the front is long. Events, the front's
entries and the measurements are what `Store.complete` would have written, one trial after another;
`tests/test_seeding.py` compares them with it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert

from peftsearch.records.job import JobState
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.storage.connection import connect, parse_url
from peftsearch.storage.schema import front_entries, jobs, measurements, trials
from peftsearch.storage.store import Store
from tests.specs import make_spec

_CONFIG = {
    "model_type": "bert",
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
}
_ROWS = 20_000
"""Validation rows: with fewer, most of the accuracies would tie."""
_FAILURES = 0.02
_BINS = 20
_CHUNK = 1000
_SECONDS = 30.0
"""Between the ends of two trials."""
_MESSAGES = {
    FailureKind.OUT_OF_MEMORY: "CUDA out of memory. Tried to allocate 2.00 GiB",
    FailureKind.NON_FINITE_LOSS: "the loss became nan at step 17",
    FailureKind.TIMEOUT: "expected a training of at most 10 minutes; got more",
    FailureKind.LOST_WORKER: "worker node-3 fell silent in attempt 3, the last that is allowed",
    FailureKind.BUG: "IndexError: index 512 is out of bounds for dimension 0 with size 512",
}


def spec_of(name: str, budget: int) -> JobSpec:
    """A job on the default space, whose budget leaves room for more trials."""
    return make_spec(name, anatomy=read_anatomy(_CONFIG), trials=budget)


@dataclass
class Staircase:
    """The front as trials of new keys come in: ascending in cost and in quality."""

    costs: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    qualities: list[float] = field(default_factory=list)

    def add(self, row: int, quality: float, cost: float) -> list[int] | None:
        """The rows that leave for this one; None where it does not enter."""
        here = bisect_right(self.costs, cost)
        if here and self.qualities[here - 1] >= quality:
            # Equals both stay on the real front; the made-up qualities rarely tie, so drop it.
            return None
        first = here
        while first and self.costs[first - 1] == cost:
            first -= 1
        last = here
        while last < len(self.qualities) and self.qualities[last] <= quality:
            last += 1
        gone = self.rows[first:last]
        self.costs[first:last] = [cost]
        self.qualities[first:last] = [quality]
        self.rows[first:last] = [row]
        return gone


@dataclass(frozen=True)
class Sample:
    """Columns of `n` trials.

    Attributes:
        values: Objective name to `n` numbers.
        failed: Which of them failed, `n`.
    """

    configurations: Sequence[Configuration]
    values: dict[str, np.ndarray[Any, np.dtype[np.float64]]]
    failed: np.ndarray[Any, np.dtype[np.bool_]]


def draw(spec: JobSpec, number: int, seed: int) -> Sample:
    """`number` distinct configurations, the linear probe first, with measurements."""
    rng = np.random.default_rng(seed)
    space = make_space(spec)
    frozen = space.sample(rng)
    probe = Configuration(tuple(type(x)(x.start, x.stop) for x in frozen.strata), 1e-3)
    found = {probe.key: probe}
    while len(found) < number:
        drawn = space.sample(rng)
        found.setdefault(drawn.key, drawn)
    kept = list(found.values())
    values = {
        name: np.array([float(cost(x, spec.anatomy)) for x in kept])
        for name, cost in KNOWN_COSTS.items()
    }
    values |= _measure(values, rng)
    failed = rng.random(number) < _FAILURES
    failed[0] = False
    return Sample(kept, values, failed)


def _measure(values: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    cost, depth = values["trainable_parameters"], values["backward_depth"]
    decades = np.log10(np.maximum(cost, 100.0)) - 2.0
    # Near its best, the quality of a real search differs by little; far from it, by anything.
    loss = rng.gamma(1.2, 0.022, len(cost))
    accuracy = np.clip(0.55 + 0.075 * decades - loss * (cost > 0), 0.0, 1.0)
    accuracy = np.round(accuracy * _ROWS) / _ROWS
    return {
        "accuracy": accuracy,
        "f1": accuracy - 0.004,
        "matthews": 2.0 * accuracy - 1.0,
        "loss": 1.2 - accuracy,
        "training_seconds": 6.0 + 1.5 * depth + rng.random(len(cost)),
        "peak_memory_bytes": 4e8 + 3e7 * depth + 16.0 * cost,
    }


def seed_job(url: str, name: str, number: int, seed: int = 0) -> int:
    """Write one job of `number` ended trials; the number of points on its front.

    Args:
        url: A database at the newest schema.
    """
    spec = spec_of(name, number + 10_000)
    with Store.open(url) as store:
        job = store.create_job(spec)
    sample = draw(spec, number, seed)
    with connect(parse_url(url)).execution_options(writes=True) as connection:
        with connection.begin():
            start = job.created - number * _SECONDS
            _insert_trials(connection, job.id, sample, start)
            entries = list(_front_rows(job.id, spec, sample))
            for chunk in _chunks(entries):
                connection.execute(insert(front_entries), chunk)
            ended = jobs.update().where(jobs.c.id == job.id)
            connection.execute(ended.values(event=number, created=start, state=JobState.RUNNING))
    return sum(row["left_event"] is None for row in entries)


def _insert_trials(connection: Connection, job_id: int, sample: Sample, start: float) -> None:
    rows = [_trial_row(job_id, i, sample, start) for i in range(len(sample.configurations))]
    for chunk in _chunks(rows):
        connection.execute(insert(trials), chunk)
    query = trials.select().with_only_columns(trials.c.number, trials.c.id)
    ids = {n: i for n, i in connection.execute(query.where(trials.c.job_id == job_id))}
    for chunk in _chunks(list(_measurement_rows(ids, sample)), _CHUNK * 10):
        connection.execute(insert(measurements), chunk)


def _trial_row(job_id: int, number: int, sample: Sample, start: float) -> dict[str, Any]:
    configuration, failed = sample.configurations[number], bool(sample.failed[number])
    kind = list(_MESSAGES)[number % len(_MESSAGES)] if failed else None
    ended = start + (number + 1) * _SECONDS
    return {
        "job_id": job_id,
        "number": number,
        "key": configuration.key,
        "seed": 1000 + number,
        "configuration": configuration.to_json(),
        "origin": "probe" if number == 0 else "search",
        "fidelity": 1.0,
        "state": TrialState.FAILED if failed else TrialState.COMPLETED,
        "attempt": 1,
        "worker": f"node-{number % 4}",
        "claimed_at": ended - 20.0,
        "ended_at": ended,
        "ended_event": number + 1,
        "failure": kind,
        "message": _MESSAGES[kind] if kind else None,
        "provenance": {} if failed else _provenance(1000 + number),
        "adapter": None if failed else f"large/trials/{number:06d}-1",
    }


def _provenance(seed: int) -> dict[str, Any]:
    return {
        "versions": {"python": "3.11.7", "peftsearch": "0.1.0", "torch": "2.13.0+cpu"},
        "model": {"path": "models/encoder", "sha256": "6fce" * 16, "heads": ["classifier"]},
        "data": "bac8" * 16,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "seed": seed,
        "kind": "classification",
        "train_rows": 1000,
        "validation_rows": _ROWS,
        "head_parameters": 1538,
    }


def _measurement_rows(ids: dict[int, int], sample: Sample) -> Iterator[dict[str, Any]]:
    for number, failed in enumerate(sample.failed):
        row = {"trial_id": ids[number], "fidelity": 1.0}
        names = KNOWN_COSTS if failed else sample.values
        yield from (row | {"name": x, "value": float(sample.values[x][number])} for x in names)
        if not failed:
            final = float(sample.values["loss"][number])
            for i in range(_BINS):
                share = (i + 0.5) / _BINS
                value = final + (1.0 - share) ** 2
                point = {"name": "training_loss", "fidelity": share, "value": value}
                yield row | point


def _front_rows(job_id: int, spec: JobSpec, sample: Sample) -> Iterator[dict[str, Any]]:
    """What stands on the front from which event until which."""
    stairs = Staircase()
    standing: dict[int, dict[str, Any]] = {}
    quality, cost = (sample.values[x] for x in (spec.task.quality, spec.objectives.cost))
    for number in np.flatnonzero(~sample.failed):
        row = int(number)
        gone = stairs.add(row, float(quality[row]), float(cost[row]))
        if gone is None:
            continue
        for left in gone:
            yield standing.pop(left) | {"left_event": row + 1}
        standing[row] = {
            "job_id": job_id,
            "key": sample.configurations[row].key,
            "means": {name: float(values[row]) for name, values in sample.values.items()},
            "trial_numbers": [row],
            "entered_event": row + 1,
        }
    yield from (row | {"left_event": None} for row in standing.values())


def _chunks(rows: list[dict[str, Any]], size: int = _CHUNK) -> Iterator[list[dict[str, Any]]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
