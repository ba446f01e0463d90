"""What a frozen model says of a job's rows: pooled states of its last layer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from peftsearch.spaces.jobspec.head import has_pooling
from peftsearch.workers.batches.batching import evaluation_batches
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.chosen_head import final_linear
from peftsearch.workers.models.pooled_head import pool
from peftsearch.workers.runtime.devices import autocast

Features = Mapping[str, torch.Tensor]
"""By pooling: `n x d`, of choices `n x k x d`; in float32 on the CPU, in the order of the rows."""


@dataclass
class _Seen:
    """What the last forward pass gave: the body's states and what the head took of them."""

    states: torch.Tensor = field(default_factory=lambda: torch.empty(0))
    taken: torch.Tensor = field(default_factory=lambda: torch.empty(0))


def extract(
    backbone: Backbone,
    data: Encoded,
    rows: Sequence[int],
    precision: str,
    on_batch: Callable[[], None] = lambda: None,
) -> Features:
    """Pooled states of some rows, in one pass over them.

    `first` and `mean` are of an encoder alone, `encoder` of an encoder-decoder. `last` of a
    decoder, and `model`, what the checkpoint's own pooling gives, are there where nothing of
    it is fresh: where all that it lacks is one linear.
    """
    found: dict[str, list[torch.Tensor]] = {}
    order: list[int] = []
    lengths = data.lengths
    with _watched(backbone) as seen:
        for places in evaluation_batches([lengths[i] for i in rows], data.evaluated_together):
            loaded = data.batch([rows[i] for i in places])
            batch = {name: x.to(backbone.device) for name, x in loaded.items()}
            with torch.no_grad(), autocast(precision, backbone.device):
                pooled = _read(backbone, data, batch, seen)
            shape = (len(places), *_choices(batch), -1)
            for name, values in pooled.items():
                found.setdefault(name, []).append(values.float().cpu().view(shape))
            order += places
            on_batch()
    return _distinct({name: _sort(torch.cat(parts), order) for name, parts in found.items()})


def count_poolings(backbone: Backbone) -> int:
    """How many `extract` gives, unless two of them are alike."""
    if backbone.model.config.is_encoder_decoder:
        return 1
    pooled = 2 * has_pooling(backbone.kind, backbone.anatomy)
    return pooled + (final_linear(backbone) is not None)


@contextmanager
def _watched(backbone: Backbone) -> Iterator[_Seen]:
    seen = _Seen()

    def keep_states(module: nn.Module, args: Any, output: Any) -> None:
        seen.states = output[0]

    def keep_taken(module: nn.Module, args: Any) -> None:
        seen.taken = args[0]

    handles = [backbone.model.base_model.register_forward_hook(keep_states)]
    if (own := final_linear(backbone)) is not None:
        handles.append(own[1].register_forward_pre_hook(keep_taken))
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _read(
    backbone: Backbone, data: Encoded, batch: Mapping[str, torch.Tensor], seen: _Seen
) -> Features:
    """Features of one batch, by a pass through the model; of an encoder-decoder, through its
    encoder alone."""
    if not backbone.model.config.is_encoder_decoder:
        data.outputs(backbone.model, dict(batch))
        return _pool(backbone, seen, batch)
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    states = backbone.model.get_encoder()(**inputs)[0]
    return {"encoder": pool(states, inputs["attention_mask"], "mean")}


def _pool(backbone: Backbone, seen: _Seen, batch: Mapping[str, torch.Tensor]) -> Features:
    mask = batch.get("attention_mask")
    if mask is not None and _choices(batch):
        mask = mask.flatten(0, 1)
    found = {}
    if final_linear(backbone) is not None:
        if seen.taken.dim() == 2:
            found["model"] = seen.taken
        else:
            found["last"] = _last(seen.taken, mask)
    if has_pooling(backbone.kind, backbone.anatomy):
        found |= {name: pool(seen.states, mask, name) for name in ("mean", "first")}
    return found


def _last(states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """The state of each row's last token that is no padding, `b x d`."""
    assert mask is not None, "decoders read texts"
    places = torch.arange(mask.shape[1], device=mask.device)
    last = (mask * places).argmax(dim=1)
    return states[torch.arange(len(states), device=last.device), last]


def _choices(batch: Mapping[str, torch.Tensor]) -> tuple[int, ...]:
    """How many choices each row has; nothing where rows have none."""
    ids = batch.get("input_ids")
    return (ids.shape[1],) if ids is not None and ids.dim() == 3 else ()


def _sort(values: torch.Tensor, order: list[int]) -> torch.Tensor:
    ordered = torch.empty_like(values)
    ordered[torch.tensor(order)] = values
    return ordered


def _distinct(features: Features) -> Features:
    """Without the first token's where the model's own are the same, as of ViT."""
    own, first = features.get("model"), features.get("first")
    same = own is not None and first is not None and torch.equal(own, first)
    return {name: x for name, x in features.items() if not (same and name == "first")}
