"""IAPT: virtual tokens of a layer that are pooled from the text the layer reads.

A token in front of a layer's input that is cut out of its output acts through its key and its
value alone. So what is pooled passes the layer's own projections, and stands where a prefix would.
"""

import inspect
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from peftsearch.spaces.techniques.layer_formulas import prefix_sizes
from peftsearch.spaces.techniques.prompt_formulas import SUMMARY_TOKENS, attention_width

from .bottlenecks import make_linear
from .builders import prepare_prefixes
from .prefixes import SUMMARY
from .sites import Site

_DEVIATION = 0.02
_NUMERATOR = (0.00024442, 0.5, 0.39503, 0.34621, 0.21851, 0.060911, 0.0059384)
_DENOMINATOR = (0.00014261, 0.69231, 2.9237e-05, 0.12182, -2.4373e-07)
"""GELU between -4 and 4 by least squares; the largest error is 0.0014."""


class Rational(nn.Module):
    """`sum_j a_j x^j / (1 + |sum_i b_i x^i|)` with trained coefficients; starts as GELU."""

    def __init__(self) -> None:
        super().__init__()
        self.numerator = nn.Parameter(torch.tensor(_NUMERATOR))
        self.denominator = nn.Parameter(torch.tensor(_DENOMINATOR))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of each number; in float32, since powers soon leave the range of less."""
        wide = x.float()
        above = torch.stack([wide**j for j in range(len(self.numerator))], -1)
        below = torch.stack([wide**i for i in range(1, len(self.denominator) + 1)], -1)
        divisor = 1 + (below * self.denominator).sum(-1).abs()
        return ((above * self.numerator).sum(-1) / divisor).to(x.dtype)


class Summary(nn.Module):
    """Four soft tokens of a text: `up(R(down(softmax(x W)^T x)))`; not without effect at the
    start, as no prompt is.

    Attributes:
        key: Of the text that is read, `b x 4 x key width`; `value` likewise. What the attention
            function puts in front.
    """

    key: torch.Tensor
    value: torch.Tensor

    def __init__(self, inputs: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        drawn = torch.randn(inputs, SUMMARY_TOKENS, generator=generator)
        self.pooling = nn.Parameter(drawn * _DEVIATION)
        self.down, self.up = make_linear(inputs, width), make_linear(width, inputs)
        self.activation = Rational()
        for linear in (self.down, self.up):
            bound = linear.in_features**-0.5
            nn.init.uniform_(linear.weight, -bound, bound, generator=generator)

    def forward(self, text: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """`b x 4 x d`.

        Args:
            text: What the attention reads, `b x n x d`.
            mask: Which tokens are no padding, `b x n`; None where all are.
        """
        scores = text @ self.pooling.to(text.dtype)
        if mask is not None:
            hidden = torch.finfo(scores.dtype).min
            scores = scores.masked_fill(~mask.bool()[..., None], hidden)
        pooled = scores.softmax(1).transpose(1, 2).to(text.dtype) @ text
        made: torch.Tensor = self.up(self.activation(self.down(pooled)))
        return made


class Reader:
    """The mask of the text that a stack reads, from the beginning of its pass to the next one, as
    a backward pass may compute layers again."""

    def __init__(self) -> None:
        self._mask: torch.Tensor | None = None

    def hook(self, stack: nn.Module) -> RemovableHandle:
        """Read the masks of this module."""
        accepted = tuple(inspect.signature(stack.forward).parameters)

        def read(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            named = dict(zip(accepted, args, strict=False)) | kwargs
            self._mask = named.get("attention_mask")

        return stack.register_forward_pre_hook(read, with_kwargs=True)

    def mask(self, tokens: int) -> torch.Tensor | None:
        """Of the last `tokens` of the text."""
        return None if self._mask is None else self._mask[:, -tokens:]


def add_summary(site: Site) -> None:
    """Keys and values of a summary of the text, in front of the attention's own."""
    path = f"{site.layer}.{site.stack.attention}"
    name = f"{path}.{SUMMARY}"
    size = site.module.capacity
    child = Summary(attention_width(site.stack), size, site.generator(name))
    attention = site.model.get_submodule(path)
    site.put(name, child, attention)
    prepare_prefixes(site).turn(site.model, path)
    reader = site.changes.share(("reader", _reading(site)), lambda: _make_reader(site))
    entry = site.linear("query_key_value" if _is_fused(site) else "key")

    def make(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        soft = child(inputs[0], reader.mask(inputs[0].shape[1]))
        child.key, child.value = _project(site, attention, soft)

    site.changes.hook([entry.register_forward_pre_hook(make)])


def _project(
    site: Site, attention: nn.Module, soft: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Keys and values, `b x 4 x width`, by the layer's own projections; `forward` itself, since
    hooks are for what the text passes."""
    if _is_fused(site):
        whole = site.linear("query_key_value").forward(soft)
        keys, values = prefix_sizes(site.stack)
        key, value = whole[..., -keys - values :].split([keys, values], -1)
    else:
        key, value = (site.linear(role).forward(soft) for role in ("key", "value"))
    norm = getattr(attention, "k_norm", None)
    if norm is None:
        return key, value
    heads = key.unflatten(-1, (-1, norm.weight.shape[-1]))
    return norm(heads).flatten(-2), value


def _is_fused(site: Site) -> bool:
    return "query_key_value" in site.stack.linears


def _reading(site: Site) -> str:
    """Path of what is given the mask, `b x n`: the base model, or one of its two stacks."""
    if len(site.anatomy.stacks) > 1:
        return site.layer.rsplit(".", 2)[0]
    return "" if site.model.base_model is site.model else site.model.base_model_prefix


def _make_reader(site: Site) -> Reader:
    reader = Reader()
    site.changes.hook([reader.hook(site.model.get_submodule(_reading(site)))])
    return reader
