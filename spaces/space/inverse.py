"""From a configuration to the points of a space that mean it: the inverse of `Space.decode`."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement, islice, pairwise

import numpy as np

from peftsearch.spaces.configurations.configuration import Configuration, Stratum

from .coordinates import encode_stratum, nearest_index
from .layout import Parts, Point
from .space import Space

_ENCODINGS = 12
"""Of one configuration; a uniform one in six strata has so many ways to be padded."""


def encode(
    space: Space, configuration: Configuration, rng: np.random.Generator | None = None
) -> Point | None:
    """A point of `d` indices that decodes to the same key; None where the space has none.

    Args:
        space: Of the point.
        configuration: Any configuration for the space's model.
        rng: Draws the coordinates that have no effect (the rank of a frozen stratum); None takes
            the first value.
    """
    for point in encodings(space, configuration, rng):
        if space.decode(point).key == configuration.key:
            return point
    return None


def encodings(
    space: Space, configuration: Configuration, rng: np.random.Generator | None = None
) -> Iterator[Point]:
    """The points that mean `configuration`, or else come near it.

    Equal neighbouring strata are joined and empty ones dropped, the shortest are given to a
    neighbour until the space's number is met, and each way to cut these runs into the space's
    strata, empty ones among them, is a point. What the space lacks is replaced by the nearest
    that it has.
    """
    join = _join_masked if space.masked else join_strata
    runs = _shorten(join(configuration), len(space.bundles))
    rate = nearest_index(space.rates, configuration.learning_rate)
    tokens, mask = _input(space, configuration), _mask(space, configuration)
    training = _training(space, configuration, rng)
    for inner in islice(_cuts(space, runs), _ENCODINGS):
        edges = pairwise([0, *inner, space.anatomy.layers])
        strata = tuple(
            encode_stratum(space, i, _part(runs, start, stop), rng)
            for i, (start, stop) in enumerate(edges)
        )
        above = tuple(x - low for x, (low, _) in zip(inner, space.boundaries, strict=True))
        yield Parts(rate, above, strata, tokens, training, mask).join()


def _input(space: Space, configuration: Configuration) -> int:
    """The same virtual tokens, else the nearest number of the same kind, else none."""
    wanted = configuration.input
    if wanted is None:
        return space.inputs.index(None) if None in space.inputs else 0
    alike = [
        (abs(math.log(x.capacity / wanted.capacity)), i)
        for i, x in enumerate(space.inputs)
        if x is not None and x.technique == wanted.technique
    ]
    return min(alike)[1] if alike else 0


def _training(
    space: Space, configuration: Configuration, rng: np.random.Generator | None
) -> tuple[int, ...]:
    """The nearest of each ladder; what is not said has no effect, as a dropout of nothing."""

    def place(name: str, values: Sequence[float]) -> int:
        wanted = configuration.training.said.get(name)
        if wanted is None:
            return 0 if rng is None else int(rng.integers(len(values)))
        return min(range(len(values)), key=lambda i: abs(values[i] - wanted))

    return tuple(place(name, values) for name, values in space.training.items())


def _mask(space: Space, configuration: Configuration) -> tuple[int, ...]:
    return tuple(int(bool(x)) for x in configuration.profile) if space.masked else ()


def _cuts(space: Space, runs: list[Stratum]) -> Iterator[tuple[int, ...]]:
    """Ascending inner boundaries within their ranges that keep the runs apart; at least one."""
    ends = {run.stop for run in runs[:-1]}
    edges = [0, *(run.stop for run in runs)]
    choices = combinations_with_replacement(edges, len(space.boundaries))
    # The ranges ascend too, so that clipping keeps the order.
    clipped = list(dict.fromkeys(_clip(space, choice) for choice in choices))
    fitting = [inner for inner in clipped if ends <= set(inner)]
    yield from fitting or clipped[-1:]


def _clip(space: Space, inner: tuple[int, ...]) -> tuple[int, ...]:
    ranges = zip(inner, space.boundaries, strict=True)
    return tuple(min(max(x, low), high) for x, (low, high) in ranges)


def _part(runs: list[Stratum], start: int, stop: int) -> Stratum:
    """What the layers from `start` to `stop` carry: all of a run, or a part of it."""
    if start == stop:
        return Stratum(start, stop)
    run = next(run for run in runs if run.start <= start < run.stop)
    whole = (run.start, run.stop) == (start, stop)
    return Stratum(start, stop, run.modules, run.layers if whole else None)


def join_strata(configuration: Configuration) -> list[Stratum]:
    """Strata without empty ones; whole ones are joined with an equal neighbour."""
    runs: list[Stratum] = []
    for stratum in configuration.strata:
        if stratum.start == stratum.stop:
            continue
        carriers = stratum.carriers
        modules = configuration.profile[carriers[0]] if carriers else ()
        whole = not modules or len(carriers) == stratum.stop - stratum.start
        run = Stratum(stratum.start, stratum.stop, modules, None if whole else carriers)
        last = runs[-1] if runs else None
        if last and last.layers is run.layers is None and last.modules == modules:
            runs[-1] = replace(last, stop=run.stop)
        else:
            runs.append(run)
    return runs


def _join_masked(configuration: Configuration) -> list[Stratum]:
    """Runs of equal adapted layers; frozen layers among them belong to the run, since the mask
    leaves them out."""
    runs: list[Stratum] = []
    for layer, modules in enumerate(configuration.profile):
        last = runs[-1] if runs else None
        if last and (not modules or not last.modules or last.modules == modules):
            runs[-1] = replace(last, stop=layer + 1, modules=modules or last.modules)
        else:
            runs.append(Stratum(layer, layer + 1, modules))
    return runs


def _shorten(runs: list[Stratum], n: int) -> list[Stratum]:
    """At most `n` runs: the shortest goes to the one above it, the topmost to the one below."""
    runs = list(runs)
    while len(runs) > n:
        i = min(range(len(runs)), key=lambda j: runs[j].stop - runs[j].start)
        start, stop = runs[i].start, runs[i].stop
        if i + 1 < len(runs):
            runs[i + 1] = replace(runs[i + 1], start=start, layers=None)
        else:
            runs[i - 1] = replace(runs[i - 1], stop=stop, layers=None)
        del runs[i]
    return runs
