"""How long a job will take on this machine, where its steps cannot be timed.

A forecast from floating-point operations and this machine's measured speed at one of the model's
own matrix products: of whole batches, and of one token of each of a few rows, as responses are
written. Real steps reach a part of that speed; `EFFICIENCY` is that part, measured on encoders on
CPU, and `UNTIMED` says how far off it may be. Beside the arithmetic each layer takes the
time of calling its operations, which is most of a small model's, and of a GPU's small batches.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from peftsearch.records.ranges import NO_TIME, Range, add_ranges
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.training_flops import forward_flops, training_flops
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.preparation.foreseen import Reading

EFFICIENCY = 0.35
UNTIMED = 0.6
"""Standard deviation of the logarithm of a time that is told by arithmetic alone."""
_TOKENS = 32
"""Of each row of a batch, where its speed is measured."""
_IN_TRAINING, _IN_READING = 2.0, 0.8
"""The time of calling one layer's operations in a training step with LoRA, and in a pass without
gradients, by that of a plain layer forward and backward: seven families were 1.5 to 2.5 and .6 to
1.4 on a CPU."""


@dataclass(frozen=True)
class Speed:
    """Of this machine.

    Attributes:
        reading: Operations per second at a layer's largest product of whole batches, in float32.
        writing: The same of one token of each row that is generated together.
        calling: Seconds of a plain layer with hardly any arithmetic, forward and backward.
    """

    reading: float
    writing: float
    calling: float = 0.0


def measure_speed(anatomy: Anatomy, batch: int) -> Speed:
    """That of this machine.

    Args:
        batch: Rows of a step.
    """
    from peftsearch.workers.training.generation import BATCH_SIZE

    reading, writing = (_multiply(anatomy, x) for x in (batch * _TOKENS, BATCH_SIZE))
    return Speed(reading, writing, _call_layer())


def trial_flops(spec: JobSpec, first: Sequence[Configuration], rows: int, held_out: int) -> float:
    """Mean operations of a trial: training, and a pass over the validation split at each stop.
    Of what is searched of the training, all values count alike.

    Args:
        spec: With the workload of the regime of the largest batches.
        rows: Of the training split.
        held_out: Of the validation split.
    """
    passes = fmean(regime.passes(rows) for regime in spec.training.regimes())
    flops = passes * fmean(training_flops(x, _counted(spec)) for x in first)
    return flops / _passes(spec, rows) + _looks(spec, rows) * held_out * _row_flops(spec, rows)


def calling_seconds(spec: JobSpec, rows: int, held_out: int, speed: Speed) -> float:
    """What a trial takes beside its arithmetic.

    Args:
        rows: Of the training split.
        held_out: Of the validation split.
    """
    from peftsearch.workers.batches.encodings import EVALUATED

    steps = fmean(regime.steps(rows) for regime in spec.training.regimes())
    read = _looks(spec, rows) * math.ceil(held_out / EVALUATED)
    layers = spec.anatomy.layers * (_IN_TRAINING * steps + _IN_READING * read)
    return layers * speed.calling


def reading_seconds(
    spec: JobSpec, reading: Reading, rows: int, response: int, speed: Speed
) -> float:
    """How long the model without an adapter is at something.

    Args:
        spec: As for `trial_flops`.
        rows: Of the training split.
        response: Tokens of each response that it writes.
    """
    workload, row = spec.anatomy.counted_workload, _row_flops(spec, rows)
    token = row * workload.sequences / sum(workload.tokens)
    read = reading.read * row / speed.reading
    return (read + reading.written * response * token / speed.writing) / EFFICIENCY


def count_trials(spec: JobSpec, seconds: float, most: float) -> int:
    """Trials within the budget, where one ends every `seconds` and there are at most so many."""
    limits = [most]
    if spec.budget.trials is not None:
        limits.append(spec.budget.trials)
    if spec.budget.hours is not None:
        limits.append(math.ceil(spec.budget.hours * 3600 / seconds))
    return int(min(limits))


def foresee_time(spec: JobSpec, each: Range, most: float, before: Range = NO_TIME) -> Range:
    """How long a whole job takes: trials faster and slower than is likely, each time as many as
    the budget then has. Hours bind, but the last trial ends later than they do, and they begin
    after the preparation.

    Args:
        each: From the end of one trial to that of the next.
        most: Trials that there are.
        before: The start of the workers, and the preparation.
    """
    low, likely, high = (
        count_trials(spec, x, most) * x for x in (each.low, each.likely, each.high)
    )
    # Where hours bind, slower trials may end the job sooner.
    least, most_seconds = min(low, likely, high), max(low, likely, high)
    return add_ranges((before, Range(least, likely, most_seconds)))


def _looks(spec: JobSpec, rows: int) -> float:
    """At the validation split, of a trial; of what is searched of the training, the mean."""
    training = spec.training
    stops = (training.stops(x.steps(rows), spec.task.quality) for x in training.regimes())
    return fmean(map(len, stops))


def _counted(spec: JobSpec) -> Anatomy:
    """With the workload of the largest batches alone."""
    return spec.anatomy.model_copy(update={"workload": spec.anatomy.counted_workload.alone})


def _passes(spec: JobSpec, rows: int) -> float:
    """Over the training rows, that the workload counts."""
    return max(spec.training.regimes(), key=lambda regime: regime.batch_size).passes(rows)


def _row_flops(spec: JobSpec, rows: int) -> float:
    """Of the frozen model for one row, the mean of the training rows."""
    return forward_flops(_counted(spec)) / _passes(spec, rows) / rows


def _multiply(anatomy: Anatomy, rows: int) -> float:
    import torch

    linear = max(anatomy.linears.values(), key=lambda x: x.inputs * x.outputs)
    left = torch.randn(rows, linear.inputs, device=_device())
    right = torch.randn(linear.inputs, linear.outputs, device=_device())
    seconds = _time(lambda: (left @ right).sum().item())
    return 2.0 * left.shape[0] * right.numel() / seconds


def _call_layer() -> float:
    import torch
    from torch import nn

    layer = nn.TransformerEncoderLayer(8, 1, 16, batch_first=True, device=_device())
    row = torch.zeros(1, 2, 8, device=_device())

    def step() -> None:
        layer(row).sum().backward()
        layer.linear1.bias.grad.sum().item()  # type: ignore[union-attr]

    return _time(step)


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _time(operation: Callable[[], object]) -> float:
    """Seconds of something that waits for its result, the fastest of 20 times."""
    times = []
    for _ in range(20):
        started = time.perf_counter()
        operation()
        times.append(time.perf_counter() - started)
    return min(times)
