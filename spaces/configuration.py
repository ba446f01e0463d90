"""A configuration: strata of layers with their modules, and the learning rate.

Many encodings mean the same model (empty strata, a split of equal neighbours, a placement that
names every layer, modules in another order). `profile` is the canonical per-layer form and `key`
hashes it, so that a job never trains one model twice by accident.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import index
from typing import Any, Self

from .errors import UserError
from .techniques import technique


@dataclass(frozen=True, order=True)
class Module:
    """One technique at one size on some target roles.

    Attributes:
        technique: A row of the techniques table.
        capacity: Its size knob; 0 where the technique has none.
        roles: Sorted target roles; empty for techniques that act on a whole layer.
    """

    technique: str
    capacity: int = 0
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", tuple(sorted(set(self.roles))))


@dataclass(frozen=True)
class Stratum:
    """A contiguous run of layers `start <= layer < stop` that are treated alike.

    Attributes:
        modules: What the stratum carries; empty means frozen.
        layers: Placement, the absolute indices of the layers that really carry the modules; None
            means all of them.
    """

    start: int
    stop: int
    modules: tuple[Module, ...] = ()
    layers: tuple[int, ...] | None = None

    @property
    def carriers(self) -> tuple[int, ...]:
        """The layers that carry the modules."""
        return tuple(range(self.start, self.stop)) if self.layers is None else self.layers


Profile = tuple[tuple[Module, ...], ...]


@dataclass(frozen=True)
class Configuration:
    """All that a trial needs but its seed.

    Attributes:
        strata: In order; they tile `0 <= layer < L` without gaps. Empty strata are allowed.
        learning_rate: Rate of a technique whose nominal rate is `NOMINAL_RATE`; the others are
            scaled by the ratio of their nominal rates.
    """

    strata: tuple[Stratum, ...]
    learning_rate: float

    @property
    def depth(self) -> int:
        """Number of layers that the strata tile, `L`."""
        return self.strata[-1].stop if self.strata else 0

    @cached_property
    def profile(self) -> Profile:
        """Canonical form: for each of the `L` layers, its sorted modules that do something."""
        layers: list[tuple[Module, ...]] = [()] * self.depth
        for stratum in self.strata:
            kept = tuple(sorted({x for x in stratum.modules if _acts(x)}))
            for layer in stratum.carriers:
                layers[layer] = kept
        return tuple(layers)

    @cached_property
    def key(self) -> str:
        """16 hexadecimal digits, equal for configurations that mean the same training."""
        form = [
            [[x.technique, x.capacity, list(x.roles)] for x in modules] for modules in self.profile
        ]
        text = json.dumps([form, round(math.log10(self.learning_rate), 6)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON; `from_json` reads it back to an equal configuration."""
        return {
            "learning_rate": self.learning_rate,
            "strata": [_stratum_to_json(stratum) for stratum in self.strata],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, or what a user wrote under `[[try]]`.

        Raises:
            UserError: A key is missing, unknown or of the wrong type.
        """
        try:
            _check_keys(data, "learning_rate", "strata")
            strata = tuple(_stratum_from_json(item) for item in data["strata"])
            rate = float(data["learning_rate"])
        except UserError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UserError(
                "a configuration with learning_rate and strata of start, stop, modules",
                f"{dict(data)} ({type(error).__name__}: {error})",
                "compare with one that `peftsearch front JOB --json` prints",
            ) from error
        return cls(strata, rate)


def _acts(module: Module) -> bool:
    row = technique(module.technique)
    return (row.injects or row.writes_base) and not (row.capacities and module.capacity == 0)


def _stratum_to_json(stratum: Stratum) -> dict[str, Any]:
    modules = [
        {"technique": x.technique, "capacity": x.capacity, "roles": list(x.roles)}
        for x in stratum.modules
    ]
    layers = None if stratum.layers is None else list(stratum.layers)
    return {"start": stratum.start, "stop": stratum.stop, "modules": modules, "layers": layers}


def _stratum_from_json(data: Mapping[str, Any]) -> Stratum:
    _check_keys(data, "start", "stop", "modules", "layers")
    layers = data.get("layers")
    return Stratum(
        index(data["start"]),
        index(data["stop"]),
        tuple(_module_from_json(item) for item in data.get("modules", ())),
        None if layers is None else tuple(sorted(index(x) for x in layers)),
    )


def _module_from_json(data: Mapping[str, Any]) -> Module:
    _check_keys(data, "technique", "capacity", "roles")
    name = technique(str(data["technique"])).name
    roles = data.get("roles", ())
    if isinstance(roles, str):
        raise TypeError("roles must be a list")
    return Module(name, index(data.get("capacity", 0)), tuple(map(str, roles)))


def _check_keys(data: Mapping[str, Any], *known: str) -> None:
    if unknown := set(data) - set(known):
        raise ValueError(f"unknown key {min(unknown)!r}")
