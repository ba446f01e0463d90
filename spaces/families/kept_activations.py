"""What one layer keeps of a forward pass until its backward pass, by family.

Only layers that gradients run through keep anything, and a layer whose linears are frozen keeps
what its norms, its activation function and its attention need, not the inputs of its linears.
The factors are exact counts of saved tensors in float32 with PyTorch's fused attention on a CPU
(`tests/workers/training/test_kept_activations.py`); other attention kernels keep less or as much.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .anatomy import Anatomy, Stack

_HEAD_SIZE = 64


@dataclass(frozen=True)
class Kept:
    """Numbers that one layer keeps for each token, as factors of its sizes.

    Attributes:
        hidden: Of the width of the hidden states.
        inner: Of the width of the MLP.
        attention: Of the width of all queries, where it may differ from `hidden`.
        keys: Of the width of all keys, where it may differ from `attention`.
        scores: Of heads times tokens: attention that is written out as a matrix.
        heads: Of the number of heads.
        tokens: Of the tokens of an example: a row of the attention mask.
        constant: Numbers beside those, such as a norm's mean and deviation.
    """

    hidden: float
    inner: float
    attention: float = 0.0
    keys: float = 0.0
    scores: float = 0.0
    heads: float = 1.0
    tokens: float = 1.0
    constant: float = 4.0

    def count(self, anatomy: Anatomy, stack: Stack, tokens: float) -> float:
        """Numbers for each of the `tokens` of an example."""
        attention, keys = attention_widths(stack)
        heads = anatomy.heads or max(1, attention // _HEAD_SIZE)
        return (
            self.hidden * anatomy.hidden
            + self.inner * inner_width(stack)
            + self.attention * attention
            + self.keys * keys
            + self.scores * heads * tokens
            + self.heads * heads
            + self.tokens * tokens
            + self.constant
        )


_BERT = (Kept(6, 1),)
_LLAMA = (Kept(6, 3, constant=2),)
_IMAGES = (Kept(6, 1, tokens=0),)
UNKNOWN = (Kept(11, 4, scores=1),)
"""Of a family that a job file describes: more than most keep."""
KEPT: Mapping[str, tuple[Kept, ...]] = {
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "electra": _BERT,
    "distilbert": _BERT,
    "mpnet": (Kept(5, 1, scores=1, heads=0, tokens=0),),
    "deberta": (Kept(11, 1, scores=5, heads=0, tokens=2),),
    "deberta-v2": (Kept(9, 1, scores=5, heads=0, tokens=0),),
    "modernbert": (Kept(8.2, 3, heads=0, constant=10),),
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "qwen2": _LLAMA,
    "phi3": _LLAMA,
    "qwen3": (Kept(2, 3, 5, 1.1, heads=2.3, constant=3),),
    "gemma": (Kept(2.1, 3, 4, constant=5),),
    "gemma2": (Kept(4.1, 3, 3.1, scores=2, heads=0, tokens=0, constant=8),),
    "gemma3_text": (Kept(4.1, 3, 5, 1.1, heads=3, constant=10),),
    "gpt2": (Kept(8, 4),),
    "t5": (Kept(2, 1, 4, scores=1, constant=2), Kept(3, 1, 8, scores=4 / 3, heads=2, constant=3)),
    "mt5": (Kept(2, 6, 4, scores=1, constant=2), Kept(3, 6, 8, scores=4 / 3, heads=2, constant=3)),
    "vit": _IMAGES,
    "dinov2": _IMAGES,
}
"""One for each stack of the family."""


def kept_by(anatomy: Anatomy, place: int) -> Kept:
    """Of one stack of a model, by its place among them."""
    rows = KEPT.get(anatomy.family, UNKNOWN)
    return rows[min(place, len(rows) - 1)]


def attention_widths(stack: Stack) -> tuple[int, int]:
    """Widths of all queries, and of all keys."""
    linears = stack.linears
    query = linears["attention_output"].inputs if "attention_output" in linears else 0
    if "query_key_value" in linears:
        return query, (linears["query_key_value"].outputs - query) // 2
    return query, linears["key"].outputs if "key" in linears else query


def inner_width(stack: Stack) -> int:
    """Width of the MLP."""
    return stack.linears["mlp_out"].inputs if "mlp_out" in stack.linears else 0
