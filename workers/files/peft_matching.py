"""Which row of the techniques table builds what a `peft` configuration says of one module.

Nothing here knows a technique: each row whose class it is builds its own configuration, and the
two are compared, argument by argument.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from peft.utils.other import get_pattern_key, match_target_against_key

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import TECHNIQUES, Technique
from peftsearch.workers.adapters.peft_configs import peft_config

_LARGEST = 1 << 14
"""Capacities that are tried beyond a row's ladder."""
_BOOKKEEPING = {
    "auto_mapping",
    "base_model_name_or_path",
    "fan_in_fan_out",  # `peft` corrects it by the model
    "inference_mode",
    "peft_type",
    "peft_version",
    "revision",
    "runtime_config",
    "task_type",
}
_PLACES = {
    "exclude_modules",
    "layers_pattern",
    "layers_to_transform",
    "modules_to_save",
    "target_modules",
}
_PATTERN = "_pattern"
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Match:
    """What comes nearest.

    Attributes:
        wrong: Of the arguments that differ, what was said and what the row has.
    """

    row: Technique
    capacity: int
    wrong: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def rows_of(config: Any) -> list[Technique]:
    """Those that leave as such a configuration, and say what their files hold."""
    rows = (row for row in TECHNIQUES.values() if row.exports and (row.saved or row.tensors))
    return [row for row in rows if row.peft == type(config).__name__]


def rows_beside(config: Any) -> list[Technique]:
    """Those that such a configuration trains beside its own technique."""
    name, said = type(config).__name__, vars(config)
    options = ((row, row.beside_peft.get(name)) for row in TECHNIQUES.values())
    return [row for row, x in options if x and all(said.get(k) == v for k, v in x.items())]


def match(config: Any, name: str, anatomy: Anatomy) -> Match:
    """The row and capacity that come nearest to what is said of a module.

    Args:
        config: Of a class that rows build.
        name: Full name of the module.
    """
    found = (_compare(row, config, name, anatomy) for row in rows_of(config))
    return min(found, key=lambda x: len(x.wrong))


def said_of(config: Any, name: str) -> dict[str, Any]:
    """What a configuration says of one module, but for where and for whom."""
    said = {k: _plain(v) for k, v in vars(config).items() if k not in _BOOKKEEPING | _PLACES}
    for pattern in [x for x in said if x.endswith(_PATTERN)]:
        argument, own = _argument_of(pattern, said), said[pattern] or {}
        if argument is not None and isinstance(own, Mapping):
            del said[pattern]
            said[argument] = own.get(get_pattern_key(list(own), name), said[argument])
    rows = rows_of(config)
    for argument in {x for row in rows for x in row.role_arguments}:
        said[argument] = _aims(getattr(config, argument), name)
    lean = {x for row in rows for x in (row.saved.lean if row.saved else {})}
    return {k: v for k, v in said.items() if k not in lean}


def _compare(row: Technique, config: Any, name: str, anatomy: Anatomy) -> Match:
    said = said_of(config, name)
    capacity = _nearest(row, said)
    dropout = float(said.get(row.dropout) or 0.0) if row.dropout else 0.0
    own = said_of(peft_config((row.name, capacity, 1.0), [name], anatomy, dropout), name)
    beside = {x for y in rows_beside(config) for x in y.beside_peft[type(config).__name__]}
    wrong = {k: (x, own.get(k)) for k, x in said.items() if x != own.get(k) and k not in beside}
    return Match(row, capacity, wrong)


def _nearest(row: Technique, said: Arguments) -> int:
    """The capacity at which most of a row's arguments are as they were said."""
    if not row.capacities:
        return 0

    def count(capacity: int) -> int:
        arguments = row.arguments(capacity)
        return sum(said.get(name) != _plain(value) for name, value in arguments.items())

    tried = [*row.capacities, *range(1, _LARGEST)]
    exact = next((x for x in tried if not count(x)), 0)
    return exact or min(tried, key=count)


def _argument_of(pattern: str, said: Arguments) -> str | None:
    """Which argument a pattern replaces for some modules: of `rank_pattern` `r`, of
    `alpha_pattern` `alpha` or `lora_alpha`."""
    stem = pattern.removesuffix(_PATTERN)
    wanted = ("r",) if stem == "rank" else (stem,)
    return next((x for x in said if x in wanted or x.endswith(f"_{stem}")), None)


def _aims(targets: Any, name: str) -> bool:
    """Whether a list of targets, or a pattern, holds a module; as `peft` looks at them."""
    if isinstance(targets, str):
        return bool(targets and match_target_against_key(targets, name))
    return any(name.endswith(x) for x in targets or ())


def _plain(value: Any) -> Any:
    """What is left of a value in JSON; nothing, however it is said, is None."""
    if isinstance(value, (set, frozenset, tuple, list)):
        return sorted(value, key=str) or None
    if value is False or value in ({}, ""):
        return None
    return value
