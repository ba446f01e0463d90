"""A front as the store keeps it, and as its definition has it."""

from collections.abc import Sequence
from fractions import Fraction

from peftsearch.records.trial import Trial
from peftsearch.storage.store import Store

Point = tuple[str, float, float, tuple[int, ...]]
"""Key, accuracy, trainable parameters, and the numbers of its trials."""


def read_front(store: Store, job_id: int, event: int | None = None) -> list[Point]:
    """What the store has, after a past event or now."""
    return [
        (x.key, x.values["accuracy"], x.values["trainable_parameters"], x.trials)
        for x in store.front(job_id, event)
    ]


def recompute_front(trials: Sequence[Trial]) -> list[Point]:
    """By the definition, with exact sums."""
    means = []
    for key in {trial.key for trial in trials}:
        own = [trial for trial in trials if trial.key == key]
        accuracy, cost = (
            float(sum(Fraction(x.measurements[name]) for x in own)) / len(own)
            for name in ("accuracy", "trainable_parameters")
        )
        means.append((key, accuracy, cost, tuple(sorted(x.number for x in own))))
    kept = [
        a
        for a in means
        if not any(b[1] >= a[1] and b[2] <= a[2] and b[1:3] != a[1:3] for b in means)
    ]
    return sorted(kept, key=lambda x: (x[2], x[0]))
