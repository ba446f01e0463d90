"""Costs that need no training, by the name that job files and measurements use."""

from .cost import adapter_bytes, backward_depth, export_bytes, trainable_parameters
from .training_flops import training_flops
from .training_memory import training_memory

KNOWN_COSTS = {
    "trainable_parameters": trainable_parameters,
    "adapter_bytes": adapter_bytes,
    "export_bytes": export_bytes,
    "backward_depth": backward_depth,
    "training_memory": training_memory,
    "training_flops": training_flops,
}
