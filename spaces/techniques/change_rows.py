"""Rows that change one linear by a layer of our own (`workers/adapters/changes.py`).

What is frozen and the same for every adapter comes from a fixed seed, so that it is not saved.
Nominal rates lie where LoRA's lies on `benchmarks/changes.py`: half a decade below the better of
two rates of so short a training.
"""

from functools import partial

from . import change_formulas as sizes
from . import formulas, restrictions, tensor_rings
from .activations import Activations
from .products import Products
from .saved import Saved
from .technique import Technique

_KINDS = "peftsearch.workers.adapters.change_kinds"
_RANKS = (1, 2, 4, 8, 16, 32)
_EVEN_RANKS = (2, 4, 8, 16, 32)

_row = partial(Technique, group="lowrank", status="experimental")
_thin = partial(_row, capacities=_RANKS, dropout="site", peft_as="lora")
_frozen = partial(
    _thin,
    held=sizes.first_bytes,
    activations=Activations(0, capacity=1),
    dropping=Activations(0, capacity=1, own=1),
    products=Products(trained=1, thin=2, below=2),
)
_kernel = partial(
    _row,
    capacities=_EVEN_RANKS,
    restriction=restrictions.odd,
    products=Products(whole=3, made=3),  # distances, one by one
    held=formulas.in_bytes(formulas.whole, 4),
)

CHANGE_ROWS = (
    _thin(
        "flora",
        "LoRA with a trained core between its matrices",
        "r (inputs + outputs) + r^2",
        "Si et al., arXiv 2405.14739",
        rate=2e-3,
        linear=sizes.trained(sizes.flora("flora")),
        saved=Saved(sizes.flora("flora")),
        build=f"{_KINDS}:add_tucker",
        dropping=Activations(0, capacity=2, own=2),
        products=Products(trained=1, thin=2),
    ),
    _frozen(
        "lora_fa",
        "LoRA that trains the matrix of the outputs alone",
        "r outputs",
        "Zhang et al., arXiv 2308.03303",
        rate=3e-3,
        linear=sizes.trained(sizes.outer("lora_fa")),
        saved=Saved(sizes.outer("lora_fa")),
        build=f"{_KINDS}:add_frozen",
    ),
    _frozen(
        "ortho",
        "LoRA that reads rows of one orthogonal matrix",
        "r outputs",
        "Po et al., arXiv 2312.02432",
        rate=3e-3,
        linear=sizes.trained(sizes.outer_and_rows("ortho")),
        stored=sizes.row_bytes,
        saved=Saved(sizes.outer_and_rows("ortho")),
        build=f"{_KINDS}:add_orthogonal",
        restriction=restrictions.above_inputs,
    ),
    _kernel(
        "klora",
        "adds distances between points of inputs and outputs",
        "r (inputs + outputs)",
        "Shen et al., arXiv 2411.01800",
        linear=sizes.trained(sizes.tables("klora")),
        saved=Saved(sizes.tables("klora")),
        build=f"{_KINDS}:add_kernel",
        activations=Activations(capacity=0, matrices=3),
    ),
    _kernel(
        "snell",
        "klora whose largest tenth of entries survive",
        "r (inputs + outputs)",
        "Shen et al., arXiv 2411.01800",
        rate=3e-2,
        linear=sizes.trained(sizes.tables("snell")),
        saved=Saved(sizes.tables("snell")),
        build=f"{_KINDS}:add_competing_kernel",
        activations=Activations(capacity=0, matrices=4),
    ),
    _row(
        "trlora",
        "turns the inputs and adds a ring of tensors",
        "sum n_k^2 + r^2 (sum n_k + sum o_k), inputs = n1 n2 n3, outputs = o1 o2 o3",
        "TLoRA, arXiv 2501.08727",
        rate=3e-3,
        capacities=(1, 2, 4, 8),
        capacity_name="ring rank",
        linear=sizes.trained(sizes.rings("trlora")),
        saved=Saved(sizes.rings("trlora")),
        build=f"{_KINDS}:add_ring",
        restriction=tensor_rings.large_prime,
        activations=Activations(capacity=0, matrices=5, made=4),
        products=Products(whole=3, batch=sizes.ring_products),
    ),
)
