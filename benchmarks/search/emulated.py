"""Two made-up tasks over the default space whose best front is known exactly.

They are no evidence about fine-tuning: they show what an engine does where the truth is known, so
that a flaw of a recorded grid cannot hide one of the engine. A module's worth is that of its layer
times its technique's, roles' and rank's; worths add up, and the whole saturates. With one rate for
all, the best for each cost follows layer by layer, whatever the boundaries. Run as a module, it
holds both fronts against 10,000 random configurations each.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product

import numpy as np

from peftsearch.records.axes import cost_of
from peftsearch.records.preparation import Floor, Preparation
from peftsearch.search.goals.reference_point import cost_range, make_reference_point
from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.configurations.cost import layer_parameters
from peftsearch.spaces.configurations.placement import make_modules, sized
from peftsearch.spaces.configurations.places import place
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from peftsearch.spaces.techniques.table import NOMINAL_RATE

from .problem import Matrix, Problem, reported

ROLES = {
    "value": 0.30,
    "query": 0.15,
    "key": 0.05,
    "attention_output": 0.15,
    "mlp_in": 0.15,
    "mlp_out": 0.20,
}
FLOOR, CHANCE = 0.78, 0.5
NOISE, SPLIT = 0.01, 0.006
"""Standard deviations: of training seeds, and of what the validation rows say of a configuration
whatever the seed."""
_WIDTH = 0.5
"""Decades around its best rate within which a technique still learns well."""


@dataclass(frozen=True)
class Task:
    """A made-up truth.

    Attributes:
        peak: Of the depth, the share at which layers matter most.
        spread: How far around it.
        span: What the best adapters add to the floor.
        worths: Of each technique, with all roles at rank 32 where it has any.
        offsets: Decades between a technique's best rate and its nominal one.
        cliff: Decades above its best rate at which a technique collapses.
    """

    peak: float
    spread: float
    span: float
    worths: Mapping[str, float]
    offsets: Mapping[str, float]
    cliff: float

    def layer_worths(self, layers: int) -> Matrix:
        """Adds up to 1."""
        middles = (np.arange(layers) + 0.5) / layers
        worths = np.exp(-0.5 * ((middles - self.peak) / self.spread) ** 2)
        total: Matrix = worths / worths.sum()
        return total

    def off(self, module: Module, rate: float) -> float:
        """Decades above a module's best rate."""
        return math.log10(rate / NOMINAL_RATE) - self.offsets.get(module.technique, 0.0)

    def worth(self, modules: tuple[Module, ...], rate: float) -> float:
        """Of one layer's modules, before the layer's own."""
        return sum(
            self.worths[x.technique]
            * (sum(ROLES[role] for role in x.roles) if x.capacity else 1.0)
            * (0.4 + 0.6 * math.log2(1 + x.capacity) / math.log2(33) if x.capacity else 1.0)
            * math.exp(-((self.off(x, rate) / _WIDTH) ** 2))
            for x in modules
        )

    def collapses(self, modules: tuple[Module, ...], rate: float) -> bool:
        """Whether the rate is beyond the cliff of one of them."""
        return any(self.off(x, rate) > self.cliff for x in modules)

    def saturate(self, worth: float) -> float:
        """Quality of a sum of worths."""
        return FLOOR + self.span * (1.0 - math.exp(-3.0 * worth))


TASKS: Mapping[str, Task] = {
    "upper": Task(
        0.75,
        0.2,
        0.14,
        {"bitfit": 0.3, "ln_tuning": 0.22, "ia3": 0.26, "lora": 0.95, "rslora": 0.9, "dora": 1.0},
        {},
        0.5,
    ),
    "shifted": Task(
        0.45,
        0.3,
        0.09,
        {"bitfit": 0.4, "ln_tuning": 0.3, "ia3": 0.2, "lora": 1.0, "rslora": 1.0, "dora": 0.9},
        {"lora": -0.5, "rslora": -0.6, "dora": -0.5, "bitfit": 0.2, "ia3": 0.3},
        0.35,
    ),
}
_SHAPES = {"upper": (12, 768), "shifted": (6, 384)}


@dataclass(frozen=True)
class EmulatedTruth:
    """Trainings of a made-up task on a model of some depth.

    Attributes:
        rows: Number of the drawn validation rows: what they say of a configuration differs.
    """

    task: Task
    layers: int
    rows: int = 0

    @cached_property
    def _weights(self) -> Matrix:
        return self.task.layer_worths(self.layers)

    def quality(self, configuration: Configuration) -> float:
        """See `Truth.quality`."""
        rate, profile = configuration.learning_rate, configuration.profile
        if any(self.task.collapses(modules, rate) for modules in profile):
            return CHANCE
        worths = [self.task.worth(modules, rate) for modules in profile]
        return self.task.saturate(float(self._weights @ worths))

    def on_rows(self, configuration: Configuration) -> float:
        """Its mean over training seeds on the validation rows."""
        key = int(configuration.key, 16)
        drawn = np.random.default_rng((key, 0, self.rows) if self.rows else key)
        return self.quality(configuration) + SPLIT * float(drawn.standard_normal())

    def train(self, configuration: Configuration, seed: int) -> float:
        """See `Truth.train`. Of seed 0, which no proposal has, both draws are equal: numpy fills a
        seed up with zeros."""
        key = int(configuration.key, 16)
        noise = NOISE * np.random.default_rng((key, seed)).standard_normal()
        return self.on_rows(configuration) + float(noise)


def make_emulated(name: str, rows: int = 0) -> Problem:
    """One of `TASKS` over the default space of an encoder, on some drawn validation rows."""
    spec = _make_spec(name, *_SHAPES[name])
    space, task = make_space(spec), TASKS[name]
    floor = Floor("features", "frozen features", {"accuracy": FLOOR}, 0.012)
    return Problem(
        name,
        spec,
        EmulatedTruth(task, space.anatomy.layers, rows),
        Preparation((floor,)),
        make_reference_point(spec, FLOOR, cost_range(spec, space), FLOOR),
        partial(best_front, task, space),
    )


def _make_spec(name: str, layers: int, width: int) -> JobSpec:
    config = {
        "model_type": "bert",
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": layers,
    }
    model = {"path": "encoder", "anatomy": read_anatomy(config).model_dump()}
    return parse_spec(
        {"name": name, "model": model, "task": {"train": "x.csv"}, "budget": {"trials": 100}}
    )


def best_front(task: Task, space: Space) -> Matrix:
    """Cost and quality of all that no configuration of the space beats, `n x 2`."""
    fronts = [_front_at(task, space, rate) for rate in space.rates]
    points = _prune(np.concatenate([np.array([[0.0, 0.0]]), *fronts]))
    return np.column_stack([points[:, 0], [task.saturate(x) for x in points[:, 1]]])


def _front_at(task: Task, space: Space, rate: float) -> Matrix:
    """Cost and summed worth at one rate, stratum after stratum: what a worse beginning costs more
    for, no end mends."""
    layers = space.anatomy.layers
    weights = task.layer_worths(layers)
    contents = np.array([x for x in _contents(task, space, rate)])
    nothing = np.zeros((1, 2))
    beginnings = {0: nothing}
    for _ in space.bundles:
        beginnings = {
            stop: _prune(
                np.concatenate(
                    [
                        _add(known, _choices(contents, weights, start, stop, space.placements))
                        for start, known in beginnings.items()
                        if start <= stop
                    ]
                )
            )
            for stop in range(layers + 1)
        }
    return beginnings[layers]


def _contents(task: Task, space: Space, rate: float) -> Iterator[tuple[float, float]]:
    """Cost of a layer and worth of whatever a stratum may carry, but what collapses."""
    for bundle, roles in product(space.bundles[0], space.role_sets):
        for sizes in product(*(space.ladders[name] for name in sized(bundle))):
            modules = make_modules(bundle, sizes, roles, space.anatomy)
            if not task.collapses(modules, rate):
                yield layer_parameters(modules, space.anatomy), task.worth(modules, rate)


def _choices(
    contents: Matrix, weights: Matrix, start: int, stop: int, placements: tuple[str, ...]
) -> Matrix:
    """What a stratum may add, `n x 2`."""
    rows = [np.zeros((1, 2))]
    for name in placements:
        placed = place(name, start, stop)
        layers = list(range(start, stop) if placed is None else placed)
        rows.append(contents * [len(layers), weights[layers].sum()])
    return _prune(np.concatenate(rows))


def _add(left: Matrix, right: Matrix) -> Matrix:
    both: Matrix = (left[:, None, :] + right[None, :, :]).reshape(-1, 2)
    return both


def _prune(points: Matrix) -> Matrix:
    """What no other beats, equal ones once."""
    distinct = np.unique(points, axis=0)
    return distinct[reported(distinct[:, 0], distinct[:, 1])]


def main() -> None:
    """Check that nothing random is above a front, and say how near it comes."""
    for name in TASKS:
        problem, rng = make_emulated(name), np.random.default_rng(0)
        space = make_space(problem.spec)
        drawn = [space.sample(rng) for _ in range(10_000)]
        points = np.array([[cost_of(problem.spec, x), problem.truth.quality(x)] for x in drawn])
        at = np.searchsorted(problem.best[:, 0], points[:, 0], side="right") - 1
        assert (points[:, 1] <= problem.best[at, 1] + 1e-12).all(), name
        share = problem.volume(points) / problem.volume(problem.best)
        collapsed = (points[:, 1] == CHANCE).mean()
        print(f"{name}: 10,000 random ones reach {share:.3f}; {collapsed:.0%} collapse")


if __name__ == "__main__":
    main()
