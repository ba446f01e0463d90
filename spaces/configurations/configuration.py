"""A configuration: strata of layers with their modules, and the learning rate.

Many encodings mean the same model (empty strata, a split of equal neighbours, a placement that
names every layer, modules in another order). `profile` is the canonical per-layer form and `key`
hashes it, so that a job never trains one model twice by accident.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from operator import index
from typing import Any, Self

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.spaces.techniques.table import technique

from .hyperparameters import HYPERPARAMETERS, Hyperparameters
from .places import PLACEMENTS, place

_KEYS = {"learning_rate", "strata", "input", *HYPERPARAMETERS}
_STRATUM_KEYS = {"start", "stop", "modules", "layers"}
_MODULE_KEYS = {"technique", "capacity", "roles", "rate"}
_KEPT = 4096
"""What is worked out of modules is remembered of so many: thousands of trials share few."""


@dataclass(frozen=True, order=True)
class Module:
    """One technique at one size on some target roles.

    Attributes:
        technique: A row of the techniques table.
        capacity: Its size; 0 where the technique has none.
        roles: Sorted target roles; empty for techniques that act on a whole layer.
        rate: Factor on the learning rate of what this module trains.
    """

    technique: str
    capacity: int = 0
    roles: tuple[str, ...] = ()
    rate: float = 1.0

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

    @cached_property
    def carriers(self) -> tuple[int, ...]:
        """The layers that carry the modules."""
        return tuple(range(self.start, self.stop)) if self.layers is None else self.layers

    @cached_property
    def acting(self) -> tuple[Module, ...]:
        """The modules that do something, sorted: what `carriers` have in the canonical form."""
        return _acting(self.modules)


@lru_cache(_KEPT)
def _acting(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    return tuple(sorted({x for x in modules if _acts(x)}))


@lru_cache(_KEPT)
def _text_of(acting: tuple[Module, ...]) -> str:
    """What keys hash of a layer."""
    return json.dumps([_module_form(x) for x in acting])


Profile = tuple[tuple[Module, ...], ...]
Run = tuple[int, int, tuple[Module, ...]]


@dataclass(frozen=True)
class Configuration:
    """All that a trial needs but its seed.

    Attributes:
        strata: In order; they tile `0 <= layer < L` without gaps. Empty strata are allowed.
        learning_rate: Rate of a technique whose nominal rate is `NOMINAL_RATE`; the others are
            scaled by the ratio of their nominal rates.
        input: Virtual tokens in front of the model's input, which belong to no layer.
        training: What its job does not say for all its trials alike; no dropout where nothing of
            it has one.
    """

    strata: tuple[Stratum, ...]
    learning_rate: float
    input: Module | None = None
    training: Hyperparameters = field(default_factory=Hyperparameters)

    def __post_init__(self) -> None:
        if self.training.dropout is not None and not self.drops_out:
            object.__setattr__(self, "training", replace(self.training, dropout=None))

    @property
    def depth(self) -> int:
        """Number of layers that the strata tile, `L`."""
        return self.strata[-1].stop if self.strata else 0

    @property
    def virtual_tokens(self) -> int:
        """Tokens that the input puts before each sequence."""
        return self.input.capacity if self.input is not None else 0

    @cached_property
    def profile(self) -> Profile:
        """Canonical form: for each of the `L` layers, its sorted modules that do something."""
        layers: list[tuple[Module, ...]] = [()] * self.depth
        for stratum in self.strata:
            for layer in stratum.carriers:
                layers[layer] = stratum.acting
        return tuple(layers)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Layers that are treated alike, each time the first, the end and what they carry."""
        profile = self.profile
        starts = [i for i, x in enumerate(profile) if not i or x != profile[i - 1]]
        ends = [*starts[1:], len(profile)]
        return tuple((i, end, profile[i]) for i, end in zip(starts, ends, strict=False))

    @cached_property
    def kinds(self) -> Profile:
        """What layers carry, from the bottom up, mostly once each."""
        return tuple({id(x): x for _, _, x in self.runs}.values())

    @property
    def techniques(self) -> set[str]:
        """Names of the techniques that do something."""
        used = {module.technique for modules in self.kinds for module in modules}
        return used if self.input is None else used | {self.input.technique}

    @property
    def drops_out(self) -> bool:
        """Whether it has a technique with dropout."""
        return any(technique(name).dropout for name in self.techniques)

    @property
    def frozen(self) -> bool:
        """Whether it adapts nothing: the linear probe."""
        return self.input is None and not any(self.kinds)

    @cached_property
    def key(self) -> str:
        """16 hexadecimal digits, equal for configurations that mean the same training."""
        rest = [repr(round(math.log10(self.learning_rate), 6))]
        if self.input is not None:
            rest.append(json.dumps(_module_form(self.input)))
        if said := self.training.said:
            rest.append(json.dumps({name: round(value, 6) for name, value in said.items()}))
        # The JSON of one list, most of which is the same for many configurations.
        text = f"[[{', '.join(self._layer_texts())}], {', '.join(rest)}]"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _layer_texts(self) -> list[str]:
        texts = ["[]"] * self.depth
        for stratum in self.strata:
            text = _text_of(stratum.acting)
            for layer in stratum.carriers:
                texts[layer] = text
        return texts

    def drop_empty(self) -> Self:
        """The same training by the strata that hold layers; its key is the same."""
        return replace(self, strata=tuple(x for x in self.strata if x.start < x.stop))

    def rescale(self, layers: int) -> Self:
        """The same configuration on a model of another depth: boundaries and placements keep
        their fraction of the depth, to the nearest layer."""
        share = layers / self.depth

        def move(stratum: Stratum) -> Stratum:
            start, stop = round(stratum.start * share), round(stratum.stop * share)
            kept = set(stratum.carriers)
            whole = len(kept) == stratum.stop - stratum.start
            placed = tuple(x for x in range(start, stop) if int((x + 0.5) / share) in kept)
            return Stratum(start, stop, stratum.modules, None if whole else placed)

        return replace(self, strata=tuple(map(move, self.strata)))

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON; `from_json` reads it back to an equal configuration."""
        data: dict[str, Any] = {
            "learning_rate": self.learning_rate,
            "strata": [_stratum_to_json(stratum) for stratum in self.strata],
        }
        data |= self.training.said
        return data | ({"input": _module_to_json(self.input)} if self.input else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any], layers: int | None = None) -> Self:
        """Read what `to_json` wrote, or what a user wrote under `[[try]]`.

        Args:
            layers: Depth of the model; None where no boundary is a fraction of the depth.

        Raises:
            UserError: A key is missing, unknown or of the wrong type.
        """
        try:
            _check_keys(data, _KEYS)
            strata = tuple(_stratum_from_json(item, layers) for item in data["strata"])
            rate = float(data["learning_rate"])
            tokens = data.get("input")
            virtual = _module_from_json(tokens) if tokens else None
            training = Hyperparameters.read(data)
        except UserError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UserError(
                "a configuration with learning_rate and strata of start, stop, modules",
                f"{show(data)} ({type(error).__name__}: {error})",
                "compare with one that `peftsearch front JOB --json` prints",
            ) from error
        return cls(strata, rate, virtual, training)


def _acts(module: Module) -> bool:
    row = technique(module.technique)
    return row.adapts and not (row.capacities and module.capacity == 0)


def _module_form(module: Module) -> list[Any]:
    form: list[Any] = [module.technique, module.capacity, list(module.roles)]
    return form if module.rate == 1.0 else [*form, module.rate]


def _stratum_to_json(stratum: Stratum) -> dict[str, Any]:
    modules = [_module_to_json(x) for x in stratum.modules]
    layers = None if stratum.layers is None else list(stratum.layers)
    return {"start": stratum.start, "stop": stratum.stop, "modules": modules, "layers": layers}


def _module_to_json(module: Module) -> dict[str, Any]:
    data: dict[str, Any] = {"technique": module.technique, "capacity": module.capacity}
    data["roles"] = list(module.roles)
    return data if module.rate == 1.0 else data | {"rate": module.rate}


def _stratum_from_json(data: Mapping[str, Any], depth: int | None) -> Stratum:
    _check_keys(data, _STRATUM_KEYS)
    start, stop = _boundary(data["start"], depth), _boundary(data["stop"], depth)
    modules = tuple(_module_from_json(item) for item in data.get("modules", ()))
    return Stratum(start, stop, modules, _placed(data.get("layers"), start, stop))


def _placed(layers: Any, start: int, stop: int) -> tuple[int, ...] | None:
    """Layers by their indices, or by the name of a placement."""
    if layers is None or layers == "all":
        return None
    if not isinstance(layers, str):
        return tuple(sorted(index(x) for x in layers))
    if layers not in PLACEMENTS:
        raise ValueError(f"layers is a list, all, or one of {', '.join(PLACEMENTS)}")
    return place(layers, start, stop)


def _boundary(value: Any, depth: int | None) -> int:
    """A layer index, or a fraction of the depth written with a decimal point."""
    if depth is None or not isinstance(value, float):
        return index(value)
    if not 0 <= value <= 1:
        raise ValueError(
            f"a boundary with a decimal point is a fraction of the depth, not {value}"
        )
    return round(value * depth)


def _module_from_json(data: Mapping[str, Any]) -> Module:
    _check_keys(data, _MODULE_KEYS)
    roles = data.get("roles", ())
    if isinstance(roles, str):
        raise TypeError("roles must be a list")
    size, rate = index(data.get("capacity", 0)), float(data.get("rate", 1.0))
    return _make_module(str(data["technique"]), size, rate, *map(str, roles))


@lru_cache(_KEPT)
def _make_module(name: str, capacity: int, rate: float, *roles: str) -> Module:
    return Module(technique(name).name, capacity, roles, rate)


def _check_keys(data: Mapping[str, Any], known: Set[str]) -> None:
    if unknown := data.keys() - known:
        raise ValueError(f"unknown key {min(unknown)!r}")
