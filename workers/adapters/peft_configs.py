"""The `peft` configuration that wraps some linears."""

import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import peft

from peftsearch.spaces.configurations.groups import Group
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import technique


def match_names(names: Iterable[str]) -> str:
    """A pattern that matches these names in full and nothing else."""
    return "|".join(map(re.escape, names))


def peft_config(group: Group, names: list[str], anatomy: Anatomy, dropout: float = 0.0) -> Any:
    """The `peft` configuration that adapts the modules `names`.

    Args:
        dropout: Share to leave out in training, where the technique has a dropout.
    """
    row = technique(group[0])
    kind = getattr(peft, str(row.peft))
    arguments: dict[str, Any] = {"target_modules": match_names(names), **row.arguments(group[1])}
    if any(x.transposed for x in anatomy.linears.values()):
        known = {field.name for field in fields(kind)}
        arguments |= {"fan_in_fan_out": True} if "fan_in_fan_out" in known else {}
    if row.dropout and dropout:
        arguments[row.dropout] = dropout
    for argument, roles in row.role_arguments.items():
        aimed = {name for role in roles for name in _linears_of(role, anatomy)}
        arguments[argument] = match_names(x for x in names if x in aimed)
    return kind(**arguments)


def _linears_of(role: str, anatomy: Anatomy) -> set[str]:
    stacks = enumerate(anatomy.each())
    return {
        anatomy.module(layer, stack.linears[role].path)
        for layer, (stack, _) in stacks
        if role in stack.linears
    }
