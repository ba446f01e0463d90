"""Whether a difference is more than chance gives: one rule for all that is told of two things.

Floors, baselines, ablations, two jobs and calibrations stand by it on validation rows. `confirm`
has the same chance of being wrong (`LEVEL`), by intervals of its own (`intervals`).
"""

from statistics import NormalDist
from typing import Literal

from .differences import LEVEL

Side = Literal["ahead", "level", "behind"]
"""Where the first of two stands; `level`: apart by no more than chance gives."""

_NORMAL = NormalDist()


def luck(tried: int = 1) -> float:
    """Standard errors that the best of so many passes by chance in one case of 40, where all are
    as good as what they are compared with: 1.96 of a single one, as the ends of a 95 % interval.
    Rather too large, since errors of configurations are alike (Sidak, 1967)."""
    return _NORMAL.inv_cdf((1 - (1 - LEVEL) / 2) ** (1 / tried))


def judge(gain: float, error: float | None, tried: int = 1) -> Side:
    """Which of two is ahead; `level` where nothing tells what chance gives.

    Args:
        gain: Of the first, positive where it is better.
        error: Standard error of the gain; None where it is not known.
        tried: Things of which the one that leads is the best.
    """
    if not error or abs(gain) <= error * luck(tried):
        return "level"
    return "ahead" if gain > 0 else "behind"
