"""Bounds on objectives as people write them: `adapter_bytes <= 200 KB`."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from peftsearch.errors import UserError

from .objectives import objective

_UNITS = {
    "": 1.0,
    "B": 1.0,
    "K": 1e3,
    "KB": 1e3,
    "KIB": 2.0**10,
    "M": 1e6,
    "MB": 1e6,
    "MIB": 2.0**20,
    "G": 1e9,
    "GB": 1e9,
    "GIB": 2.0**30,
    "S": 1.0,
    "MIN": 60.0,
    "H": 3600.0,
}
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
LONGEST = 200
"""Characters of a bound; the longest sensible one has some forty."""
_NAME = re.compile(r"\w++")
_QUANTITY = re.compile(r"([-+]?\d[\d_]*+(?:\.\d++)?(?:[eE][-+]?\d++)?)\s*+([A-Za-z]*+)")


def parse_quantity(text: str) -> float:
    """`200 KB` is 200,000 and `1.5 MiB` 1,572,864.

    Raises:
        UserError: Not a number with a known unit.
    """
    _check_length(text)
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or match[2].upper() not in _UNITS:
        units = "KB, MB, GB, KiB, MiB, K, M, s, min, h"
        raise UserError(f"a number with a unit among {units}", repr(text), "e.g. '200 KB'")
    return float(match[1].replace("_", "")) * _UNITS[match[2].upper()]


@dataclass(frozen=True)
class Bound:
    """One inequality on one objective."""

    name: str
    sign: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name <= limit`.

        Raises:
            UserError: Not of that form, or no such objective.
        """
        _check_length(text)
        start = next((i for i, letter in enumerate(text) if letter in "<>"), len(text))
        sign = next((sign for sign in _OPERATORS if text.startswith(sign, start)), "")
        name, limit = text[:start].strip(), text[start + len(sign) :].strip()
        if not (limit and sign and _NAME.fullmatch(name)):
            raise UserError("a bound such as 'adapter_bytes <= 200 KB'", repr(text), "correct it")
        return cls(objective(name).name, sign, parse_quantity(limit))

    def holds(self, value: float) -> bool:
        """Whether `value` meets the bound."""
        return _OPERATORS[self.sign](value, self.limit)

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.limit:,.15g}"


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        got = f"{text[:20]!r} and so on, {len(text):,} characters"
        raise UserError(f"a bound of at most {LONGEST} characters", got, "shorten it")
