"""Matrix products of a layer beside those of its linears, by family: scores and mixtures of
attention, and relative positions.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class AttentionProducts:
    """How a family computes attention.

    Attributes:
        fused: Whether one kernel computes it; it computes the scores once more in the backward
            pass, and all gradients whether they are needed or not.
        relative: Products of queries or keys with relative positions, beside the two of attention;
            those positions are frozen.
        before: Whether a norm stands before attention, so that its gradients need all linears.
    """

    fused: bool = True
    relative: int = 0
    before: bool = True


_BERT = AttentionProducts(before=False)
UNKNOWN = AttentionProducts()
ATTENTION: Mapping[str, AttentionProducts] = {
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "electra": _BERT,
    "distilbert": _BERT,
    "mpnet": AttentionProducts(fused=False, before=False),
    "deberta": AttentionProducts(fused=False, relative=2, before=False),
    "deberta-v2": AttentionProducts(fused=False, relative=2, before=False),
    "gemma2": AttentionProducts(fused=False),
}
"""Where it is not the usual."""


def attention_by(family: str) -> AttentionProducts:
    """Of a family."""
    return ATTENTION.get(family, UNKNOWN)
