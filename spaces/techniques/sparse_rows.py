"""Rows that train chosen entries of a matrix; `workers/adapters/masks.py` chooses them."""

from functools import partial

from . import formulas, restrictions, saved_linears
from .activations import Activations
from .products import ENTRIES
from .saved import Saved
from .technique import Technique

_MASKS = "peftsearch.workers.adapters.masks"

_sparse = partial(
    Technique,
    group="sparse",
    status="experimental",
    capacities=(1, 2, 5, 10, 20, 50),
    capacity_name="entries per mille",
    rate=3e-3,
    linear=formulas.per_mille,
    stored=formulas.in_bytes(formulas.per_mille, 4),
    saved=Saved(saved_linears.chosen),
    peft="ShiraConfig",
    arguments=lambda density: {"r": 1},
    transposed=False,
    restriction=restrictions.above_per_mille,
)

SPARSE_ROWS = (
    _sparse(
        "sparse_random",
        "trains randomly chosen entries",
        "inputs outputs c / 1000",
        "Bhardwaj et al., arXiv 2406.13175",
        entries=f"{_MASKS}:draw_entries",
        activations=Activations(capacity=0, matrices=1),
        products=ENTRIES,
    ),
    _sparse(
        "sparse_magnitude",
        "trains the entries of largest magnitude",
        "inputs outputs c / 1000",
        "Bhardwaj et al., arXiv 2406.13175",
        entries=f"{_MASKS}:find_largest",
        activations=Activations(capacity=0, matrices=1),
        products=ENTRIES,
    ),
    _sparse(
        "sparse_gradient",
        "trains the entries of largest gradient",
        "inputs outputs c / 1000",
        "He et al., arXiv 2303.08566",
        entries=f"{_MASKS}:find_steepest",
        calibrates=True,
        activations=Activations(capacity=0, matrices=1),
        products=ENTRIES,
    ),
    _sparse(
        "sparse_gradient_pooled",
        "trains the largest gradients of its linears together",
        "inputs outputs c / 1000 on average",
        "He et al., arXiv 2303.08566",
        entries=f"{_MASKS}:find_steepest",
        saved=Saved(saved_linears.pooled),
        calibrates=True,
        pooled=True,
        activations=Activations(capacity=0, matrices=1),
        products=ENTRIES,
    ),
    _sparse(
        "spiel",
        "trains entries that are dropped and grown meanwhile",
        "inputs outputs c / 1000",
        "SpIEL; Ansell et al., arXiv 2401.16405",
        entries=f"{_MASKS}:draw_entries",
        hook="peftsearch.workers.hooks.spiel:Spiel",
        # Gradients of the whole matrix in some steps, and its candidates with two sums.
        held=formulas.in_bytes(formulas.whole, 8),
        activations=Activations(capacity=0, matrices=1),
        products=ENTRIES,
    ),
    _sparse(
        "lt_sft",
        "trains all entries, then anew those that moved most",
        "inputs outputs c / 1000 on average",
        "LT-SFT; Ansell et al., arXiv 2110.07560",
        entries=f"{_MASKS}:draw_entries",
        saved=Saved(saved_linears.pooled),
        pooled=True,
        hook="peftsearch.workers.hooks.lottery:Lottery",
        # In the first half the matrix's gradient, moments and copy; then how far it moved.
        held=formulas.in_bytes(formulas.whole, 28),
        activations=Activations(capacity=0, matrices=1),
        products=ENTRIES,
    ),
)
