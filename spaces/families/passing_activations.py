"""What lives for a while within one layer of a forward pass and is kept for nothing, by family.

It comes on top of what is kept: while a layer runs, whether it is frozen, adapted or computed
again. The factors are counts of the tensors that are alive at a time
(`tests/workers/training/test_training_memory.py`), where attention holds the most and where the
MLP does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .anatomy import Anatomy
from .kept_activations import attention_widths, inner_width


@dataclass(frozen=True)
class Passing:
    """Numbers for each token at the fullest moment of one layer, as factors of its sizes.

    Attributes:
        attention: Of the width of all queries, amid attention.
        inner: Of the width of the MLP, amid the MLP.
        hidden: Of the width of the hidden states, amid the MLP.
        scores: Of heads times tokens, amid attention.
    """

    attention: float
    inner: float = 2.0
    hidden: float = 3.1
    scores: float = 0.0

    def count(self, anatomy: Anatomy, place: int, tokens: float) -> float:
        """For each of the `tokens` of an example, in the layers of one stack."""
        stack = anatomy.stacks[place]
        attention, _ = attention_widths(stack)
        heads = self.scores * (anatomy.heads or 1) * tokens
        attending = _AROUND * anatomy.hidden + self.attention * attention + heads
        feeding = self.hidden * anatomy.hidden + self.inner * inner_width(stack)
        return max(attending, feeding) + tokens  # of a mask


_AROUND = 3.1
"""Times the width of the hidden states, amid attention."""
_BERT = Passing(3)
_LLAMA = Passing(5.2, 3, 4.3)
_GEMMA = Passing(5.4, 3, 4.4)
_T5 = Passing(7, 2, 5, scores=3)
_IMAGES = Passing(5, hidden=4)
UNKNOWN = Passing(9, 4, 6, scores=6)
PASSING: Mapping[str, Passing] = {
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "electra": _BERT,
    "distilbert": Passing(4),
    "mpnet": Passing(4, hidden=4.3, scores=3.2),
    "deberta": Passing(9, hidden=4.7, scores=6),
    "deberta-v2": Passing(4, hidden=4.7, scores=6),
    "modernbert": Passing(7.3, 4, 5.4),
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "qwen2": _LLAMA,
    "phi3": Passing(7.7, 4, 4.3),
    "qwen3": _GEMMA,
    "gemma": _GEMMA,
    "gemma2": Passing(6.2, 3, 5.7, scores=1.5),
    "gemma3_text": _GEMMA,
    "gpt2": Passing(5.3, 4, 5.4),
    "t5": _T5,
    "mt5": Passing(7, 4, 5, scores=3),
    "vit": _IMAGES,
    "dinov2": _IMAGES,
}


def passing_by(anatomy: Anatomy) -> Passing:
    """Of a model."""
    return PASSING.get(anatomy.family, UNKNOWN)
