"""Bounds on objectives as people write them: `adapter_bytes <= 200 KB`."""

import math
import operator
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from peftsearch.errors import UserError

from .objectives import OBJECTIVES, Objective, Style, fold_name, objective

_THOUSANDS = {"K": 1e3, "M": 1e6, "G": 1e9}
_COUNTS = {**_THOUSANDS, "T": 1e12, "P": 1e15}
_BINARY = {"KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}
_BYTES = (
    *(("EB", 1e18), ("PB", 1e15), ("TB", 1e12)),
    *(("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("B", 1.0)),
)
_UNITS: Mapping[Style, Mapping[str, float]] = {
    "size": {**{unit: scale for unit, scale in reversed(_BYTES)}, **_BINARY, **_THOUSANDS},
    "duration": {"s": 1.0, "min": 60.0, "h": 3600.0},
    "count": _COUNTS,
    "score": {},
}
"""By the style of an objective: what may stand behind a number, in any case, and its scale. Of a
count that has a unit, such as FLOPs, the unit may follow (`_units_of`)."""
_LARGE = (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6))
_EXAMPLES: Mapping[Style, str] = {
    "size": "200 KB",
    "duration": "5 min",
    "count": "20 K",
    "score": "0.9",
}
_ANY = {unit: scale for units in _UNITS.values() for unit, scale in units.items()}
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_LEAST_EXCESS = 1e-9
LONGEST = 200
"""Characters of a bound; the longest sensible one has some forty."""
_NAME = re.compile(r"\w++")
_QUANTITY = re.compile(
    r"([-+]?(?:\d{1,3}(?:,\d{3})++(?![\d,_])|\d[\d_]*+|(?=\.\d))(?:\.\d++)?(?:[eE][-+]?\d++)?)\s*+([A-Za-z]*+)"
)


def parse_quantity(name: str, text: str) -> float:
    """Of `adapter_bytes`, `200 KB` is 200,000 and `1.5 MiB` 1,572,864.

    Args:
        name: Of an objective, whose style says which units there are.
        text: A number with such a unit, or a plain one in the unit of the objective.

    Raises:
        UserError: Not such a number, not finite, or no such objective.
    """
    row = objective(name)
    style, scales = row.style, _units_of(row)
    value = _read(text, scales)
    if value is None:
        units = ", ".join([*_UNITS[style], row.unit] if row.has_scales else scales)
        number = f"a number, plain or with a unit among {units}" if units else "a plain number"
        vague = style == "duration" and re.search(r"\dm$", "".join(text.lower().split()))
        hint = "m may be minutes or millions; write e.g." if vague else "e.g."
        example = f"20 {row.unit}" if row.has_scales else _EXAMPLES[style]
        raise UserError(f"{number} for {name}", repr(text), f"{hint} '{example}'")
    if not math.isfinite(value):
        raise UserError(f"a finite limit on {name}", repr(text), "leave it out or lower it")
    return value


def write_quantity(name: str, value: float) -> str:
    """A value of an objective in the unit that people write it in, as exactly as it is known:
    `300 KB`, `1.2345 MB`, `90 s`, `20,000`. `parse_quantity` reads it.

    Args:
        name: Of the objective.
    """
    row = objective(name)
    if row.style == "size":
        unit, scale = next((x for x in _BYTES if abs(value) >= x[1]), _BYTES[-1])
        return f"{value / scale:.15g} {unit}"
    if row.has_scales:
        scale, prefix = large_scale(value)
        return f"{value / scale:,.15g} {prefix}{unit_of(row, value)}"
    return f"{value:,.15g}{' s' if row.style == 'duration' else ''}"


def large_scale(value: float) -> tuple[float, str]:
    """Of a count with a unit the power of a thousand that it is written in, and its letter: of
    32.5 TFLOPs `1e12, "T"`; of what can be read as it is `1.0, ""`."""
    return next(((x, letter) for letter, x in _LARGE if abs(value) >= x), (1.0, ""))


def _units_of(row: Objective) -> Mapping[str, float]:
    units = _UNITS[row.style]
    if not row.has_scales:
        return units
    letters = {"": 1.0, **units}
    named = {letter + x: scale for letter, scale in letters.items() for x in _forms(row)}
    return {**units, **named}


def _forms(row: Objective) -> tuple[str, str]:
    """`layers` and `layer`."""
    return row.unit, row.unit.removesuffix("s")


def unit_of(row: Objective, value: float) -> str:
    """The unit of a count behind a value: `1 layer`, `2 layers`."""
    return _forms(row)[value == 1]


def _read(text: str, units: Mapping[str, float]) -> float | None:
    _check_length(text)
    scales = {"": 1.0, **{unit.upper(): scale for unit, scale in units.items()}}
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or match[2].upper() not in scales:
        return None
    number, scale = float(re.sub("[_,]", "", match[1])), scales[match[2].upper()]
    # 147.456 KB are 147,456 bytes, and not 2e-11 less.
    return number if scale == 1.0 else float(f"{number * scale:.15g}")


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
            UserError: Not of that form, no such objective, or a unit that is not its own.
        """
        name, sign, limit = _divide(text)
        name = objective(name).name
        return cls(name, sign, parse_quantity(name, limit))

    def check_reachable(self) -> None:
        """Refuse `accuracy >= 80`: of scores of ours it is known what is best.

        Raises:
            UserError: Nothing can meet it.
        """
        row = objective(self.name)
        demands = self.sign.startswith(">") == row.maximise
        noisy = bool(row.trained)  # a membership AUC may be below .5 by chance
        if row.logarithmic or noisy or row.name not in OBJECTIVES.own or not demands:
            return
        if row.signed(self.limit) > row.signed(row.best):
            expected = f"a bound that {row.name} can meet, which is {row.best:g} at best"
            raise UserError(expected, f"{self}", "80 % is 0.8", "objectives.bounds")

    @staticmethod
    def name_in(text: str) -> str:
        """What a bound is on, as it is written but for its case.

        Raises:
            UserError: It is none.
        """
        return _divide(text)[0]

    def holds(self, value: float) -> bool:
        """Whether `value` meets the bound."""
        return _OPERATORS[self.sign](value, self.limit)

    def excess(self, value: float) -> float:
        """How far a value of at least 0 is beyond an upper bound: 0 where it meets it, else about
        the logarithm of how many times it is too large."""
        if self.holds(value):
            return 0.0
        return max(math.log1p(value) - math.log1p(max(self.limit, 0.0)), _LEAST_EXCESS)

    def missed_by(self, value: float) -> float:
        """By how much `value` misses the limit; 0 or less where it does not."""
        return value - self.limit if self.sign.startswith("<") else self.limit - value

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {write_quantity(self.name, self.limit)}"


def plain_bound(text: str) -> str:
    """A bound of a job from before units belonged to objectives, as it was read then, in a plain
    number; as it is where its unit is the objective's, or where it is none.

    Without any limit it is that of the largest number."""
    try:
        name, sign, limit = _divide(text)
        value, style = _read(limit, _ANY), objective(name).style
    except UserError:
        return text
    if value is None or (_read(limit, _UNITS[style]) is not None and math.isfinite(value)):
        return text
    return f"{name} {sign} {min(value, sys.float_info.max)!r}"


def _divide(text: str) -> tuple[str, str, str]:
    """Name, sign and limit of a bound."""
    _check_length(text)
    start = next((i for i, letter in enumerate(text) if letter in "<>"), len(text))
    sign = next((sign for sign in _OPERATORS if text.startswith(sign, start)), "")
    name, limit = fold_name(text[:start].strip()), text[start + len(sign) :].strip()
    if not (limit and sign and _NAME.fullmatch(name)):
        raise UserError("a bound such as 'adapter_bytes <= 200 KB'", repr(text), "correct it")
    return name, sign, limit


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        got = f"{text[:20]!r} and so on, {len(text):,} characters"
        raise UserError(f"a bound of at most {LONGEST} characters", got, "shorten it")
