"""The space section of a job: a preset, and what the user changes of it."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.spaces.configurations.recipes import RENAMED

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
        configurations: A closed list in place of all the above: a file, which the launch reads, or
            what it holds.
    """

    preset: Literal[
        "strata", "spafit", "autopeft", "lora", "methods", "rank_profile", "experts"
    ] = "strata"
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
    configurations: str | tuple[Mapping[str, Any], ...] | None = None

    @field_validator("preset", mode="before")
    @classmethod
    def _check_preset(cls, value: Any) -> Any:
        if isinstance(value, str) and value in RENAMED:
            raise UserError(
                "a preset whose name says what it holds",
                repr(value),
                f"LoRA whose rank rises with depth is called {RENAMED[value]} now,"
                " experts by depth are preset = 'experts'",
            )
        return value

    @field_validator("configurations", mode="before")
    @classmethod
    def _check_configurations(cls, value: Any) -> Any:
        listed = isinstance(value, list | tuple) and all(isinstance(x, Mapping) for x in value)
        if value is None or (value and (listed or isinstance(value, str))):
            return value
        got = "an empty list" if value in ([], ()) else show(value)
        raise UserError("a file or a list of configurations", got, "correct it")

    @model_validator(mode="after")
    def _check_alone(self) -> Self:
        others = {name for name, value in self if value != type(self).model_fields[name].default}
        if self.configurations is not None and (others := others - {"configurations"}):
            name = min(others)
            expected = "no other key of [space] beside configurations, which are all that it holds"
            raise UserError(expected, name, f"remove space.{name}", f"space.{name}")
        return self

    @property
    def listed(self) -> tuple[Mapping[str, Any], ...]:
        """The closed list; empty where the space is open.

        Raises:
            UserError: It is a file that was not read.
        """
        if isinstance(self.configurations, str):
            got, hint = f"the file {self.configurations!r}", "complete the spec by `read_spec`"
            raise UserError("a list of configurations that was read", got, hint)
        return self.configurations or ()
