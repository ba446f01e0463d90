"""Tensors that `peft` trains on one linear, as files name them; the rest is as in `saved`."""

from collections.abc import Mapping

from peftsearch.spaces.families.anatomy import Linear

from .formulas import (
    adamss_directions,
    frod_entries,
    halve,
    per_mille,
    supertuning,
    trained_directions,
)
from .saved import OfLinear, Tensor, Tensors


def named(*names: str) -> OfLinear:
    """A number for each output, under each of these names."""
    return lambda x, role, capacity: tuple(Tensor(name, (x.outputs,)) for name in names)


def numbers(name: str) -> OfLinear:
    """As many numbers as the capacity says."""
    return lambda x, role, capacity: (Tensor(name, (capacity,)),)


def pair(first: str, second: str) -> OfLinear:
    """Two thin matrices, `r x n` and `o x r`."""

    def tensors(x: Linear, role: str, r: int) -> Tensors:
        return Tensor(first, (r, x.inputs)), Tensor(second, (x.outputs, r))

    return tensors


def both(*parts: OfLinear) -> OfLinear:
    """All of these."""
    return lambda x, role, capacity: tuple(y for part in parts for y in part(x, role, capacity))


lora = pair("lora_A.weight", "lora_B.weight")
started = both(lora, pair("initial_A", "initial_B"))


def magnitude(x: Linear, role: str, r: int) -> Tensors:
    """DoRA's vector."""
    name = "lora_magnitude_vector"
    return (Tensor(f"{name}.weight", (x.outputs,), peft=name),)


def ia3(x: Linear, role: str, capacity: int) -> Tensors:
    """A factor for each output; before the MLP's output, for each input."""
    return (Tensor("ia3_l", (1, x.inputs) if role == "mlp_out" else (x.outputs, 1)),)


def vera(x: Linear, role: str, r: int) -> Tensors:
    """Two diagonals."""
    return Tensor("vera_lambda_b", (x.outputs,)), Tensor("vera_lambda_d", (r,))


def pvera(x: Linear, role: str, r: int) -> Tensors:
    """As `vera`, with means and variances."""
    return Tensor("pvera_lambda_b", (x.outputs,)), Tensor("pvera_lambda_d", (2 * r,))


def oft(x: Linear, role: str, b: int) -> Tensors:
    """The upper half of a skew-symmetric matrix for each block."""
    return (Tensor("oft_R.weight", (x.inputs // b, b * (b - 1) // 2)),)


def loha(x: Linear, role: str, r: int) -> Tensors:
    """Two products of thin matrices."""
    left, right = (x.outputs, r), (r, x.inputs)
    shapes = {"hada_w1_a": left, "hada_w1_b": right, "hada_w2_a": left, "hada_w2_b": right}
    return tuple(Tensor(name, shape) for name, shape in shapes.items())


def lokr(x: Linear, role: str, r: int) -> Tensors:
    """A small whole matrix, and a large one of rank `r`, whole where that is no larger."""
    (left_in, right_in), (left_out, right_out) = halve(x.inputs), halve(x.outputs)
    first = Tensor("lokr_w1", (left_out, left_in))
    if 2 * r >= max(right_in, right_out):
        return first, Tensor("lokr_w2", (right_out, right_in))
    return first, Tensor("lokr_w2_a", (right_out, r)), Tensor("lokr_w2_b", (r, right_in))


def one(name: str) -> OfLinear:
    """One number."""
    return lambda x, role, capacity: (Tensor(name, (1,)),)


def each_input(name: str) -> OfLinear:
    """A number for each input."""
    return lambda x, role, capacity: (Tensor(name, (x.inputs,)),)


def gralora(x: Linear, role: str, r: int) -> Tensors:
    """Thin matrices of both halves."""
    first, second = (2, x.inputs // 2, r), (2, r, x.outputs // 2)
    return Tensor("gralora_A", first), Tensor("gralora_B", second)


def glora(x: Linear, role: str, r: int) -> Tensors:
    """Two low-rank matrices; on a bias a prompt, a factor and a shift."""
    found = []
    for name in ("glora_A", "glora_B"):
        found += [Tensor(f"{name}.Xd", (x.outputs, r)), Tensor(f"{name}.Xu", (r, x.inputs))]
    if x.bias:
        found += [Tensor("glora_C.Xd", (x.inputs, r)), Tensor("glora_C.Xu", (r, 1))]
        found += [Tensor("glora_D.X", (1,)), Tensor("glora_E.X", (1,))]
    return tuple(found)


def empty_paths(always: tuple[str, ...]) -> OfLinear:
    """Zeros that `peft` saves in place of what GLoRA's form, or a linear without a bias, lacks.

    Args:
        always: Paths that the form lacks with a bias too.
    """

    def tensors(x: Linear, role: str, capacity: int) -> Tensors:
        shapes = {"C": (x.inputs, 1), "D": (x.outputs,), "E": (x.outputs,)}
        lacking = always if x.bias else tuple(shapes)
        return tuple(Tensor(f"glora_{path}.zeros", shapes[path]) for path in lacking)

    return tensors


def ssf(x: Linear, role: str, capacity: int) -> Tensors:
    """A factor and a shift for each row of the matrix, and for each bias."""
    matrix = [Tensor(f"glora_{x_}.X", (x.outputs, 1)) for x_ in "AB"]
    bias = [Tensor(f"glora_{x_}.X", (x.outputs,)) for x_ in "DE"] if x.bias else []
    return (*matrix, *bias)


def miss(x: Linear, role: str, r: int) -> Tensors:
    """One thin matrix."""
    return (Tensor("miss_block", (r, x.outputs)),)


def peanut(x: Linear, role: str, r: int) -> Tensors:
    """Two thin matrices on the side of the outputs."""
    first, second = (r, x.outputs), (x.outputs, r)
    return Tensor("peanut_A.weight", first), Tensor("peanut_B.weight", second)


def adamss(x: Linear, role: str, subspaces: int) -> Tensors:
    """Directions and places; of each subspace a vector and its outputs' factors. How many outputs
    a subspace has depends on the weights, so that its header may be shorter."""
    directions = adamss_directions(x)
    basis = Tensor("adamss_newB", (directions, x.inputs + x.bias))
    places = Tensor("scatter_index", (x.outputs,), "I64")
    vectors = [Tensor(f"adamss_A.{i}", (1, directions)) for i in range(subspaces)]
    factors = [
        Tensor(f"adamss_B.{i}", (x.outputs, 1), numbers=0 if i else x.outputs)
        for i in range(subspaces)
    ]
    return (basis, places, *vectors, *factors)


def randlora(x: Linear, role: str, r: int) -> Tensors:
    """Two diagonals for each of the random bases."""
    small = min(x.inputs, x.outputs)
    bases = -(-small // r)
    return Tensor("randlora_gamma", (bases, small)), Tensor("randlora_lambda", (r, bases))


def vblora(x: Linear, role: str, r: int) -> Tensors:
    """Logits over 64 vectors for each 64 entries of two thin matrices."""
    first, second = (r, x.inputs // 64, 64), (x.outputs // 64, r, 64)
    return Tensor("vblora_logits_A", first), Tensor("vblora_logits_B", second)


def boft(x: Linear, role: str, b: int) -> Tensors:
    """A matrix for each block, and a factor for each output."""
    return Tensor("boft_R", (1, x.inputs // b, b, b)), Tensor("boft_s", (x.outputs, 1))


def hra(x: Linear, role: str, r: int) -> Tensors:
    """The normals of `r` reflections."""
    return (Tensor("hra_u", (x.inputs, r)),)


def beft(x: Linear, role: str, capacity: int) -> Tensors:
    """A bias."""
    return (Tensor("beft_bias", (1, x.outputs)),)


def shira(x: Linear, role: str, r: int) -> Tensors:
    """As many entries as LoRA would have."""
    return (Tensor("shira_weight", (r * (x.inputs + x.outputs),)),)


def c3a(x: Linear, role: str, b: int) -> Tensors:
    """A vector for each circulant block."""
    return (Tensor("c3a_kernel", (x.outputs // b, x.inputs // b, b)),)


def road(x: Linear, role: str, variant: int) -> Tensors:
    """Angles and lengths."""
    count = variant * x.outputs // 2
    return Tensor("road_alpha", (count,)), Tensor("road_theta", (count,))


def psoft(x: Linear, role: str, r: int) -> Tensors:
    """The principal directions, and a rotation of them between two vectors of factors."""
    turned = Tensor("psoft_R.weight", (r * (r - 1) // 2,))
    factors = (Tensor(f"psoft_R.vector_{name}", (r,)) for name in "ab")
    return (*pair("psoft_A_cache", "psoft_B_cache")(x, role, r), turned, *factors)


def tinylora(x: Linear, role: str, count: int) -> Tensors:
    """Two principal directions on either side."""
    return pair("tinylora_A", "tinylora_B")(x, role, 2)


def frod(x: Linear, role: str, density: int) -> Tensors:
    """A diagonal, and other entries of a matrix in the basis."""
    entries = (frod_entries(x, density),)
    return Tensor("frod_lambda_l", (x.inputs,)), Tensor("frod_lambda_s_values", entries)


def frod_bases(linears: Mapping[str, Linear], density: int) -> Tensors:
    """The basis of each category of linears and where its entries stand. It comes from the base
    model's weights by a decomposition, which other machines may do otherwise."""
    found = {}
    for path, x in linears.items():
        name, entries = _category(path), frod_entries(x, density)
        found[name] = (
            Tensor(f"frod_V.{name}", (x.inputs, x.inputs)),
            Tensor(f"frod_s_indices.{name}", (2, entries), "I64"),
            Tensor(f"frod_s_size.{name}", (2,), "I64"),
        )
    return tuple(tensor for group in found.values() for tensor in group)


def _category(path: str) -> str:
    """What `peft` calls linears that share a basis."""
    *_, above, parent, name = ("", "", *path.split("."))
    if parent.isdigit() or not parent:
        return name
    joined = f"{parent}_{name}"
    return "attention_output" if (above, joined) == ("attention", "output_dense") else joined


def chosen(x: Linear, role: str, density: int) -> Tensors:
    """Entries of the matrix and their flat indices."""
    count = per_mille(x, role, density)
    return Tensor("shira_weight", (count,)), Tensor("entries", (count,), "I32")


def pooled(x: Linear, role: str, density: int) -> Tensors:
    """As `chosen`, of as many as the training finds best; on average so many."""
    most, count = (x.inputs * x.outputs,), per_mille(x, role, density)
    values = Tensor("shira_weight", most, numbers=count)
    return values, Tensor("entries", most, "I32", numbers=count)


def allotted(x: Linear, role: str, r: int) -> Tensors:
    """Thin matrices and the values between them, of a rank that the training chooses."""
    most, n, o = 2 * r, x.inputs, x.outputs
    return (
        Tensor("lora_A", (most, n), numbers=r * n),
        Tensor("lora_E", (most, 1), numbers=r),
        Tensor("lora_B", (o, most), numbers=r * o),
    )


def largest(x: Linear, role: str, density: int) -> Tensors:
    """As `chosen`, of `peft`."""
    count = supertuning(x, role, density)
    return (
        Tensor("supertuning_values", (count,)),
        Tensor("supertuning_indices", (count,), "I32"),
    )


def deft(x: Linear, role: str, r: int) -> Tensors:
    """Two thin matrices: what is taken out of the outputs, and what is put in its place."""
    return Tensor("deft_P", (x.outputs, r)), Tensor("deft_R", (r, x.inputs))


def osf(x: Linear, role: str, percent: int) -> Tensors:
    """Parts of a singular value decomposition, as they are and as they were."""
    k = trained_directions(x, percent)
    shapes = {"U_low": (x.outputs, k), "S_low": (k,), "V_low": (k, x.inputs)}
    trained = (Tensor(f"osf_svd_params.{part}", shape) for part, shape in shapes.items())
    first = (Tensor(f"osf_{part}_init", shape) for part, shape in shapes.items())
    return (*trained, *first)
