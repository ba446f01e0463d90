"""All configurations of a job at the mean of their seeds, as the trials end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from peftsearch.records.estimates import Estimate, counts, estimate

from .points import Point

Candidate = Estimate[Point]
"""A configuration that may be picked."""


def add_seeds(known: Mapping[str, Candidate], points: Iterable[Point]) -> dict[str, Candidate]:
    """`known` by key with further trials, as `records.estimates.estimate_each` has them."""
    new: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        if counts(point):
            new[point.key].append(point)
    old = {key: known[key].trials for key in new if key in known}
    changed = {key: estimate([*old.get(key, ()), *seeds]) for key, seeds in new.items()}
    return {**known, **changed}
