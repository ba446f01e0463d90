"""The memory that training a configuration takes at its peak: known before training.

A bound from above of the tensors that a training step holds at a time. What kernels use for
themselves, and what an allocator keeps in fragments, are not in it.
"""

import math

from peftsearch.spaces.families.anatomy import Anatomy, Linear, Stack
from peftsearch.spaces.families.passing_activations import passing_by
from peftsearch.spaces.techniques.table import technique

from .activations import BYTES_PER_ACTIVATION, kept_activations
from .configuration import Configuration, Module
from .cost import BYTES_PER_PARAMETER, adapter_bytes, backward_depth, trainable_parameters
from .regimes import as_trained

_OPTIMISED = 4
"""Of each number of an adapter itself, its gradient and the two moments of AdamW. Of a number of
the base that is trained, where itself is counted already, the copy by which it is put back."""
_OF_HEAD = 5
"""The same and that copy of each number of the head, which is not counted with the base."""
_OUTPUTS = 3
"""Of each output of a token itself, its logarithm and its gradient."""
_MATRICES = 3
"""The size of a matrix, where a technique changes it as a whole: its change in the making, and
gradients of that."""
_SHARE = 0.75
"""Of activations in float32, what they take where products are in bfloat16."""
_UPDATED = 2
"""Of the largest tensor, while AdamW changes it; what it made of the one before is there still."""
_TENSORS = 6
"""That a technique trains of one linear, or of modules beside the linears, at most."""


def training_memory(configuration: Configuration, anatomy: Anatomy) -> int:
    """Bytes at the peak of a training step: the frozen weights, adapter and head with gradients
    and the optimiser's state, and what the largest batch takes."""
    return frozen_bytes(anatomy) + step_bytes(configuration, anatomy)


def frozen_bytes(anatomy: Anatomy) -> int:
    """Of the frozen weights that a worker holds: the model's, and those of a job's encoder."""
    encoder = 0 if anatomy.encoder is None else anatomy.encoder.counted_workload.base_bytes
    return anatomy.counted_workload.base_bytes + encoder


def step_bytes(configuration: Configuration, anatomy: Anatomy) -> int:
    """Bytes of a training step beside the model's frozen weights, at most; 0 where nothing is
    trained."""
    anatomy = as_trained(configuration, anatomy)
    workload = anatomy.counted_workload
    heads = [math.prod(x.shape) for x in anatomy.head or ()]
    trained, head = trainable_parameters(configuration, anatomy), sum(heads)
    if not trained + head:
        return 0
    stored = adapter_bytes(configuration, anatomy) - BYTES_PER_PARAMETER * trained
    held = BYTES_PER_PARAMETER * (_OPTIMISED * trained + _OF_HEAD * head) + stored
    held += workload.input_bytes + _frozen(configuration, anatomy)
    batch = _kept(configuration, anatomy) + _passing(configuration, anatomy) + _outputs(anatomy)
    largest = max(heads, default=0)
    before = min(largest, trained + head - largest)
    updating = max(trained + head, _UPDATED * largest + before)
    counts = BYTES_PER_PARAMETER * (_count_tensors(configuration, anatomy) + len(heads) + 1)
    return held + counts + math.ceil(BYTES_PER_ACTIVATION * max(batch, updating))


def _count_tensors(configuration: Configuration, anatomy: Anatomy) -> int:
    """Trained tensors, at most: of each AdamW keeps a count of its steps."""
    total = _TENSORS * bool(configuration.input)
    for layer, modules in enumerate(configuration.profile):
        stack, index = anatomy.locate(layer)
        for module in modules:
            row = technique(module.technique)
            total += len(row.tensors(stack, index)) if row.tensors else 0
            total += _TENSORS * (len(_aimed(module, stack)) + (row.layer is not None))
    return total


def _kept(configuration: Configuration, anatomy: Anatomy) -> float:
    """Numbers that the largest batch keeps, as many bytes each as float32. Products in bfloat16
    keep less of the activations, and where weights are float32, a copy of each that they read."""
    workload = anatomy.counted_workload
    kept = kept_activations(anatomy).count(configuration)
    if workload.precision == "float32":
        return kept
    lowest = anatomy.layers - backward_depth(configuration, anatomy)
    visited = [sum(stack.weights().values()) for stack, _ in anatomy.each()][lowest:]
    copied = max(visited, default=0) if workload.recomputed else sum(visited)
    return _SHARE * kept + (copied / 2 if workload.base_dtype == "float32" else 0)


def _passing(configuration: Configuration, anatomy: Anatomy) -> float:
    """Numbers of the largest batch that are alive within one layer for a while."""
    kept, row = kept_activations(anatomy), passing_by(anatomy)
    virtual = configuration.virtual_tokens
    places = range(len(anatomy.stacks))
    tokens = [kept.tokens(place, virtual) for place in places]
    each = [tokens[x] * row.count(anatomy, x, tokens[x]) for x in places]
    whole = any(technique(x).activations.matrices for x in configuration.techniques)
    matrices = max(x.inputs * x.outputs for x in anatomy.linears.values()) if whole else 0
    return kept.anatomy.counted_workload.together * max(each) + _MATRICES * matrices


def _frozen(configuration: Configuration, anatomy: Anatomy) -> int:
    """Bytes of what techniques hold beside what they train and save: of each linear, and random
    matrices that all linears with a technique share."""
    total = 0
    for modules, (stack, _) in zip(configuration.profile, anatomy.each(), strict=True):
        for module in modules:
            if (count := technique(module.technique).held) is not None:
                total += sum(count(x, role, module.capacity) for role, x in _aimed(module, stack))
    for module in {x for modules in configuration.profile for x in modules}:
        if technique(module.technique).activations.projected:
            linears = [x for stack in anatomy.stacks for _, x in _aimed(module, stack)]
            widths = max(x.inputs for x in linears) + max(x.outputs for x in linears)
            total += BYTES_PER_PARAMETER * module.capacity * widths
    return total


def _aimed(module: Module, stack: Stack) -> list[tuple[str, Linear]]:
    return [(role, stack.linears[role]) for role in module.roles if role in stack.linears]


def _outputs(anatomy: Anatomy) -> int:
    """Numbers of the outputs of a language model for the largest batch."""
    workload = anatomy.counted_workload
    return _OUTPUTS * workload.words * workload.together * workload.longest[-1]
