"""Virtual tokens in a model's input: trained embeddings that belong to no word.

They are put in where the base model (the one below the head) starts, and their positions are cut
out of what it returns. So the head, the labels and whatever looks for the last token that is no
padding never meet them.

Where they stand: a causal model reads them first. An encoder reads them right after its first
token, which stays first, since that is the one that classifiers pool; they share its position, so
that all words keep theirs and texts may be as long as before.
"""

import inspect
from typing import Any

import torch
from peft import PromptEncoder, PromptEncoderConfig
from torch import nn
from torch.utils.hooks import RemovableHandle

from peftsearch.spaces.techniques.layer_formulas import ENCODER_WIDTH
from peftsearch.workers.models.reader import Reader

from .prefixes import count_positions


class Prompt(nn.Module):
    """`m` embeddings that are trained themselves; they start as those of random words, which
    Lester et al. found better than noise.

    Args:
        words: The model's embeddings; called, since some families scale what they look up.
    """

    def __init__(self, tokens: int, words: nn.Embedding, generator: torch.Generator) -> None:
        super().__init__()
        chosen = torch.randint(words.num_embeddings, (tokens,), generator=generator)
        with torch.no_grad():
            self.weight = nn.Parameter(words(chosen.to(words.weight.device)).clone())

    def forward(self) -> torch.Tensor:
        """`m x d`."""
        return self.weight


class EncodedPrompt(nn.Module):
    """`m` embeddings that a perceptron makes from `m` trained vectors, as `peft` does."""

    def __init__(self, tokens: int, words: nn.Embedding, generator: torch.Generator) -> None:
        super().__init__()
        config = PromptEncoderConfig(
            num_virtual_tokens=tokens,
            token_dim=words.embedding_dim,
            num_transformer_submodules=1,
            encoder_hidden_size=ENCODER_WIDTH,
        )
        with torch.random.fork_rng(devices=[]):  # `peft` draws from the global generator
            torch.manual_seed(generator.initial_seed())
            self.encoder: Any = PromptEncoder(config)  # type: ignore[no-untyped-call]

    def forward(self) -> torch.Tensor:
        """`m x d`."""
        embeddings: torch.Tensor = self.encoder.mlp_head(self.encoder.embedding.weight)
        return embeddings


class VirtualTokens:
    """The hooks that put `m` embeddings into a base model's input.

    Args:
        base: The model below the head.
        words: Its token embeddings.
        prompt: Gives the `m x d` embeddings; or `b x m x d`, where its `forward` asks for the
            embeddings of the text, `b x n x d`, and its mask, `b x n`. One with `shift_words` is
            asked what to add to the embedding at each position, `b x n` from 0 at the first token
            that is no padding.
        causal: Whether they stand first, else after the first token.
        reader: The encoder whose states of the text a prompt is given in place of its embeddings.
    """

    def __init__(
        self,
        base: nn.Module,
        words: nn.Embedding,
        prompt: nn.Module,
        causal: bool,
        reader: Reader | None = None,
    ) -> None:
        self._base, self._words, self._prompt, self._reader = base, words, prompt, reader
        self._causal, self._start = causal, 0 if causal else 1
        self._accepted = tuple(inspect.signature(base.forward).parameters)
        self._reads = bool(inspect.signature(prompt.forward).parameters)
        self._shift = getattr(prompt, "shift_words", None)
        self._tokens = 0  # put in by the forward pass that is under way

    def hook(self) -> list[RemovableHandle]:
        """Act in every forward pass until the handles are removed."""
        return [
            # First, so that other hooks of the base model see what its layers will.
            self._base.register_forward_pre_hook(self._put_in, with_kwargs=True, prepend=True),
            self._base.register_forward_hook(self._cut_out),
        ]

    def _put_in(
        self, base: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        named = dict(zip(self._accepted, args, strict=False)) | kwargs
        ids, given = named.pop("input_ids", None), named.get("inputs_embeds")
        real = self._words(ids) if given is None else given
        seen = _count_cached(named)
        mask = named.get("attention_mask")
        read = torch.ones_like(real[..., 0]) if mask is None else mask[:, -real.shape[1] :]
        virtual = self._make(real, read)
        tokens = virtual.shape[-2]
        self._tokens = 0 if seen else tokens  # a cache that holds anything holds them
        if self._shift is not None:
            before = seen - tokens if seen and mask is None else 0
            places = count_positions(read if mask is None else mask)[:, -real.shape[1] :]
            real = real + self._shift(places + before).to(real.dtype)
        virtual = virtual.to(real.dtype).expand(len(real), -1, -1)
        named["inputs_embeds"] = real if seen else self._insert(real, virtual)
        named |= self._make_masks(named, real, tokens, seen)
        return (), named

    def _make(self, real: torch.Tensor, read: torch.Tensor) -> torch.Tensor:
        """The virtual tokens, `m x d` or `b x m x d`."""
        given = self._reader.read() if self._reader is not None else (real, read)
        made: torch.Tensor = self._prompt(*given) if self._reads else self._prompt()
        return made

    def _make_masks(
        self, named: dict[str, Any], real: torch.Tensor, tokens: int, seen: int
    ) -> dict[str, torch.Tensor]:
        """Whatever else the base model reads per token, for virtual and real tokens."""
        rows, length = real.shape[:2]
        mask, kinds = named.get("attention_mask"), named.get("token_type_ids")
        if mask is None:
            known = length + (seen - tokens if seen else 0)
            mask = torch.ones(rows, known, dtype=torch.long, device=real.device)
        mask = self._insert(mask, mask.new_ones(rows, tokens))
        made = {"attention_mask": mask}
        if kinds is not None and not seen:
            made["token_type_ids"] = self._insert(kinds, kinds[:, :1].expand(-1, tokens))
        if "position_ids" in self._accepted:
            width = length if seen else length + tokens
            given = named.get("position_ids")
            made["position_ids"] = self._place(given, mask, tokens)[:, -width:]
        return made

    def _place(self, given: torch.Tensor | None, mask: torch.Tensor, tokens: int) -> torch.Tensor:
        """Positions, `b x (m + n)`. A causal model counts on from the virtual tokens, and passes
        over padding; in an encoder they share the first token's position."""
        if self._causal:
            return count_positions(mask)
        length = mask.shape[1] - tokens
        if given is None:
            first = _first_position(self._base)
            given = torch.arange(first, first + length, device=mask.device)[None]
        given = given.expand(len(mask), -1)
        return self._insert(given, given[:, :1].expand(-1, tokens))

    def _insert(self, real: torch.Tensor, virtual: torch.Tensor) -> torch.Tensor:
        """Along dimension 1."""
        head, tail = real[:, : self._start], real[:, self._start :]
        return torch.cat([head, virtual.to(real.dtype), tail], dim=1)

    def _cut_out(self, base: nn.Module, args: Any, output: Any) -> Any:
        if not self._tokens:
            return output
        states, stop = output[0], self._start + self._tokens
        kept = torch.cat([states[:, : self._start], states[:, stop:]], dim=1)
        if isinstance(output, tuple):
            return (kept, *output[1:])
        output.last_hidden_state = kept
        return output


def _count_cached(named: dict[str, Any]) -> int:
    """Positions in the cache that a model is called with; `transformers` calls it `cache` since
    5.24.0, and models that were written before then still call it `past_key_values`."""
    given = (named.get(name) for name in ("cache", "past_key_values"))
    cache = next((cache for cache in given if cache is not None), None)
    return 0 if cache is None else int(cache.get_seq_length())


def _first_position(base: nn.Module) -> int:
    """Position of the first token; RoBERTa's kin leave the lowest ones to padding."""
    table = getattr(getattr(base, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return 0 if padding is None else padding + 1
