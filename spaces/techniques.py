"""The techniques, one row each: capacity ladder, trainable-parameter formula, and how they act.

Formulas count the tensors that one layer gains or unfreezes; `tests/workers/test_adapters.py`
checks each against the `requires_grad` counts of real models. A nominal learning rate is where a
sweep of the rate usually peaks; the searched rate moves all techniques together, relative to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .anatomy import Anatomy, Linear
from .errors import UserError

RANKS = (1, 2, 4, 8, 16, 32)
NOMINAL_RATE = 1e-3
"""Rate that the searched learning rate is relative to: LoRA's nominal rate."""


@dataclass(frozen=True)
class Technique:
    """One adapter type.

    Attributes:
        name: How job files, the database and the CLI call it.
        summary: One line for people.
        formula: Trainable parameters of one adapted linear (or layer), for people.
        source: The paper.
        capacities: Ladder of the size knob; empty where the technique has none.
        rate: Nominal learning rate.
        linear: Parameters that adapting `linear` in `role` at `capacity` adds.
        roles: Fixed target roles; None where the roles are searched.
        tensors: Base tensors of a layer that it trains (`writes_base`), path to size.
        peft: Name of the `peft` config class; None for a technique of our own.
        options: Arguments of that class beyond rank and targets.
        alpha: LoRA's alpha. Constant in the rank, so that the best rate hardly moves with it
            (Schulman et al., "LoRA Without Regret", 2025).
    """

    name: str
    summary: str
    formula: str
    source: str
    capacities: tuple[int, ...] = ()
    rate: float = NOMINAL_RATE
    linear: Callable[[Linear, str, int], int] | None = None
    roles: tuple[str, ...] | None = None
    tensors: Callable[[Anatomy], Mapping[str, int]] | None = None
    peft: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    alpha: int = 0

    @property
    def writes_base(self) -> bool:
        """Whether it trains tensors of the backbone itself."""
        return self.tensors is not None

    @property
    def injects(self) -> bool:
        """Whether it wraps linears of the backbone."""
        return self.linear is not None

    @property
    def merges(self) -> bool:
        """Whether its effect folds into the backbone's own tensors: true of every row so far."""
        return True


def _lora(linear: Linear, role: str, rank: int) -> int:
    return rank * (linear.inputs + linear.outputs)


def _dora(linear: Linear, role: str, rank: int) -> int:
    return _lora(linear, role, rank) + linear.outputs


def _ia3(linear: Linear, role: str, capacity: int) -> int:
    return linear.inputs if role == "mlp_out" else linear.outputs


_ROWS = (
    Technique("frozen", "the layer stays as it is", "0", "SPAFIT, arXiv 2405.00201"),
    Technique(
        "bitfit",
        "trains the layer's biases",
        "sum of the layer's bias sizes",
        "Ben Zaken et al., arXiv 2106.10199",
        rate=2e-3,
        tensors=lambda anatomy: anatomy.biases,
    ),
    Technique(
        "ln_tuning",
        "trains the layer's norms",
        "sum of the layer's norm weights and biases",
        "Zhao et al., arXiv 2312.11420",
        rate=4e-3,
        tensors=lambda anatomy: anatomy.norm_tensors,
    ),
    Technique(
        "ia3",
        "rescales keys, values and the inner activations of the MLP",
        "outputs (key, value) + inputs (mlp_out)",
        "Liu et al., arXiv 2205.05638",
        rate=2e-2,
        linear=_ia3,
        roles=("key", "value", "mlp_out"),
        peft="IA3Config",
    ),
    Technique(
        "lora",
        "adds a product of two thin matrices",
        "r (inputs + outputs)",
        "Hu et al., arXiv 2106.09685",
        capacities=RANKS,
        linear=_lora,
        peft="LoraConfig",
        alpha=16,
    ),
    Technique(
        "rslora",
        "LoRA scaled by 1/sqrt(r)",
        "r (inputs + outputs)",
        "Kalajdzievski, arXiv 2312.03732",
        capacities=RANKS,
        linear=_lora,
        peft="LoraConfig",
        options={"use_rslora": True},
        alpha=6,
    ),
    Technique(
        "dora",
        "LoRA on the direction, a vector on the magnitude",
        "r (inputs + outputs) + outputs",
        "Liu et al., arXiv 2402.09353",
        capacities=RANKS,
        linear=_dora,
        peft="LoraConfig",
        options={"use_dora": True},
        alpha=16,
    ),
)

TECHNIQUES: Mapping[str, Technique] = {row.name: row for row in _ROWS}


def technique(name: str) -> Technique:
    """Row of the table.

    Raises:
        UserError: No row has that name.
    """
    if name not in TECHNIQUES:
        raise UserError(
            f"a technique among {', '.join(TECHNIQUES)}",
            repr(name),
            "see `peftsearch techniques`",
        )
    return TECHNIQUES[name]
