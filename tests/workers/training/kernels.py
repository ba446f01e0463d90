"""Operations of kernels that PyTorch's counter does not know."""

from math import prod
from typing import Any

import torch
from torch.utils.flop_counter import sdpa_backward_flop_count, sdpa_flop_count


def _forward(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def _backward(gradient: Any, query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    found = sdpa_backward_flop_count(gradient, query, key, value)  # type: ignore[no-untyped-call]
    return int(found)


def _distances(points: Any, others: Any, *_: Any, **__: Any) -> int:
    """A product with a factor of 1 is a difference here, which is squared."""
    return int(2 * prod(points) * others[-2])


def _distances_backward(gradient: Any, points: Any, others: Any, *_: Any, **__: Any) -> int:
    return _distances(points, others)


KERNELS = {
    torch.ops.aten._cdist_forward: _distances,
    torch.ops.aten._cdist_backward: _distances_backward,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _forward,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _backward,
}
"""Of distances and of the CPU's attention, which PyTorch's counter does not know."""
