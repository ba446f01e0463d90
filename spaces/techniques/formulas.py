"""How many parameters `peft` trains on one linear: functions of its shape and the capacity.

`n` are a linear's inputs, `o` its outputs. `tests/workers/adapters/test_injection.py` checks every
one against real models.
"""

from peftsearch.spaces.families.anatomy import Linear

from .technique import LinearCount

ADAMSS_DIRECTIONS = 100
"""Principal directions of a matrix that AdaMSS works in, where it has so many."""


def lora(linear: Linear, role: str, rank: int) -> int:
    """Two thin matrices, `r x n` and `o x r`."""
    return rank * (linear.inputs + linear.outputs)


def lora_and_outputs(linear: Linear, role: str, rank: int) -> int:
    """As `lora`, and a magnitude for each output."""
    return lora(linear, role, rank) + linear.outputs


def lora_and_one(linear: Linear, role: str, rank: int) -> int:
    """As `lora`, and one scalar."""
    return lora(linear, role, rank) + 1


def triplets(linear: Linear, role: str, rank: int) -> int:
    """As `lora`, and a value for each rank."""
    return rank * (linear.inputs + linear.outputs + 1)


def whole(linear: Linear, role: str, capacity: int) -> int:
    """Every entry of the matrix."""
    return linear.inputs * linear.outputs


def loha(linear: Linear, role: str, rank: int) -> int:
    """Two products of thin matrices."""
    return 2 * lora(linear, role, rank)


def lokr(linear: Linear, role: str, rank: int) -> int:
    """A small whole matrix, and a large one of rank `r`, whole where that is no larger."""
    (left_in, right_in), (left_out, right_out) = map(halve, (linear.inputs, linear.outputs))
    whole = 2 * rank >= max(right_in, right_out)
    right = right_in * right_out if whole else rank * (right_in + right_out)
    return left_in * left_out + right


def halve(size: int) -> tuple[int, int]:
    """The two factors of a size with the smallest sum, the smaller first."""
    low = next(low for low in range(int(size**0.5), 0, -1) if size % low == 0)
    return low, size // low


def ia3(linear: Linear, role: str, capacity: int) -> int:
    """A factor for each output; before the MLP's output, for each input."""
    return linear.inputs if role == "mlp_out" else linear.outputs


def outputs(linear: Linear, role: str, capacity: int) -> int:
    """A number for each output."""
    return linear.outputs


def road(linear: Linear, role: str, variant: int) -> int:
    """Angles and lengths, `variant / 2` of each for every output."""
    return 2 * (variant * linear.outputs // 2)


def vera(linear: Linear, role: str, rank: int) -> int:
    """The diagonals beside two frozen random matrices."""
    return linear.outputs + rank


def pvera(linear: Linear, role: str, rank: int) -> int:
    """As `vera`, the inner diagonal with a mean and a variance."""
    return linear.outputs + 2 * rank


def oft(linear: Linear, role: str, block: int) -> int:
    """A skew-symmetric `b x b` matrix for each of `n / b` blocks."""
    return linear.inputs // block * (block * (block - 1) // 2)


def boft(linear: Linear, role: str, block: int) -> int:
    """A whole `b x b` matrix for each of `n / b` blocks, and a factor for each output."""
    return linear.inputs * block + linear.outputs


def hra(linear: Linear, role: str, rank: int) -> int:
    """The normals of `r` reflections."""
    return rank * linear.inputs


def miss(linear: Linear, role: str, rank: int) -> int:
    """One thin matrix, repeated."""
    return rank * linear.outputs


def peanut(linear: Linear, role: str, rank: int) -> int:
    """Two thin matrices on the side of the outputs."""
    return 2 * rank * linear.outputs


def entries(linear: Linear, role: str, count: int) -> int:
    """As many numbers as the capacity says."""
    return count


def per_mille(linear: Linear, role: str, density: int) -> int:
    """Entries of the matrix, at least one."""
    return max(1, linear.inputs * linear.outputs * density // 1000)


def supertuning(linear: Linear, role: str, density: int) -> int:
    """As `per_mille`, rounded the way `peft` rounds."""
    return int(linear.inputs * linear.outputs * (1 - (1 - density / 1000)))


def c3a(linear: Linear, role: str, block: int) -> int:
    """A circulant matrix for each `b x b` block."""
    return linear.inputs * linear.outputs // block


def randlora(linear: Linear, role: str, rank: int) -> int:
    """Two diagonals for each of the random bases that make a full rank together."""
    small = min(linear.inputs, linear.outputs)
    return -(-small // rank) * (rank + small)


def vblora(linear: Linear, role: str, rank: int) -> int:
    """Logits over 64 shared vectors for each 64 entries of two thin matrices."""
    return lora(linear, role, rank)


def glora(linear: Linear, role: str, rank: int) -> int:
    """Two low-rank matrices; on a bias a prompt of the inputs' size, a factor and a shift."""
    return 2 * lora(linear, role, rank) + linear.bias * (rank * (linear.inputs + 1) + 2)


def ssf(linear: Linear, role: str, capacity: int) -> int:
    """A factor and a shift for each row of the matrix, and for each bias."""
    return 2 * linear.outputs * (1 + linear.bias)


def psoft(linear: Linear, role: str, rank: int) -> int:
    """A rotation of the `r` principal directions, and two vectors of factors."""
    return rank * (rank - 1) // 2 + 2 * rank


def frod(linear: Linear, role: str, density: int) -> int:
    """A diagonal, and the other entries of a sparse `n x n` matrix, rounded as `peft` does."""
    return linear.inputs + frod_entries(linear, density)


def frod_entries(linear: Linear, density: int) -> int:
    """Entries off the diagonal."""
    n = linear.inputs
    return max(1, min(int(n * n * (density / 1000)), n * n - n))


def adamss(linear: Linear, role: str, subspaces: int) -> int:
    """A vector in the principal directions for each subspace, and a factor for each output."""
    return subspaces * adamss_directions(linear) + linear.outputs


def adamss_directions(linear: Linear) -> int:
    """Principal directions of the matrix with its bias as a further column."""
    return min(ADAMSS_DIRECTIONS, linear.outputs, linear.inputs + linear.bias)


def adamss_bytes(linear: Linear, role: str, subspaces: int) -> int:
    """The principal directions in float32, and each output's place in int64."""
    return 4 * adamss_directions(linear) * (linear.inputs + linear.bias) + 8 * linear.outputs


def no_parameters(linear: Linear, role: str, capacity: int) -> int:
    """Nothing of its own: all is shared."""
    return 0


def trained_directions(linear: Linear, percent: int) -> int:
    """Directions of the matrix that OSF trains: those of the smallest singular values, rounded as
    `peft` rounds what it keeps."""
    directions = min(linear.inputs, linear.outputs)
    return directions - int(directions * kept_share(percent))


def kept_share(percent: int) -> float:
    """Of the directions, those of the largest singular values."""
    return 1 - percent / 100


def osf(linear: Linear, role: str, percent: int) -> int:
    """A singular value for each trained direction, and the vectors on either side."""
    return trained_directions(linear, percent) * (linear.inputs + linear.outputs + 1)


def osf_held(linear: Linear, role: str, percent: int) -> int:
    """Bytes of the directions that OSF keeps gradients out of, on the longer side of the matrix;
    on the other, what it trains says which they are."""
    n, o = linear.inputs, linear.outputs
    kept = min(n, o) - trained_directions(linear, percent)
    return 4 * kept * max(n, o) if n != o else 0


def osf_products(linear: Linear, percent: int) -> float:
    """Multiplications of each batch by which OSF keeps gradients within the trained directions."""
    n, o, k = linear.inputs, linear.outputs, trained_directions(linear, percent)
    kept = min(n, o) - k
    return 2 * k * (o * (k if o <= n else kept) + n * (k if o >= n else kept))


def in_bytes(count: LinearCount, size: int) -> LinearCount:
    """Bytes of so many numbers of `size` bytes."""
    return lambda linear, role, capacity: size * count(linear, role, capacity)
