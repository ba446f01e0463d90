"""Which layers of a stratum a named placement keeps."""

from functools import lru_cache

PLACEMENTS = ("alternate", "upper", "lower")
"""Those of a part of the layers; `all` is beside them."""


@lru_cache(maxsize=10_000)
def place(placement: str, start: int, stop: int) -> tuple[int, ...] | None:
    """Layers of `start <= layer < stop` that a named placement keeps; None for all.

    `alternate` keeps every second layer counted from the top, `upper` and `lower` the half nearer
    to the output and to the input (the larger half where the number is odd).
    """
    half = (stop - start + 1) // 2
    kept = {
        "alternate": range(stop - 1, start - 1, -2),
        "upper": range(stop - half, stop),
        "lower": range(start, start + half),
    }
    return tuple(sorted(kept[placement])) if placement in kept else None
