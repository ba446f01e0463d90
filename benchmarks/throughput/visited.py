"""Configurations that a real search trains, of those that one `peft` configuration can mean."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.search.grid import read_grid
from benchmarks.search.methods import METHODS, follow
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.files.peft_format import express

from .prefix import find_lowest

VISITED, TOP = "visited", "top layers"
BUDGET = 25
HEADS = ("pooled_classifier",)


@dataclass(frozen=True)
class Case:
    """What is trained in every arm.

    Attributes:
        origin: Whether a search visited it, or it was added for a space of few top layers.
    """

    configuration: Configuration
    origin: str

    @property
    def label(self) -> str:
        """For people."""
        made = self.configuration
        sizes = sorted({f"{x.technique} {x.capacity or ''}".strip() for x in _modules(made)})
        layers = [i for i, layer in enumerate(made.profile) if layer]
        return f"{' + '.join(sizes)}, layers {','.join(map(str, layers))}"

    @property
    def technique(self) -> str:
        """The one that it has."""
        return "+".join(sorted(self.configuration.techniques))


def _modules(configuration: Configuration) -> Iterator[Any]:
    return (x for layer in configuration.profile for x in layer)


def visit(pair: str) -> tuple[JobSpec, list[Configuration]]:
    """The job of a recorded grid, and what the engine trains of it in order, each once."""
    problem = read_grid(Path("benchmarks/ground") / pair)
    with threadpool_limits(1):
        *_, trials = follow(problem, METHODS["ours"], 0, BUDGET)
    return problem.spec, [*{x.configuration.key: x.configuration for x in trials}.values()]


def means_the_same(configuration: Configuration, anatomy: Anatomy) -> bool:
    """Whether a training by `peft` trains what ours does: it knows the biases of all layers or of
    none, so one that has those of some is another there."""
    made = express(configuration, anatomy, HEADS)
    return made is not None and getattr(made, "bias", "none") == "none"


def spread(configurations: list[Configuration], count: int) -> list[Configuration]:
    """The first of each technique and lowest layer in the order of the search, then the second of
    each, and so on."""
    groups: dict[Any, list[Configuration]] = {}
    for x in configurations:
        groups.setdefault((tuple(sorted(x.techniques)), find_lowest(x)), []).append(x)
    ranked = [x for row in zip_longest(*groups.values()) for x in row if x is not None]
    return ranked[:count]


def choose(pair: str, count: int) -> tuple[list[Case], str]:
    """The cases, and a line on what was left out."""
    spec, visited = visit(pair)
    fit = [x for x in visited if means_the_same(x, spec.anatomy)]
    chosen = [Case(x, VISITED) for x in spread(fit, count)]
    left = Counter(_why(x, spec.anatomy) for x in visited if x not in fit)
    told = ", ".join(f"{n} {why}" for why, n in left.most_common())
    note = f"{len(visited)} visited, {len(fit)} of them by one peft configuration; not: {told}"
    return [*_top(spec.anatomy), *chosen], note


def _why(configuration: Configuration, anatomy: Anatomy) -> str:
    if configuration.frozen:
        return "the linear probe"
    if express(configuration, anatomy, HEADS) is None:
        return "of several kinds"
    return "with the biases of some layers"


def _top(anatomy: Anatomy) -> list[Case]:
    """LoRA on queries and values in the highest third of the layers, and in the last alone."""
    depth, module = anatomy.layers, Module("lora", 8, ("query", "value"))
    starts = (depth - max(1, depth // 3), depth - 1)
    strata = [(Stratum(0, x), Stratum(x, depth, (module,))) for x in starts]
    return [Case(Configuration(x, 10**-2.5), TOP) for x in strata]
