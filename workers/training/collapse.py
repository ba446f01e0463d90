"""Trainings that have come to nothing, ended before their time."""

from collections.abc import Sequence
from statistics import fmean

from .trial_failures import Collapsed

FACTOR = 2.0
"""Times the loss of a constant answer; what fits the rows at all stays well below it."""
WINDOW = 0.1
"""Share of the steps by whose losses it is decided."""
FEWEST = 10
"""Steps of a window at least: single batches jump."""
SPARED = 0.2
"""Share of the window that may lie below the bound. A training that jumps has good batches
between bad ones, and often ends well (decision 0067); one that has collapsed has none."""


def check_progress(losses: Sequence[float], steps: int, constant: float | None) -> None:
    """Refuse to go on with a training that is worse than a constant answer by far, in its second
    half, when the rate is falling.

    Args:
        losses: Of the steps so far.
        steps: Of the whole training.
        constant: Mean loss of the best constant answer; None takes that of the first steps.

    Raises:
        Collapsed: It is so.
    """
    window = max(FEWEST, round(WINDOW * steps))
    done = len(losses)
    if done < max(steps / 2, 2 * window):
        return
    bound = FACTOR * (fmean(losses[:window]) if constant is None else constant)
    if sorted(losses[-window:])[int(SPARED * window)] > bound:
        raise Collapsed(done, bound)
