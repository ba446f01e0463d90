"""Thresholds for a wished precision, with its lower confidence bound and the recall it costs.

How often the bounds hold is simulated by `python -m benchmarks.calibration`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from peftsearch.errors import UserError

LEVEL = 0.95
TRIED = 10
"""Thresholds that are looked at: each bound holds at a tenth of the error, so all hold together
(Bonferroni), whichever is chosen."""
_DECIMALS, _MOST_DECIMALS = 4, 17


@dataclass(frozen=True)
class Found:
    """What a threshold does on some rows.

    Attributes:
        accepted: Rows at it or above.
        precision: Share of them that are of the class; 0 where there are none.
        lower: Its lower confidence bound (Clopper and Pearson, 1934), on one side.
        recall: Share of the rows of the class that are accepted.
        level: Chance with which the bound holds.
    """

    accepted: int
    precision: float
    lower: float
    recall: float
    level: float = LEVEL

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float64],
        members: NDArray[np.bool_],
        threshold: float,
        level: float = LEVEL,
        looks: int = 1,
    ) -> Self:
        """On `n` rows.

        Args:
            scores: Probability of the class.
            members: Which rows are of it.
            looks: Thresholds that are looked at, whose bounds are to hold together.
        """
        taken = scores >= threshold
        accepted, right = int(taken.sum()), int((taken & members).sum())
        error = (1 - level) / looks
        lower = float(betaincinv(right, accepted - right + 1, error)) if right else 0.0
        recall = right / max(int(members.sum()), 1)
        return cls(accepted, right / max(accepted, 1), lower, recall, level)


@dataclass(frozen=True)
class Threshold:
    """For one class.

    Attributes:
        wished: The precision that was asked for.
        value: Probability of the class from which on it is answered; None where none was found.
        found: What it does on the rows that it was chosen on; where none was found, of the
            threshold that came nearest; None where the class has too few rows for any.
        needed: Rows that must be accepted before any bound can be as high as wished, all of them
            right.
    """

    label: str
    wished: float
    value: float | None
    found: Found | None
    needed: int

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` made."""
        found = data["found"]
        return cls(**{**data, "found": None if found is None else Found(**found)})


def check_precision(precision: float | None) -> None:
    """Refuse what no threshold can have.

    Raises:
        UserError: It is not between 0 and 1.
    """
    if precision is not None and not 0 < precision < 1:
        hint = "90 % is 0.9"
        raise UserError("a precision above 0 and below 1", f"{precision:g}", hint)


def choose_threshold(
    label: str, scores: NDArray[np.float64], members: NDArray[np.bool_], wished: float
) -> Threshold:
    """The lowest of ten thresholds whose precision is at least as wished with 95 % confidence.

    They accept numbers of rows that depend on the scores alone, from the least that can tell to
    all of them, evenly in their logarithm.

    Args:
        scores: Probability of the class, `n`.
        members: Which rows are of it, `n`.
    """
    needed = math.ceil(math.log((1 - LEVEL) / TRIED) / math.log(wished))
    if needed > members.sum():  # a bound as high as wished takes as many that are right
        return Threshold(label, wished, None, None, needed)
    ranked = np.sort(scores)[::-1]
    counts = np.unique(np.geomspace(needed, len(scores), TRIED).round().astype(int))
    values = [_between(ranked, count) for count in counts]
    tried = [Found.of(scores, members, x, looks=TRIED) for x in values]
    able = [i for i, x in enumerate(tried) if x.lower >= wished]
    if able:
        return Threshold(label, wished, values[able[-1]], tried[able[-1]], needed)
    return Threshold(label, wished, None, max(tried, key=lambda x: x.lower), needed)


def _between(ranked: NDArray[np.float64], count: int) -> float:
    """A value that accepts so many rows, and those that score as the last of them: of all between
    two scores that of the fewest decimals, four at least, so that what is told is what was tried.
    """
    accepted = int((ranked >= ranked[count - 1]).sum())
    last = float(ranked[accepted - 1])
    below = float(ranked[accepted]) if accepted < len(ranked) else 0.0
    middle = (last + below) / 2
    rounded = (round(middle, digits) for digits in range(_DECIMALS, _MOST_DECIMALS))
    return next((x for x in rounded if below < x <= last), last)


def tell_value(value: float) -> str:
    """A threshold with all its decimals, four at least."""
    short = f"{value:.{_DECIMALS}f}"
    return short if float(short) == value else np.format_float_positional(value)


def tell_threshold(found: Threshold, rows: str) -> str:
    """A sentence.

    Args:
        rows: How the rows are called that it was chosen on.
    """
    begin = f"precision {found.wished:g} of {found.label!r}"
    best = found.found
    if best is None:
        return (
            f"{begin} cannot be shown: even if all are right it takes {found.needed:,} answers, "
            f"more than the {rows} have of it"
        )
    at_least = f"at least {floor(best.lower)} at {best.level:.0%}"
    if found.value is None:
        return (
            f"{begin} is not reached on the {rows}: the best of {TRIED} thresholds has "
            f"{best.precision:.3f}, {at_least}"
        )
    return (
        f"{begin}: answer it from probability {tell_value(found.value)} on; precision there "
        f"{best.precision:.3f}, {at_least}, recall {best.recall:.3f} ({best.accepted:,} of the "
        f"{rows} accepted)"
    )


def floor(value: float) -> str:
    """A lower bound with three decimals, never rounded up."""
    return f"{math.floor(value * 1000) / 1000:.3f}"


def classes_of(labels: Sequence[str], positive: int | None) -> list[int]:
    """The classes that have a threshold: the named one, the second of two, or each."""
    if positive is not None:
        return [positive]
    return [1] if len(labels) == 2 else list(range(len(labels)))
