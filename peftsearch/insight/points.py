"""What charts and tables need of a trial: small enough to keep ten thousand in memory."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from peftsearch.records.axes import cost_of, quality_of
from peftsearch.records.trial import FailureKind, Trial, TrialState
from peftsearch.results.wording import describe
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.recipes import BASELINE
from peftsearch.spaces.jobspec.spec import JobSpec

from .compact import Compact
from .parameters import parameters


@dataclass(frozen=True, slots=True)
class Point:
    """A trial without its configuration's objects and its provenance.

    Attributes:
        event: The job's event at its end; None while it is open, as is `ended`.
        ended: Seconds since the epoch on the database's clock.
        seconds: From its last claim to its end; None while it is open.
        measurements: Objective name to value.
        words: The configuration in words.
        configuration: The same as JSON text.
        parameters: In people's terms (`insight.parameters`).
        quality: To maximise; None unless it was trained in full.
        cost: Exact, in the unit of the job's cost objective.
        validation_rows: That its quality was measured on; None where unknown.
        quality_error: Of its quality by these rows, as `Trial.quality_error`.
        gain_errors: Of its difference to floors, as `Trial.gain_errors`.
        frozen: Whether it adapts nothing.
        plain_lora: Whether all layers carry the same LoRA and nothing else.
        adapter: Whether an adapter was kept.
    """

    number: int
    key: str
    seed: int
    origin: str
    state: TrialState
    failure: FailureKind | None
    message: str | None
    event: int | None
    ended: float | None
    seconds: float | None
    fidelity: float
    attempt: int
    worker: str | None
    measurements: Mapping[str, float]
    words: str
    configuration: bytes
    parameters: Mapping[str, float | str]
    quality: float | None
    cost: float
    validation_rows: int | None
    quality_error: float | None
    gain_errors: Mapping[str, float]
    frozen: bool
    plain_lora: bool
    adapter: bool


def point_of(trial: Trial, spec: JobSpec, measured: Sequence[str] | None = None) -> Point:
    """What is kept of a trial.

    Args:
        measured: `spec.measured`, where it is at hand for many trials.

    Raises:
        UserError: The spec has no anatomy.
    """
    configuration, anatomy = trial.configuration, spec.anatomy
    return Point(
        number=trial.number,
        key=trial.key,
        seed=trial.seed,
        origin=sys.intern(trial.origin),
        state=trial.state,
        failure=trial.failure,
        message=trial.message,
        event=trial.event,
        ended=trial.ended,
        seconds=trial.running_seconds,
        fidelity=trial.fidelity,
        attempt=trial.attempt,
        worker=sys.intern(trial.worker) if trial.worker else None,
        measurements=Compact(trial.measurements),
        words=describe(configuration, anatomy),
        configuration=_bytes(configuration.to_json()),
        parameters=_shared(parameters(configuration, anatomy)),
        quality=quality_of(spec, trial, measured),
        cost=cost_of(spec, configuration),
        validation_rows=trial.validation_rows,
        quality_error=trial.quality_error,
        gain_errors=Compact(trial.gain_errors),
        frozen=configuration.frozen,
        plain_lora=is_plain_lora(configuration),
        adapter=trial.adapter is not None,
    )


def is_plain_lora(configuration: Configuration) -> bool:
    """Whether all layers carry one LoRA of the same rank on the same roles, and nothing else."""
    kinds = set(configuration.kinds)
    if configuration.input is not None or len(kinds) != 1:
        return False
    modules = next(iter(kinds))
    return len(modules) == 1 and modules[0].technique == BASELINE


def _bytes(content: Any) -> bytes:
    """Its JSON in as many bytes as it has: what orjson returns holds at least 4 KB."""
    return bytes(memoryview(orjson.dumps(content)))


def _shared(values: Mapping[str, float | str]) -> Compact[float | str]:
    """With texts that all points share."""
    texts = {name: sys.intern(value) for name, value in values.items() if isinstance(value, str)}
    return Compact({**values, **texts})
