"""Rows that wrap linears by `peft`: the tested core, then the experimental ones.

LoRA's alpha is constant in the rank, so that the best rate hardly moves with it (Schulman et al.,
"LoRA Without Regret", 2025), and so that ranks alone tell the linears of an export apart.
"""

from . import formulas, restrictions, saved_linears
from .activations import DROPPED, Activations
from .lora_rows import LORA_ROWS
from .low_rank_rows import LOW_RANK_ROWS
from .products import NONE, THIN, Products
from .saved import NO_PROJECTION, Saved
from .sparse_rows import SPARSE_ROWS
from .technique import Technique
from .transform_rows import TRANSFORM_ROWS

_RANKS = (1, 2, 4, 8, 16, 32)
_PATTERN = "rank_pattern"

_CORE_ROWS = (
    Technique(
        "ia3",
        "rescales keys, values and the MLP's inner activations",
        "outputs (key, value) + inputs (mlp_out)",
        "Liu et al., arXiv 2205.05638",
        group="scale",
        rate=2e-2,
        linear=formulas.ia3,
        roles=("key", "value", "query_key_value", "mlp_out"),
        saved=Saved(saved_linears.ia3),
        peft="IA3Config",
        role_arguments={"feedforward_modules": ("mlp_out",)},
        exports=True,
        activations=Activations(0, capacity=0, scaled=1, made=1),
        products=NONE,
    ),
    Technique(
        "lora",
        "adds a product of two thin matrices",
        "r (inputs + outputs)",
        "Hu et al., arXiv 2106.09685",
        group="lowrank",
        capacities=_RANKS,
        linear=formulas.lora,
        saved=Saved(saved_linears.lora),
        peft="LoraConfig",
        dropout="lora_dropout",
        arguments=lambda rank: {"r": rank, "lora_alpha": 16},
        capacity_pattern=_PATTERN,
        exports=True,
        dropping=DROPPED,
        products=THIN,
    ),
    Technique(
        "rslora",
        "LoRA scaled by 1/sqrt(r)",
        "r (inputs + outputs)",
        "Kalajdzievski, arXiv 2312.03732",
        group="lowrank",
        capacities=_RANKS,
        linear=formulas.lora,
        saved=Saved(saved_linears.lora),
        peft="LoraConfig",
        dropout="lora_dropout",
        arguments=lambda rank: {"r": rank, "lora_alpha": 6, "use_rslora": True},
        capacity_pattern=_PATTERN,
        exports=True,
        dropping=DROPPED,
        products=THIN,
    ),
    Technique(
        "dora",
        "LoRA on the direction, a vector on the magnitude",
        "r (inputs + outputs) + outputs",
        "Liu et al., arXiv 2402.09353",
        group="lowrank",
        capacities=_RANKS,
        linear=formulas.lora_and_outputs,
        saved=Saved(saved_linears.both(saved_linears.lora, saved_linears.magnitude)),
        peft="LoraConfig",
        dropout="lora_dropout",
        arguments=lambda rank: {"r": rank, "lora_alpha": 16, "use_dora": True},
        capacity_pattern=_PATTERN,
        exports=True,
        activations=Activations(outputs=2, matrices=2),
        dropping=Activations(0, outputs=2, matrices=2, own=2),
        products=Products(thin=3, made=1, squared=1),
        dropping_products=Products(whole=2, thin=3, made=1, squared=1),
    ),
    Technique(
        "vera",
        "trains two diagonals around frozen random matrices",
        "outputs + r",
        "Kopiczko et al., arXiv 2310.11454",
        group="lowrank",
        capacities=(16, 64, 256, 1024),
        rate=1e-2,
        linear=formulas.vera,
        saved=Saved(saved_linears.vera, lean=NO_PROJECTION),
        peft="VeraConfig",
        dropout="vera_dropout",
        arguments=lambda rank: {"r": rank, "projection_prng_key": 0},
        exports=True,
        activations=Activations(0, 1, 2, projected=True),
        dropping=Activations(0, 1, 2, own=1, projected=True),
        products=Products(thin=2),
    ),
    Technique(
        "oft",
        "rotates blocks of the inputs",
        "inputs (b - 1) / 2",
        "Qiu et al., arXiv 2306.07280",
        group="orthogonal",
        capacities=(2, 4, 8, 16, 32, 64),
        capacity_name="block size",
        rate=3e-3,
        linear=formulas.oft,
        saved=Saved(saved_linears.oft),
        # `peft` takes a dropout of blocks for OFT, and its layer never applies it.
        peft="OFTConfig",
        transposed=False,
        arguments=lambda block: {"oft_block_size": block},
        restriction=restrictions.first(restrictions.below_two, restrictions.indivisible_inputs),
        exports=True,
        activations=Activations(matrices=1, made=16),
        products=Products(read=3, blocks=9, inside=True),
    ),
)

PEFT_ROWS = (*_CORE_ROWS, *LORA_ROWS, *LOW_RANK_ROWS, *TRANSFORM_ROWS, *SPARSE_ROWS)
