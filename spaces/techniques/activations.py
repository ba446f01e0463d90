"""What adapters keep of a forward pass for the backward pass, as factors of their sizes."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Activations:
    """Numbers that one adapted linear keeps for the backward pass, beside what its layer keeps.

    Modules beside the linears count by the layer's width: for inputs and outputs, and with the
    capacity for the matrix.

    Attributes:
        inputs: Of each token, as a factor of the linear's inputs; linears that read one tensor
            keep it once.
        outputs: The same of its outputs.
        capacity: The same of the capacity.
        matrices: However many tokens there are, as a factor of the size of the matrix.
        steps: The same for each unit of the capacity: matrices that are made one after another.
        trained: Of each example, as a factor of what is trained in the layer.
        projected: Whether all its linears share two frozen random matrices, which are not saved:
            the capacity by their inputs, and by their outputs.
        own: Of each token, as a factor of the linear's inputs, that each linear keeps by itself: a
            mask of dropout, and what that leaves where a trained matrix reads it.
        scaled: Of each token, as a factor of what is trained in the linear.
        made: Of each batch, as a factor of what is trained in the linear or in the layer.
        rank: One that is the same at every capacity. Of each token itself, and of each batch times
            the linear's inputs and outputs.
    """

    inputs: float = 1.0
    outputs: float = 0.0
    capacity: float = 2.0
    matrices: float = 0.0
    steps: float = 0.0
    trained: float = 0.0
    projected: bool = False
    own: float = 0.0
    scaled: float = 0.0
    made: float = 0.0
    rank: int = 0

    @property
    def dropped(self) -> Self:
        """More than most keep with dropout: a mask and what it leaves, of what each linear reads
        and of the capacity."""
        return replace(self, own=self.own + 2, capacity=2 * self.capacity + 1)


DROPPED = Activations(0, own=2)
"""A mask for each linear, and what it leaves, which a trained matrix reads."""
