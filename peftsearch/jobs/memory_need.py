"""The memory that a job's model takes, told before anything of it is loaded."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from peftsearch.spaces.configurations.activations import step_bytes
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.models.dtypes import choose_dtype, read_weights
from peftsearch.workers.models.locations import fetch_model


@dataclass(frozen=True)
class MemoryNeed:
    """Of each worker.

    Attributes:
        parameters: Numbers in the model's files.
        dtype: In what they are held.
        bytes: That they take.
        step: Bytes of a training step beside them, at most.
    """

    parameters: int
    dtype: str
    bytes: int
    step: int


def foresee_memory(
    spec: JobSpec, configurations: Iterable[Configuration], tokens: float
) -> MemoryNeed:
    """By the headers of the model's files, on this machine's first device.

    Args:
        configurations: The step is that of the largest.
        tokens: Of an example, padding included.

    Raises:
        UserError: The model cannot be had, or its files are none of weights.
    """
    from peftsearch.workers.runtime.devices import choose_device

    weights = read_weights(fetch_model(spec.model.path))
    dtype = choose_dtype(spec.model.dtype, weights, choose_device())
    words = 0 if find_kind(spec.task.kind).form.fresh_head else spec.anatomy.vocabulary or 0
    largest = max(regime.batch_size for regime in spec.training.regimes())
    examples = math.ceil(largest / spec.training.accumulate)
    size = (examples, tokens, words)
    step = max(step_bytes(x, spec.anatomy, *size) for x in configurations)
    return MemoryNeed(weights.parameters, dtype, weights.bytes(dtype), round(step))
