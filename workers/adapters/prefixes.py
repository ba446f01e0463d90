"""Prefixes: trained keys and values that every token of a layer attends to.

`transformers` looks the attention function up by its name in the config. Ours puts the prefix in
front of keys and values, after rotary embeddings and after the cache (which therefore never holds
it), and hands on to the library's own. A prefix has no position and is never masked: not by
padding, not by causality, not by a sliding window.
"""

import inspect
import sys
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.nn.functional import pad
from torch.utils.hooks import RemovableHandle
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

IMPLEMENTATION = "peftsearch_prefix"
CHILD = "prefix"
"""Name of the prefix within the attention module."""
SUMMARY = "summary"
"""Name of what makes keys and values of each text there, of `b x m` tokens."""

Attended = tuple[torch.Tensor, torch.Tensor | None]
_DEVIATION = 0.02


class Prefix(nn.Module):
    """`m` virtual keys and values, each as wide as those of one token over all heads."""

    def __init__(self, tokens: int, sizes: tuple[int, int], generator: torch.Generator) -> None:
        super().__init__()
        draws = [torch.randn(tokens, size, generator=generator) for size in sizes]
        self.key, self.value = (nn.Parameter(x * _DEVIATION) for x in draws)


def attend(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> Attended:
    """The attention function of a model that carries prefixes, for layers with and without one.

    Args:
        query: `b x heads x q x w`; `key` and `value` are `b x key heads x t x w`.
        attention_mask: None, or `b x 1 x q x t`: bool (true is seen) or float (added).
    """
    found = (getattr(module, name, None) for name in (CHILD, SUMMARY))
    virtual = [x for x in found if x is not None]
    # Only the library's eager functions cap the scores, and they know no causality but the mask.
    capped = options.get("softcap") is not None
    if attention_mask is None and (capped or virtual) and _is_causal(module, options):
        length = query.shape[2]
        if length > 1:  # a single query is the last and sees all
            # As the library does it: what lies beyond is the unwritten part of a static cache.
            key, value = key[:, :, :length], value[:, :, :length]
            attention_mask = torch.ones(1, 1, length, length, dtype=torch.bool, device=key.device)
            attention_mask = attention_mask.tril()
    for prefix in virtual:
        tokens = prefix.key.shape[-2]
        key, value = _prepend(prefix.key, key), _prepend(prefix.value, value)
        attention_mask = _widen(attention_mask, tokens)
        if "position_bias" in options:
            options["position_bias"] = _widen(options["position_bias"], tokens)
    call = _attend_eagerly if capped else sdpa_attention_forward
    attended: Attended = call(module, query, key, value, attention_mask, **options)
    return attended


def _is_causal(module: nn.Module, options: dict[str, Any]) -> bool:
    given = options.get("is_causal")
    return bool(getattr(module, "is_causal", True) if given is None else given)


def _prepend(virtual: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Tokens of a layer, `m x size`, or of each text, `b x m x size`."""
    batch, heads, _, width = real.shape
    split = virtual.to(real.dtype).reshape(*virtual.shape[:-1], heads, width).transpose(-3, -2)
    return torch.cat([split.expand(batch, -1, -1, -1), real], dim=2)


def _widen(mask: torch.Tensor | None, tokens: int) -> torch.Tensor | None:
    """Columns in front for virtual tokens that all see; of what is added to scores they are 0."""
    if mask is None:
        return None
    return pad(mask, (tokens, 0), value=float(mask.dtype == torch.bool))


def _attend_eagerly(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    **options: Any,
) -> Attended:
    """By the function of the model's own file, which adds its mask."""
    if mask is not None and mask.dtype == torch.bool:
        hidden = torch.finfo(query.dtype).min
        mask = torch.zeros_like(mask, dtype=query.dtype).masked_fill(~mask, hidden)
    file: Any = sys.modules[type(module).__module__]
    attended: Attended = file.eager_attention_forward(module, query, key, value, mask, **options)
    return attended


def hook_positions(base: nn.Module) -> RemovableHandle:
    """Count a causal model's positions over its tokens alone where the caller gives none.

    Queries are rotated by their position and virtual keys are not, so that padding on the left,
    which shifts all positions, would change what a token sees of a prefix.
    """
    accepted = tuple(inspect.signature(base.forward).parameters)

    def count(
        module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        named = dict(zip(accepted, args, strict=False)) | kwargs
        mask, ids = named.get("attention_mask"), named.get("input_ids")
        read = named["inputs_embeds"] if ids is None else ids
        if mask is not None and named.get("position_ids") is None:
            named["position_ids"] = count_positions(mask)[:, -read.shape[1] :]
        return (), named

    return base.register_forward_pre_hook(count, with_kwargs=True)


def count_positions(mask: torch.Tensor) -> torch.Tensor:
    """Position of each token among those that `mask`, `b x n`, lets see; from 0."""
    return (mask.long().cumsum(-1) - 1).clamp(min=0)


ALL_ATTENTION_FUNCTIONS.register(IMPLEMENTATION, attend)
ALL_MASK_ATTENTION_FUNCTIONS.register(IMPLEMENTATION, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])


class Switch:
    """Configs that name our attention function, and what they named before."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, Any]] = []

    def turn(self, model: nn.Module, path: str) -> None:
        """Let the attention module at this path, and all above it (they make its masks), use
        our function. Another stack with a config of its own keeps the library's."""
        parts = path.split(".")
        for config in _configs(model, (parts[:i] for i in range(len(parts) + 1))):
            if config._attn_implementation_internal != IMPLEMENTATION:
                self._before.append((config, config._attn_implementation_internal))
                config._attn_implementation_internal = IMPLEMENTATION

    def restore(self) -> None:
        """Put the names back."""
        while self._before:
            config, name = self._before.pop()
            config._attn_implementation_internal = name


def _configs(model: nn.Module, paths: Iterable[list[str]]) -> list[Any]:
    modules = (model.get_submodule(".".join(path)) for path in paths)
    found = (getattr(module, "config", None) for module in modules)
    return [config for config in found if hasattr(config, "_attn_implementation_internal")]
