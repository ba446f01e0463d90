"""What a job's trainings go through: known once data, model and device are."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field


class Workload(BaseModel):
    """The batches of one training, and what they meet. Equal for all configurations of a job that
    are trained as long and in batches as large.

    A sequence is what a model reads at once: a text, an image, one choice of a multiple choice.
    It has one side, or of an encoder-decoder two: what is read and what is written.

    Attributes:
        steps: Of the optimiser.
        batches: That are computed: a step's parts, where it is accumulated.
        sequences: In all of them.
        together: Of the largest batch.
        input_bytes: Of that batch, as the model takes it.
        longest: Tokens of the longest sequence, by side.
        tokens: Of all sequences, padding included, by side.
        pairs: Products of the lengths of two sides, summed over all sequences, side by side:
            what attention computes.
        words: Outputs of each token: a language model's vocabulary; 0 with a head.
        base_bytes: Of the frozen weights, the task's head apart.
        base_dtype: Of their matrices, `float32` or `bfloat16`.
        precision: Of matrix products, `float32` or `bfloat16`.
        recomputed: Whether activations within a layer are computed again in the backward pass.
        dropout: Of a configuration that says none; the batches are the same with any.
        said: Epochs and batch size that it is of, where a job searches them.
        others: Where it does, those of the other values; this one is of the largest batches.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = 0
    batches: float = 0
    sequences: float = 0
    together: int = 0
    input_bytes: int = 0
    longest: tuple[int, ...] = (0,)
    tokens: tuple[float, ...] = (0,)
    pairs: tuple[tuple[float, ...], ...] = ((0,),)
    words: int = 0
    base_bytes: int = 0
    base_dtype: str = "float32"
    precision: str = "float32"
    recomputed: bool = False
    dropout: float = 0.0
    said: Mapping[str, float] = Field(default_factory=dict)
    others: tuple["Workload", ...] = ()

    @property
    def alone(self) -> "Workload":
        """Without those of the other values."""
        return self.model_copy(update={"others": ()})


NOTHING = Workload()
"""Of a job whose data nobody has read: costs are a lower limit then."""
