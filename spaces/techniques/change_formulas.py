"""What changes of a linear that are our own train and save: counts, and tensors by name.

`n` are a linear's inputs, `o` its outputs, `r` the capacity.
"""

from peftsearch.spaces.families.anatomy import Linear

from .saved import OfLinear, Tensor, Tensors
from .technique import LinearCount
from .tensor_rings import factors


def trained(saved: OfLinear) -> LinearCount:
    """As many numbers as the floating tensors of a file hold: all of them are trained."""

    def count(linear: Linear, role: str, capacity: int) -> int:
        tensors = saved(linear, role, capacity)
        return sum(x.bytes // 4 for x in tensors if x.type == "F32")

    return count


def first_bytes(linear: Linear, role: str, rank: int) -> int:
    """Of a float32 matrix of `r x n`."""
    return 4 * rank * linear.inputs


def row_bytes(linear: Linear, role: str, rank: int) -> int:
    """Of the places of `r` rows in int32."""
    return 4 * rank


def flora(name: str) -> OfLinear:
    """Two thin matrices and the core between them."""

    def tensors(x: Linear, role: str, r: int) -> Tensors:
        return (
            Tensor(f"{name}.down", (r, x.inputs)),
            Tensor(f"{name}.core", (r, r)),
            Tensor(f"{name}.up", (x.outputs, r)),
        )

    return tensors


def tables(name: str) -> OfLinear:
    """Points of inputs and outputs, in two spaces of `r / 2` dimensions."""

    def tensors(x: Linear, role: str, r: int) -> Tensors:
        return (
            Tensor(f"{name}.inputs", (2, x.inputs, r // 2)),
            Tensor(f"{name}.outputs", (2, x.outputs, r // 2)),
        )

    return tensors


def outer(name: str) -> OfLinear:
    """A thin matrix on the side of the outputs."""
    return lambda x, role, r: (Tensor(f"{name}.up", (x.outputs, r)),)


def outer_and_rows(name: str) -> OfLinear:
    """As `outer`, and which rows of the basis it reads."""
    return lambda x, role, r: (*outer(name)(x, role, r), Tensor(f"{name}.rows", (r,), "I32"))


def ring_products(linear: Linear, rank: int) -> float:
    """Multiplications of each batch that make a change of rings: three turns of the matrix, each
    with the gradients of what it turns but for the first, the residual, and its two rings."""
    n, o, square = linear.inputs, linear.outputs, rank * rank
    turns = [n * o * k for k in factors(n)]
    cores = (factors(n), factors(o))
    made = sum(rank * square * (a * b + a * b * c) for a, b, c in cores)
    return 3 * (sum(turns) + n * o * square + made) - turns[0]


def rings(name: str) -> OfLinear:
    """Square factors of the inputs, and cores of outputs and inputs."""

    def tensors(x: Linear, role: str, r: int) -> Tensors:
        inputs, outputs = factors(x.inputs), factors(x.outputs)
        turned = (Tensor(f"{name}.turn.{i}", (k, k)) for i, k in enumerate(inputs))
        read = (Tensor(f"{name}.read.{i}", (k, r, r)) for i, k in enumerate(inputs))
        written = (Tensor(f"{name}.written.{i}", (k, r, r)) for i, k in enumerate(outputs))
        return (*turned, *read, *written)

    return tensors
