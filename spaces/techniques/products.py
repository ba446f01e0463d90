"""Matrix products that adapters add to a training, as factors of their sizes."""

from collections.abc import Callable
from dataclasses import dataclass

from peftsearch.spaces.families.anatomy import Linear


@dataclass(frozen=True)
class Products:
    """Multiplications of one adapted linear, or of modules beside the linears, in a forward and a
    backward pass together, where gradients go on below. A product with a trained matrix counts 3:
    forward, for its own gradient, and for that of what it reads. `c` is the capacity.

    Attributes:
        trained: Of each token, what the linear or the layer trains.
        beside: Of each token, `c` times the width of the hidden states.
        thin: Of each token, `c (inputs + outputs)`.
        read: Of each token, `c inputs`.
        written: Of each token, `c outputs`.
        whole: Of each token, `inputs outputs`: a matrix of the linear's size.
        turned: Of each token, `inputs inputs`.
        fixed: Of each token, `fixed_rank (inputs + outputs)`; beside the linears, `fixed_rank`
            times the width of the hidden states.
        fixed_rank: A rank that is the same at every capacity; at most that of the matrix.
        made: Of each batch, `c inputs outputs`: a matrix in the making.
        squared: Of each batch, `c inputs inputs`.
        blocks: Of each batch, `c c inputs`.
        cubed: Of each batch, `inputs inputs inputs`.
        formed: Of each batch, `inputs inputs outputs`.
        below: How many of the products of each token give gradients of the linear's inputs, which
            nothing needs in the lowest layer.
        inside: Whether it changes what the linear reads, so that gradients pass its matrix.
        batch: Of each batch, by the linear and the capacity, where no factor says it.
        after: The role whose outputs modules beside the linears change first.
    """

    trained: float = 0.0
    beside: float = 0.0
    thin: float = 0.0
    read: float = 0.0
    written: float = 0.0
    whole: float = 0.0
    turned: float = 0.0
    fixed: float = 0.0
    fixed_rank: int = 0
    made: float = 0.0
    squared: float = 0.0
    blocks: float = 0.0
    cubed: float = 0.0
    formed: float = 0.0
    below: int = 1
    inside: bool = False
    batch: Callable[[Linear, int], float] | None = None
    after: str = "query"

    def of_token(self, linear: Linear, capacity: int) -> float:
        """Of each token that the linear reads, beside what is by the number of trained ones."""
        n, o = linear.inputs, linear.outputs
        sized = capacity * (self.thin * (n + o) + self.read * n + self.written * o)
        fixed = self.fixed * min(self.fixed_rank, n, o) * (n + o)
        return sized + fixed + n * (self.whole * o + self.turned * n)

    def of_batch(self, linear: Linear, capacity: int) -> float:
        """Of each batch, however many tokens it has."""
        n, o, c = linear.inputs, linear.outputs, capacity
        sized = c * (self.made * o + self.squared * n + self.blocks * c)
        known = n * (sized + n * (self.cubed * n + self.formed * o))
        return known + (self.batch(linear, capacity) if self.batch else 0.0)

    def spared(self, linear: Linear, capacity: int) -> float:
        """Of each token, where nothing below the linear needs a gradient."""
        n, o = linear.inputs, linear.outputs
        width = capacity * bool(self.thin or self.read or self.written)
        width += bool(self.whole) * o + bool(self.turned) * n
        width += bool(self.fixed) * min(self.fixed_rank, n, o)
        return self.below * n * width - n * o * self.inside


TRAINED = Products(trained=3)
"""What is trained are matrices that every token passes."""
NONE = Products()
"""Nothing but numbers, one by one, and the base's own matrices."""
THIN = Products(thin=3)
"""Two thin matrices, one after the other."""
WHOLE = Products(whole=3)
"""A matrix of the linear's size that is made without products."""
ENTRIES = Products(whole=1, below=0)
"""Entries of the matrix itself, by the gradient of all of it."""
