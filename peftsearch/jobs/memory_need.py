"""The memory that a job's model takes, told before anything of it is loaded."""

from dataclasses import dataclass

from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.models.dtypes import choose_dtype, read_weights
from peftsearch.workers.models.locations import fetch_model


@dataclass(frozen=True)
class MemoryNeed:
    """Of each worker, beside what a step needs.

    Attributes:
        parameters: Numbers in the model's files.
        dtype: In what they are held.
        bytes: That they take.
    """

    parameters: int
    dtype: str
    bytes: int


def foresee_memory(spec: JobSpec) -> MemoryNeed:
    """By the headers of the model's files, on this machine's first device.

    Raises:
        UserError: The model cannot be had, or its files are none of weights.
    """
    from peftsearch.workers.runtime.devices import choose_device

    weights = read_weights(fetch_model(spec.model.path))
    dtype = choose_dtype(spec.model.dtype, weights, choose_device())
    return MemoryNeed(weights.parameters, dtype, weights.bytes(dtype))
