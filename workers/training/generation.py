"""Greedy responses of a language model, and how many are exactly right."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import GenerationConfig

from peftsearch.workers.batches.batching import evaluation_batches
from peftsearch.workers.batches.encodings import EncodedResponses
from peftsearch.workers.runtime.devices import autocast

BATCH_SIZE = 16


def count_generations(rows: int) -> int:
    """Batches of `generate`."""
    return -(-rows // BATCH_SIZE)


def generate(
    model: Any,
    tokenizer: Any,
    data: EncodedResponses,
    device: str,
    precision: str = "float32",
    cached: bool = True,
    on_batch: Callable[[], None] = lambda: None,
) -> list[str]:
    """The most likely response token by token, in the order of the `n` rows.

    Args:
        data: Each response may be as long as the longest one here.
        cached: Keep keys and values between tokens; not where virtual inputs are put in front of
            every call.
    """
    two_sided = bool(model.config.is_encoder_decoder)
    config = _greedy(model, tokenizer, longest_response(data, two_sided), cached)
    responses = [""] * len(data)
    for chosen in evaluation_batches([len(prompt) for prompt in data.prompts], BATCH_SIZE):
        ids, mask = _pad(tokenizer, [data.prompts[i] for i in chosen], left=not two_sided)
        with torch.no_grad(), autocast(precision, device):
            tokens = model.generate(
                input_ids=ids.to(device), attention_mask=mask.to(device), generation_config=config
            ).cpu()
        new = tokens if two_sided else tokens[:, ids.shape[1] :]
        texts = tokenizer.batch_decode(new, skip_special_tokens=True)
        for i, text in zip(chosen, texts, strict=True):
            responses[i] = text
        on_batch()
    return responses


def match(responses: Sequence[str], wanted: Sequence[str]) -> NDArray[np.float64]:
    """1.0 where two texts are equal but for white space, else 0.0; `n`."""
    pairs = zip(responses, wanted, strict=True)
    return np.array([float(left.split() == right.split()) for left, right in pairs])


def longest_response(data: EncodedResponses, two_sided: bool) -> int:
    """Tokens that are generated for each row, at most.

    Args:
        two_sided: Of an encoder-decoder.
    """
    rows = zip(data.rows, data.prompts, strict=True)
    return max(len(row["labels"]) - (0 if two_sided else len(prompt)) for row, prompt in rows)


def _greedy(model: Any, tokenizer: Any, tokens: int, cached: bool) -> GenerationConfig:
    own = model.generation_config
    ends = own.eos_token_id if isinstance(own.eos_token_id, list) else [own.eos_token_id]
    ends = [end for end in {tokenizer.eos_token_id, *ends} if end is not None]
    return GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=tokens,
        do_sample=False,
        num_beams=1,
        repetition_penalty=1.0,
        use_cache=cached and not _is_uneven(model.config),
        eos_token_id=sorted(ends) or None,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=own.bos_token_id,
        decoder_start_token_id=own.decoder_start_token_id,
    )


def _is_uneven(config: Any) -> bool:
    """Whether encoder and decoder differ in depth: `generate` of transformers 5.23 sizes the
    decoder's cache by the encoder."""
    depth: int = getattr(config, "num_layers", 0)
    return bool(getattr(config, "num_decoder_layers", depth) != depth)


def _pad(
    tokenizer: Any, prompts: Sequence[list[int]], left: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens and mask, `b x longest`. A decoder goes on from the last token, so it pads left."""
    longest = max(map(len, prompts))
    rows, masks = [], []
    for prompt in prompts:
        fill = longest - len(prompt)
        pad, ones = [tokenizer.pad_token_id] * fill, [1] * len(prompt)
        rows.append([*pad, *prompt] if left else [*prompt, *pad])
        masks.append([0] * fill + ones if left else ones + [0] * fill)
    return torch.tensor(rows), torch.tensor(masks)
