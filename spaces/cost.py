"""Exact costs before training: functions of the configuration and the model's anatomy alone.

The task head is excluded everywhere: it is the same for every configuration of a job.
"""

from dataclasses import dataclass

from .anatomy import Anatomy
from .configuration import Configuration, Module
from .techniques import technique

BYTES_PER_PARAMETER = 4
"""Adapters are stored in float32."""


@dataclass(frozen=True)
class Workload:
    """How much is trained: examples per epoch, mean tokens per example, epochs."""

    rows: int
    tokens: float
    epochs: float


def trainable_parameters(configuration: Configuration, anatomy: Anatomy) -> int:
    """Number of trained scalars, the head excluded."""
    return sum(layer_parameters(modules, anatomy) for modules in configuration.profile)


def layer_parameters(modules: tuple[Module, ...], anatomy: Anatomy) -> int:
    """Trained scalars of one layer. Base tensors that two techniques share count once."""
    base: dict[str, int] = {}
    injected = 0
    for module in modules:
        row = technique(module.technique)
        if row.tensors is not None:
            base.update(row.tensors(anatomy))
        if row.linear is not None:
            injected += sum(
                row.linear(anatomy.linears[role], role, module.capacity) for role in module.roles
            )
    return sum(base.values()) + injected


def adapter_bytes(configuration: Configuration, anatomy: Anatomy) -> int:
    """Bytes of the saved adapter's tensors, without the file's header and the head."""
    return BYTES_PER_PARAMETER * trainable_parameters(configuration, anatomy)


def backward_depth(configuration: Configuration, anatomy: Anatomy) -> int:
    """Number of layers that the backward pass visits: from the top down to the lowest adapted."""
    adapted = [layer for layer, modules in enumerate(configuration.profile) if modules]
    return anatomy.layers - adapted[0] if adapted else 0


def training_flops(configuration: Configuration, anatomy: Anatomy, workload: Workload) -> float:
    """Floating-point operations of training, by the usual two per weight and token and pass.

    Forward through all layers; backward through the visited ones for activations, and for the
    trained scalars themselves (Kaplan et al., arXiv 2001.08361, section 2.1, split by pass).
    Attention scores, embeddings and the head are left out.
    """
    weights = sum(x.inputs * x.outputs for x in anatomy.linears.values())
    passes = anatomy.layers + backward_depth(configuration, anatomy)
    trained = trainable_parameters(configuration, anatomy)
    per_token = 2.0 * (weights * passes + trained)
    return per_token * workload.rows * workload.tokens * workload.epochs


KNOWN_COSTS = {
    "trainable_parameters": trainable_parameters,
    "adapter_bytes": adapter_bytes,
    "backward_depth": backward_depth,
}
"""Costs that need no training, by the name that job files and measurements use."""
