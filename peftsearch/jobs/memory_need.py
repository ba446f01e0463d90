"""The memory that a job's model takes, told before anything of it is loaded."""

from collections.abc import Iterable
from dataclasses import dataclass

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.training_memory import frozen_bytes, step_bytes
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.models.dtypes import read_weights
from peftsearch.workers.models.locations import fetch_model


@dataclass(frozen=True)
class MemoryNeed:
    """Of each worker.

    Attributes:
        parameters: Numbers in the model's files.
        dtype: In what they are held.
        bytes: That they take, with those of the job's encoder where it has one.
        step: Bytes of a training step beside them, at most.
    """

    parameters: int
    dtype: str
    bytes: int
    step: int


def foresee_memory(spec: JobSpec, configurations: Iterable[Configuration]) -> MemoryNeed:
    """By the headers of the model's files.

    Args:
        spec: With its workload.
        configurations: The step is that of the largest.

    Raises:
        UserError: The model cannot be had, or its files are none of weights.
    """
    workload = spec.anatomy.counted_workload
    step = max(step_bytes(x, spec.anatomy) for x in configurations)
    parameters = read_weights(fetch_model(spec.model.path)).parameters
    return MemoryNeed(parameters, workload.base_dtype, frozen_bytes(spec.anatomy), step)
