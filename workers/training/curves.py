"""The learning curve of a training: few enough points to keep for every trial."""

from collections.abc import Sequence

BINS = 20


def reduce_curve(losses: Sequence[float]) -> dict[float, float]:
    """The loss of each step as a short curve.

    Returns:
        Share of the training to mean loss: the midpoint and the mean of up to `BINS` equal parts
        of the steps, ascending.
    """
    bins = min(BINS, len(losses))
    members: list[list[float]] = [[] for _ in range(bins)]
    for step, loss in enumerate(losses):
        members[step * bins // len(losses)].append(loss)
    return {(i + 0.5) / bins: sum(part) / len(part) for i, part in enumerate(members)}
