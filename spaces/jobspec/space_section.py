"""The space section of a job: a preset, and what the user changes of it."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from .section import Section


class SpaceSpec(Section):
    """A preset and what the user changes of it; None keeps the preset's value.

    Attributes:
        bundles: What a stratum may carry, each a technique or several joined by `+`, for example
            `frozen`, `bitfit`, `bitfit+lora`.
        strata: Number of strata.
        ranks: Ladder of the techniques whose size is a rank.
        capacities: Ladders of single techniques; 0 stands for absent.
        roles: Role sets, each roles joined by `+`, for example `query+value`, or `all`.
        placements: Among all, alternate, upper, lower.
        boundaries: Allowed range `[low, high]` of each inner boundary: layer indices, or fractions
            of the depth where written with a decimal point.
        mask: Whether each layer may be left out by itself.
        ladder: `monotone` where the cost of a layer must never fall with depth.
        learning_rates: Lowest and highest rate; the grid between them has 8 steps a decade.
        rate_factors: Factors on a stratum's learning rate.
        inputs: Virtual tokens of the model's input: `none` and techniques.
    """

    preset: Literal["strata", "spafit", "autopeft", "lora", "methods", "mola"] = "strata"
    bundles: tuple[str, ...] | None = Field(None, min_length=1)
    strata: int | None = Field(None, ge=1, le=6)
    ranks: tuple[int, ...] | None = Field(None, min_length=1)
    capacities: Mapping[str, tuple[int, ...]] | None = None
    roles: tuple[str, ...] | None = Field(None, min_length=1)
    placements: tuple[Literal["all", "alternate", "upper", "lower"], ...] | None = Field(
        None, min_length=1
    )
    boundaries: tuple[tuple[int | float, int | float], ...] | None = None
    mask: bool | None = None
    ladder: Literal["free", "monotone"] | None = None
    learning_rates: tuple[float, float] | None = None
    rate_factors: tuple[float, ...] | None = Field(None, min_length=1)
    inputs: tuple[str, ...] | None = Field(None, min_length=1)
