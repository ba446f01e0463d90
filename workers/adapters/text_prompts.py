"""Virtual tokens that are more than trained embeddings: made from the text, beside shifts of its
words, or near words of training rows."""

import inspect
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from peftsearch.spaces.techniques.prompt_formulas import (
    POSITIONS,
    PROMPT_ENCODER_WIDTH,
    PROMPT_RANK,
    shift_rank,
)

from .bottlenecks import make_linear
from .masks import Calibrate
from .virtual_tokens import Prompt

_DEVIATION = 0.02
_RADIUS, _AT_WIDTH = 0.1, 2048
"""A row of CPT's shifts is at most `0.1 sqrt(d / 2048)` long, as in `peft`."""


class TextPrompt(Prompt):
    """LOPA: `Z = Z_S * sigmoid(U V^T)`, of which a text makes `U`, `m x r`, and `V`, `d x r`.

    What is made from is the mean of the text's frozen word embeddings, or of the states that a
    frozen encoder beside the model has of it, normalised as a layer norm does.

    Args:
        read: Width of such a state; None without an encoder.
    """

    def __init__(
        self,
        tokens: int,
        words: nn.Embedding,
        generator: torch.Generator,
        read: int | None = None,
    ) -> None:
        super().__init__(tokens, words, generator)
        width = words.embedding_dim
        read = width if read is None else read
        self.left = _Perceptron(read, PROMPT_RANK * tokens, generator)
        self.right = _Perceptron(read, PROMPT_RANK * width, generator)

    def forward(self, text: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """`b x m x d`.

        Args:
            text: Embeddings of all tokens, `b x n x d`, or states of an encoder.
            mask: Which of them are no padding, `b x n`.
        """
        weights = mask.to(text.dtype)[..., None]
        mean = (text * weights).sum(1) / weights.sum(1).clamp(min=1)
        read = functional.layer_norm(mean, mean.shape[-1:]).to(self.weight.dtype)
        left, right = (x(read).unflatten(-1, (-1, PROMPT_RANK)) for x in (self.left, self.right))
        factor: torch.Tensor = torch.sigmoid(left @ right.transpose(1, 2))
        return self.weight * factor


class _Perceptron(nn.Module):
    """`up(tanh(down(x)))`; `down` starts as `nn.Linear` does, `up` near 0."""

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        width, bound = PROMPT_ENCODER_WIDTH, inputs**-0.5
        self.down, self.up = make_linear(inputs, width), make_linear(width, outputs)
        nn.init.uniform_(self.down.weight, -bound, bound, generator=generator)
        nn.init.normal_(self.up.weight, 0.0, _DEVIATION, generator=generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`... x inputs` to `... x outputs`."""
        made: torch.Tensor = self.up(torch.tanh(self.down(x)))
        return made


class ShiftingPrompt(Prompt):
    """DePT: a short prompt, and each word's embedding shifted by a row of `A B` for its position;
    `B` starts as 0."""

    def __init__(self, tokens: int, words: nn.Embedding, generator: torch.Generator) -> None:
        super().__init__(tokens, words, generator)
        rank, width = shift_rank(words.embedding_dim, tokens), words.embedding_dim
        self.positions = nn.Parameter(torch.empty(POSITIONS, rank))
        nn.init.kaiming_uniform_(self.positions, a=5**0.5, generator=generator)
        self.directions = nn.Parameter(torch.zeros(rank, width))

    def shift_words(self, places: torch.Tensor) -> torch.Tensor:
        """What is added to the embeddings at these positions, `b x n x d`; 0 from the last on that
        has a row.

        Args:
            places: From 0 at the first token that is no padding, `b x n`.
        """
        rows = functional.pad(self.positions @ self.directions, (0, 0, 0, 1))
        return functional.embedding(places.clamp(max=POSITIONS), rows)


class ContextPrompt(nn.Module):
    """CPT: words of training rows, each shifted within a small ball around its embedding.

    Where it is used, not after a step, a row of the shifts is cut to the radius.
    """

    ids: torch.Tensor

    def __init__(self, tokens: int, words: nn.Embedding, generator: torch.Generator) -> None:
        super().__init__()
        drawn = torch.randint(words.num_embeddings, (tokens,), generator=generator)
        self.register_buffer("ids", drawn.int())
        self.shift = nn.Parameter(torch.zeros(tokens, words.embedding_dim))
        self.radius = _RADIUS * (words.embedding_dim / _AT_WIDTH) ** 0.5
        self._words = (words,)  # in a tuple, so that they are no part of this module

    def start(self, rows: list[torch.Tensor], generator: torch.Generator) -> None:
        """At the words of these rows, in a drawn order, one row after the other as far as they
        fill the tokens; as often again where they are too few."""
        order = torch.randperm(len(rows), generator=generator).tolist()
        if found := [rows[i] for i in order]:
            joined = torch.cat(found)
            self.ids.copy_(joined.repeat(-(-len(self.ids) // len(joined)))[: len(self.ids)])

    def forward(self) -> torch.Tensor:
        """`m x d`."""
        length = self.shift.norm(dim=1, keepdim=True)
        inside = self.shift * (self.radius / length.clamp(min=self.radius))
        moved: torch.Tensor = self._words[0](self.ids).detach().to(inside.dtype) + inside
        return moved


def read_words(base: nn.Module, prompt: nn.Module, calibrate: Calibrate) -> list[torch.Tensor]:
    """Tokens of the rows that training batches run through a base model, without padding; what
    gradients they left in the prompt is removed."""
    accepted = tuple(inspect.signature(base.forward).parameters)
    rows: list[torch.Tensor] = []

    def read(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        named = dict(zip(accepted, args, strict=False)) | kwargs
        ids, mask = named.get("input_ids"), named.get("attention_mask")
        if ids is not None:
            real = torch.ones_like(ids) if mask is None else mask
            rows.extend(row[seen.bool()] for row, seen in zip(ids, real, strict=True))

    handle = base.register_forward_pre_hook(read, with_kwargs=True, prepend=True)
    try:
        calibrate()
    finally:
        handle.remove()
        prompt.zero_grad(set_to_none=True)
    return rows
